import type { FastifyReply } from 'fastify'
import type { ListenerRules } from './listener/rules.ts'
import { PAGE_SCRIPT, PAGE_STYLE, SERVICE_STYLE, sha256Source } from './page/assets.ts'

// Everything is refused except what the page needs: its styles and script by their hashes, its icon, its own refresh.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src ${sha256Source(PAGE_STYLE)} ${sha256Source(SERVICE_STYLE)}`,
  `script-src ${sha256Source(PAGE_SCRIPT)}`,
  'img-src data:',
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'"
].join('; ')

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  // Our own pages may know which of them asks: see /check-now.
  'referrer-policy': 'same-origin',
  // Every answer is of this moment.
  'cache-control': 'no-store'
}

/** Sent with every answer. A header of the listener's own replaces ours; their names differ only in case. */
export function responseHeaders({ headers }: ListenerRules): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return { ...SECURITY_HEADERS, ...Object.fromEntries(own) }
}

/** Refuses what there is no room for now; the client may try again in a second. */
export function refuseForNow(reply: FastifyReply, error: string): FastifyReply {
  return reply
    .code(503)
    .removeHeader('content-encoding')
    .header('retry-after', '1')
    .type('application/json; charset=utf-8')
    .send({ error })
}
