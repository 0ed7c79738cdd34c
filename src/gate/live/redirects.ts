import { shown } from '../../domain/text.ts'
import { withoutUrlSecrets } from '../../text/url-secrets.ts'
import type { HttpAnswer } from './http-client.ts'

/**
 * What the address of a server should be that redirects what is asked over http to the same place over https; it may be
 * shown. `base` is its address now. `null`: that is not where the redirect leads.
 */
export function secureUrlOf(base: string, asked: URL, target: string): string | null {
  const to = URL.parse(target, asked.href)
  const isSamePlace = to?.hostname === asked.hostname && to.pathname === asked.pathname
  if (!isSamePlace || asked.protocol !== 'http:' || to.protocol !== 'https:') return null
  return shown(withoutUrlSecrets(`${to.origin}${new URL(base).pathname}`)).replace(/\/$/, '')
}

/** Why a redirect is no answer of an API, and what helps where that is known; `null`: there is none. */
export function describeRedirect({
  status,
  location,
  secureUrl
}: Pick<HttpAnswer, 'status' | 'location' | 'secureUrl'>): string | null {
  if (location === null) return null
  if (secureUrl !== null) return `${status}, a redirect from http to https: set its url to ${secureUrl}`
  return `${status}, a redirect to ${location}: it wants a login`
}
