import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readBasicCredentials } from './basic-credentials.ts'
import { createBcryptThread } from './bcrypt-thread.ts'
import { createPasswords, type Verdict } from './passwords.ts'
import type { ListenerRules } from './rules.ts'
import { createTokenBucket } from './token-bucket.ts'

export interface AdmissionOptions {
  readonly rules: () => ListenerRules
  /** Answered to everybody: who asks them (the kubelet) has no password, and must not be held up. */
  readonly openPaths: readonly string[]
  readonly pathOf: (request: FastifyRequest) => string
}

const CHALLENGE = 'Basic realm="keybuzz-version-guard", charset="UTF-8"'

/** Lets requests in by the listener's rules: its pace, its passwords. */
export function addAdmission(app: FastifyInstance, { rules, openPaths, pathOf }: AdmissionOptions): void {
  const thread = createBcryptThread()
  const passwords = createPasswords(thread.compare)
  const takeToken = createTokenBucket(() => performance.now())
  app.addHook('onClose', thread.close)
  app.addHook('onRequest', admit)

  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { rateLimit, users } = rules()
    if (openPaths.includes(pathOf(request))) return undefined
    if (!takeToken(rateLimit)) return reply.code(429).send({ error: 'too many requests; rate_limit allows no more' })
    const verdict = users.size === 0 ? 'right' : await verdictOn(request, users)
    if (verdict === 'right') return undefined
    if (verdict === 'busy') {
      return reply.code(503).header('retry-after', '1').send({ error: 'too many logins at once; try again' })
    }
    return reply.code(401).header('www-authenticate', CHALLENGE).send({ error: 'a user and a password are needed' })
  }

  async function verdictOn({ headers, ip }: FastifyRequest, users: ListenerRules['users']): Promise<Verdict> {
    const credentials = readBasicCredentials(headers.authorization)
    return credentials === null ? 'wrong' : passwords.verify({ ...credentials, address: ip }, users)
  }
}
