import { createHmac, randomBytes } from 'node:crypto'
import type { BcryptThread } from './bcrypt-thread.ts'
import { createFairQueue, type Owner } from './fair-queue.ts'
import type { ListenerRules } from './rules.ts'

/** `busy`: too many are being compared already; nothing was. */
export type Verdict = 'right' | 'wrong' | 'busy'

/** What a client says it is. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Credentials and where they came from. */
interface Login extends Credentials {
  readonly address: string
}

export interface Passwords {
  verify(login: Login, users: ListenerRules['users']): Promise<Verdict>
}

/** Called when its turn has come, or when it has no place. */
type Waiting = (outcome: 'turn' | 'busy') => void

/** How many comparisons wait at most; half as many as may connect. */
export const MOST_WAITING = 256
/** How many right passwords are remembered. */
export const MOST_REMEMBERED = 100

/**
 * Verifies passwords. One that was right is remembered, so that a scrape costs no bcrypt; a wrong one never is, so that
 * wrong ones push nothing out. What is remembered is a keyed digest: no password stays in memory. It is only good for
 * the hash that it was compared with, and so ends with it.
 *
 * One is compared at a time. Turns go round by address, and within an address by the user that is claimed: whoever
 * guesses waits behind their own guesses. Nothing here depends on whether a user exists: an unknown one waits in the
 * same queue and costs the same comparison, so neither the time nor the place in the queue tells.
 */
export function createPasswords(compare: BcryptThread['compare']): Passwords {
  const secret = randomBytes(32)
  const digest = (...parts: readonly string[]) => createHmac('sha256', secret).update(JSON.stringify(parts)).digest()
  // The oldest first.
  const remembered = new Set<string>()
  const underWay = new Map<string, Promise<Verdict>>()
  const queue = createFairQueue<Waiting>(MOST_WAITING)
  let isComparing = false

  // An unknown user is compared with some user's hash, always the same one's: hashes may differ in cost.
  function hashFor(user: string, users: ListenerRules['users']): string {
    const hashes = [...users.values()]
    const standIn = hashes[digest(user).readUInt32BE() % hashes.length] ?? ''
    return users.get(user) ?? standIn
  }

  function remember(key: string): void {
    remembered.delete(key)
    remembered.add(key)
    const [oldest] = remembered
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
  }

  async function takeTurn(owner: Owner): Promise<'turn' | 'busy'> {
    if (!isComparing) {
      isComparing = true
      return 'turn'
    }
    return new Promise(resolve => queue.add(owner, resolve)?.('busy'))
  }

  function endTurn(): void {
    const next = queue.take()
    if (next === undefined) isComparing = false
    else next('turn')
  }

  async function compareNew(key: string, { user, password, address }: Login, users: ListenerRules['users']) {
    const turn = await takeTurn({ address, user })
    if (turn === 'busy') return turn
    const isSame = await compare({ password, hash: hashFor(user, users) }).finally(endTurn)
    if (!isSame || !users.has(user)) return 'wrong'
    remember(key)
    return 'right'
  }

  return {
    verify: async (login, users) => {
      const { user, password } = login
      const key = digest(user, hashFor(user, users), password).toString('base64')
      if (users.has(user) && remembered.has(key)) {
        remember(key)
        return 'right'
      }
      const same = underWay.get(key)
      if (same !== undefined) return same
      const verdict = compareNew(key, login, users).finally(() => underWay.delete(key))
      underWay.set(key, verdict)
      return verdict
    }
  }
}
