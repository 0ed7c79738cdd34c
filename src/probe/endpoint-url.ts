import type { Observed } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'

// Neither message repeats the address: what looks like a scheme or a host may be half of a password.
const NOT_HTTP = 'the endpoint is not a valid address: it takes http://HOST/PATH or https://HOST/PATH'
const MOST_CHARACTERS = 2048
const TOO_LONG = 'the endpoint is not a valid address: it is longer than 2048 characters'
const CREDENTIALS = 'contains a user name or password: it takes an address without them'

/** The address of a target. */
export function parseEndpoint(endpoint: string): Observed<URL, 'refused'> {
  if (endpoint.length > MOST_CHARACTERS) return unseen('refused', TOO_LONG)
  const url = URL.parse(endpoint)
  if (url === null || !isHttp(url)) return unseen('refused', NOT_HTTP)
  return hasCredentials(url) ? unseen('refused', `the endpoint's address ${CREDENTIALS}`) : seen(url)
}

/** Where a redirect leads, relative to the address that gave it. `locations`: its header; `undefined`: it has none. */
export function parseRedirect(
  locations: string | string[] | undefined,
  from: URL
): Observed<URL, 'redirect' | 'refused'> {
  // A server and a proxy in front of it may both write it.
  const [location, ...others] = new Set([locations ?? []].flat().filter(isNotEmpty))
  if (location === undefined || others.length > 0) {
    return unseen(
      'redirect',
      location === undefined ? 'redirect without a Location' : 'redirect with several Locations'
    )
  }
  const url = URL.parse(withItsBytes(location), from.href)
  if (url === null) return unseen('redirect', 'redirect to an invalid address')
  if (!isHttp(url)) return unseen('redirect', 'redirect to an address that is neither http nor https')
  return hasCredentials(url) ? unseen('refused', `the redirect's address ${CREDENTIALS}`) : seen(url)
}

// Some servers send UTF-8, though only ASCII is allowed. undici turns each byte into a character, which would change
// the address; curl, urllib and Go send back the bytes that came.
function withItsBytes(location: string): string {
  return location.replace(/[\x80-\xff]/g, byte => `%${byte.charCodeAt(0).toString(16)}`)
}

// curl and Go ignore an empty Location. Followed, it would lead to the same address again and again.
function isNotEmpty(location: string): boolean {
  return location !== ''
}

function isHttp({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:'
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}
