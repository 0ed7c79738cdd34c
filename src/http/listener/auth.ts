import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refuseForNow } from '../responses.ts'
import { createBcryptThread } from './bcrypt-thread.ts'
import { type Credentials, createPasswords, type Verdict } from './passwords.ts'
import type { ListenerRules, RateLimit } from './rules.ts'

export interface AuthOptions {
  readonly rules: () => ListenerRules
  /** Answered to everybody: who asks them (the kubelet) has no password, and must not be held up. */
  readonly openPaths: readonly string[]
  readonly pathOf: (request: FastifyRequest) => string
}

const CHALLENGE = 'Basic realm="keybuzz-version-guard", charset="UTF-8"'

/** Lets requests in by the listener's rules: its rate limit, then its passwords. */
export function addAuth(app: FastifyInstance, { rules, openPaths, pathOf }: AuthOptions): void {
  const thread = createBcryptThread()
  const passwords = createPasswords(thread.compare)
  const takeToken = createTokenBucket(() => performance.now())
  app.addHook('onClose', thread.close)
  app.addHook('onRequest', authenticate)

  async function authenticate(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { rateLimit, users } = rules()
    if (openPaths.includes(pathOf(request))) return undefined
    if (!takeToken(rateLimit)) return reply.code(429).send({ error: 'too many requests; rate_limit allows no more' })
    const verdict = users.size === 0 ? 'right' : await verdictOn(request, users)
    if (verdict === 'right') return undefined
    if (verdict === 'busy') return refuseForNow(reply, 'too many logins at once; try again')
    return reply.code(401).header('www-authenticate', CHALLENGE).send({ error: 'a user and a password are needed' })
  }

  async function verdictOn({ headers, ip }: FastifyRequest, users: ListenerRules['users']): Promise<Verdict> {
    const credentials = readBasicCredentials(headers.authorization)
    return credentials === null ? 'wrong' : passwords.verify({ ...credentials, address: ip }, users)
  }
}

/** Reads an Authorization header of the scheme Basic (RFC 7617); `null`: there is none, or it is malformed. */
export function readBasicCredentials(header: string | undefined): Credentials | null {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return null
  const decoded = Buffer.from(encoded, 'base64').toString()
  const colon = decoded.indexOf(':')
  return colon < 0 ? null : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}

/** A token bucket, full at first, and again when its limit changes; without a limit there is always a token. */
export function createTokenBucket(monotonic: () => number): (limit: RateLimit | null) => boolean {
  let current: RateLimit | null = null
  let tokens = 0
  let filledAt = 0
  return limit => {
    if (limit === null) return true
    const now = monotonic()
    const isSame = current?.intervalMs === limit.intervalMs && current.burst === limit.burst
    tokens = isSame ? Math.min(limit.burst, tokens + (now - filledAt) / limit.intervalMs) : limit.burst
    current = limit
    filledAt = now
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
