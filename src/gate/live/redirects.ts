import { shown } from '../../domain/text.ts'
import { withoutUrlSecrets } from '../../text/url-secrets.ts'
import type { HttpAnswer } from './http-client.ts'

// What Go, nginx, Apache and Tomcat answer with 400 when they expect TLS.
const WANTS_TLS =
  /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL|port requires TLS/

/**
 * The right address of a server that wants https for what is asked over http: it redirects to the same place, or says
 * so. It may be shown. `base` is its address now; `target` is where it redirects, empty: nowhere. `null`: it does not
 * want https.
 */
export function secureUrlOf(
  base: string,
  asked: URL,
  { status, target, body }: { readonly status: number; readonly target: string; readonly body: string }
): string | null {
  if (asked.protocol !== 'http:') return null
  const wantsTls = status === 400 && WANTS_TLS.test(body.slice(0, 4096))
  const to = URL.parse(wantsTls ? asked.href.replace(/^http:/, 'https:') : target, asked.href)
  const isSamePlace = to?.hostname === asked.hostname && to.pathname === asked.pathname
  if (!isSamePlace || to.protocol !== 'https:') return null
  return shown(withoutUrlSecrets(`${to.origin}${new URL(base).pathname}`)).replace(/\/$/, '')
}

/** Why a redirect is no answer of an API, and what helps, if that is known; `null`: it is no redirect. */
export function describeRedirect({
  status,
  location,
  secureUrl
}: Pick<HttpAnswer, 'status' | 'location' | 'secureUrl'>): string | null {
  if (secureUrl !== null) return `${status}, as it wants https: set its url to ${secureUrl}`
  return location === null ? null : `${status}, a redirect to ${location}: it wants a login`
}
