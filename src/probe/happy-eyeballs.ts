import { connect, type Socket } from 'node:net'

/** Where one connection may go: any of these addresses is as good as another. */
interface Candidates {
  /** In the order of preference, of either family. */
  readonly addresses: readonly string[]
  readonly port: number
  /** For all attempts together. */
  readonly timeoutMs: number
}

type Connected = (error: Error | null, socket: Socket | null) => void

// RFC 8305 section 8. Node itself would end an attempt after this time, and so never reach a host that is further away.
const ATTEMPT_DELAY_MS = 250
// No service needs more; each costs a descriptor.
const MOST_ATTEMPTS = 32

/**
 * Connects to the first address that takes the connection (RFC 8305): the next one is tried after a moment, or as soon
 * as one has failed, and the earlier attempts go on until one wins. All addresses, at most 32, are tried within half of
 * the time. Returns a function that ends all attempts.
 */
export function connectToAny(
  { addresses, port, timeoutMs }: Candidates,
  connected: Connected,
  attemptAt: (host: string, port: number) => Socket = connectAt
): () => void {
  const waiting = byTurns(addresses).slice(0, MOST_ATTEMPTS)
  const delayMs = Math.min(ATTEMPT_DELAY_MS, timeoutMs / 2 / waiting.length)
  const attempts = new Set<Socket>()
  const errors: Error[] = []
  let timer: NodeJS.Timeout | undefined

  const end = () => {
    clearTimeout(timer)
    waiting.length = 0
    for (const attempt of attempts) attempt.destroy()
    attempts.clear()
  }
  const tryNext = () => {
    clearTimeout(timer)
    const host = waiting.shift()
    if (host === undefined) return
    const attempt = attemptAt(host, port)
    attempts.add(attempt)
    const onError = (error: Error) => {
      if (!attempts.delete(attempt)) return
      errors.push(error)
      if (waiting.length > 0) tryNext()
      else if (attempts.size === 0) connected(errors.length === 1 ? error : new AggregateError(errors), null)
    }
    attempt.on('error', onError).once('connect', () => {
      attempts.delete(attempt)
      end()
      // The socket lives on: it must not keep all of this alive, and an error must find a listener.
      attempt.off('error', onError).on('error', ignore)
      connected(null, attempt)
    })
    if (waiting.length > 0) timer = setTimeout(tryNext, delayMs)
  }
  tryNext()
  return end
}

function ignore(): void {}

function connectAt(host: string, port: number): Socket {
  return connect({ host, port, noDelay: true })
}

// RFC 8305 section 4: the families take turns, the preferred one first.
function byTurns(addresses: readonly string[]): string[] {
  if (addresses.length === 1) return [...addresses]
  const isLikeFirst = (address: string) => address.includes(':') === addresses[0]?.includes(':')
  const preferred = addresses.filter(isLikeFirst)
  const others = addresses.filter(address => !isLikeFirst(address))
  return preferred
    .flatMap((address, index) => [address, ...others.slice(index, index + 1)])
    .concat(others.slice(preferred.length))
}
