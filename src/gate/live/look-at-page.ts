import { shown } from '../../domain/text.ts'
import type { Presence } from '../files/file-facts.ts'
import { createGateClient, type GateClientOptions, type HttpResult } from './http-client.ts'

export interface PageLook extends GateClientOptions {
  readonly signal: AbortSignal
  /** Called before each request, in words that may be shown. */
  readonly onProgress: (words: string) => void
}

// Nothing of a page is read but whether it is there.
const MOST_BYTES = 1024
const MOST_REDIRECTS = 5
const LOGIN = /\/(?:log-?in|sign[-_]?in|sso|oauth2?|saml|auth)(?:[/._-]|$)/i
const GONE: readonly number[] = [404, 410]

/**
 * Looks whether a page of the web is there. Only 404 and 410 say that it is gone: a server that is down, wants a login
 * or answers with an error says nothing about the page. Redirects are followed within the same host. Never rejects.
 */
export async function lookAtPage(address: string, look: PageLook): Promise<Presence> {
  let url = URL.parse(address)
  if (url === null) return { is: 'gone', why: 'no valid address' }
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const result = await getPage(url, look)
    if (!result.answered) return { is: 'unseen', why: result.message }
    const { status } = result
    const redirect = result.redirect === null ? null : URL.parse(result.redirect)
    if (status >= 200 && status < 300) return { is: 'there' }
    if (redirect === null) return { is: GONE.includes(status) ? 'gone' : 'unseen', why: `HTTP ${status}` }
    const told = `redirects to ${result.location ?? ''}`
    if (redirect.hostname !== url.hostname) return { is: 'unseen', why: told }
    // GitLab answers like this for a page that does not exist, too.
    if (LOGIN.test(redirect.pathname)) return { is: 'unseen', why: `${told}: a login page?` }
    url = redirect
  }
  return { is: 'unseen', why: `more than ${MOST_REDIRECTS} redirects` }
}

async function getPage({ origin, pathname, search }: URL, look: PageLook): Promise<HttpResult> {
  const noHeaders = async () => ({})
  const access = { url: origin, headers: noHeaders, caFile: null, clientCertFile: null, clientKeyFile: null }
  const client = createGateClient(access, look)
  look.onProgress(`GET ${shown(`${origin}${pathname}`)}`)
  try {
    return await client.get(`${pathname}${search}`, { accept: '*/*', mostBytes: MOST_BYTES, signal: look.signal })
  } finally {
    await client.close()
  }
}
