import { createHmac, randomBytes } from 'node:crypto'
import type { ListenerRules } from '../../domain/listener.ts'
import type { Credentials } from './basic-credentials.ts'
import type { BcryptThread } from './bcrypt-thread.ts'

/** `busy`: too many are being compared already; nothing was. */
export type Verdict = 'right' | 'wrong' | 'busy'

export interface Passwords {
  verify(credentials: Credentials, users: ListenerRules['users']): Promise<Verdict>
}

/** How many comparisons wait at most: those that came first are answered within seconds, the others at once. */
export const MOST_WAITING = 16
/** How many right passwords are remembered. */
export const MOST_REMEMBERED = 100

/**
 * Verifies passwords. One that was right is remembered, so that a scrape costs no bcrypt; a wrong one never is, so that
 * wrong ones push nothing out. What is remembered is a keyed digest: no password stays in memory. It holds for the
 * hash that it was compared with, and so ends with it.
 */
export function createPasswords(compare: BcryptThread['compare']): Passwords {
  const secret = randomBytes(32)
  const digest = (...parts: readonly string[]) => createHmac('sha256', secret).update(JSON.stringify(parts)).digest()
  // The oldest first.
  const remembered = new Set<string>()
  const underWay = new Map<string, Promise<Verdict>>()

  // An unknown user costs what a known one costs: the comparison with some user's hash, always the same one's.
  function hashFor(user: string, users: ListenerRules['users']): string {
    const hashes = [...users.values()]
    return users.get(user) ?? hashes[digest(user).readUInt32BE() % hashes.length] ?? ''
  }

  function remember(key: string): void {
    remembered.delete(key)
    remembered.add(key)
    const [oldest] = remembered
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
  }

  async function compareNew(key: string, { user, password }: Credentials, users: ListenerRules['users']) {
    const isSame = await compare({ password, hash: hashFor(user, users) })
    if (!isSame || !users.has(user)) return 'wrong'
    remember(key)
    return 'right'
  }

  return {
    verify: async (credentials, users) => {
      const { user, password } = credentials
      const key = digest(user, hashFor(user, users), password).toString('base64')
      if (users.has(user) && remembered.has(key)) {
        remember(key)
        return 'right'
      }
      const same = underWay.get(key)
      if (same !== undefined) return same
      if (underWay.size >= MOST_WAITING) return 'busy'
      const verdict = compareNew(key, credentials, users).finally(() => underWay.delete(key))
      underWay.set(key, verdict)
      return verdict
    }
  }
}
