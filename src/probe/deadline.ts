import { LONGEST_TIMER_MS } from '../text/durations.ts'
import { ProbeError } from './failure.ts'

/** What ends with a deadline. */
interface Bound {
  destroy(error: ProbeError): unknown
}

/** The one bound of a whole exchange, over all its connections. */
export interface Deadline {
  /** What ended it; `null`: there is time left. */
  endedBy(): ProbeError | null
  leftMs(): number
  /** Destroyed when the time is up. */
  bind(one: Bound): void
  release(one: Bound): void
  /** Ends what nobody waits for any more. */
  endBound(): void
  /** Calls the function once a quarter of the time is gone, unless there is another one by then, or `null`. */
  onQuarter(listener: (() => void) | null): void
  stop(): void
  /** Gives the timer back. */
  end(): void
}

/** Starts the clock of one exchange. */
export function startDeadline(timeoutMs: number): Deadline {
  const wholeMs = Math.min(timeoutMs, LONGEST_TIMER_MS)
  const startedAt = performance.now()
  let bound: Bound[] = []
  let error: ProbeError | null = null
  let onQuarter: (() => void) | null = null
  let lastTurn: NodeJS.Immediate | undefined

  const endWith = (reason: ProbeError) => {
    error ??= reason
    for (const one of bound) one.destroy(error)
  }
  // When this process was held up, an answer may have come in time and wait to be read: timers run before sockets do.
  let timer = setTimeout(() => {
    lastTurn = setImmediate(() => onQuarter?.())
    timer = setTimeout(
      () => {
        lastTurn = setImmediate(() =>
          endWith(new ProbeError('timeout', `no answer within ${durationInWords(timeoutMs)}`))
        )
      },
      wholeMs - wholeMs / 4
    )
  }, wholeMs / 4)
  return {
    endedBy: () => error,
    leftMs: () => Math.max(0, wholeMs - (performance.now() - startedAt)),
    bind: one => {
      bound.push(one)
    },
    release: one => {
      bound = bound.filter(other => other !== one)
    },
    endBound: () => {
      for (const one of bound) one.destroy(stopped())
    },
    onQuarter: listener => {
      onQuarter = listener
    },
    stop: () => endWith(stopped()),
    end: () => {
      clearTimeout(timer)
      clearImmediate(lastTurn)
    }
  }
}

/** What an exchange says that ended because the process stops. */
export function stopped(): ProbeError {
  return new ProbeError('timeout', 'stopped')
}

/** `500 ms`, `1.5 s`, `10 s`. */
export function durationInWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`
}
