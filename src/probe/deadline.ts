import { LONGEST_TIMER_MS } from '../text/durations.ts'
import { ProbeError } from './failure.ts'

/** What ends with a deadline. */
interface Bound {
  destroy(error: ProbeError): unknown
}

const NOBODY: readonly Bound[] = []

/**
 * The time limit of a whole exchange, over all its connections; its clock starts when it is made. A class, because each
 * probe makes one: closures would be ten more objects for the garbage collector.
 */
export class Deadline {
  readonly #timeoutMs: number
  readonly #wholeMs: number
  readonly #startedAt = performance.now()
  #timer: NodeJS.Timeout
  #lastTurn: NodeJS.Immediate | undefined
  #bound: readonly Bound[] = NOBODY
  #error: ProbeError | null = null
  #onQuarter: (() => void) | null = null
  #isQuarterGone = false
  #laterQuarter: NodeJS.Timeout | undefined

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
    this.#wholeMs = Math.min(timeoutMs, LONGEST_TIMER_MS)
    this.#timer = setTimeout(() => this.#passQuarter(), this.#wholeMs / 4)
  }

  /** What ended it; `null`: there is time left. */
  endedBy(): ProbeError | null {
    return this.#error
  }

  leftMs(): number {
    return Math.max(0, this.#wholeMs - (performance.now() - this.#startedAt))
  }

  /** Destroys it when the time is up. */
  bind(one: Bound): void {
    this.#bound = this.#bound.length === 0 ? [one] : [...this.#bound, one]
  }

  release(one: Bound): void {
    const isOnly = this.#bound.length === 1 && this.#bound[0] === one
    this.#bound = isOnly ? NOBODY : this.#bound.filter(other => other !== one)
  }

  /** Ends what nobody waits for any more. */
  endBound(): void {
    for (const one of this.#bound) one.destroy(stopped())
  }

  /**
   * Calls the listener once a quarter of the time is gone; if it is gone already, after a quarter of what is left. The
   * next listener replaces it, and `null` removes it.
   */
  onQuarter(listener: (() => void) | null): void {
    this.#onQuarter = listener
    clearTimeout(this.#laterQuarter)
    if (listener === null || !this.#isQuarterGone) return
    this.#laterQuarter = setTimeout(() => setImmediate(() => this.#tellQuarter(listener)), this.leftMs() / 4)
  }

  stop(): void {
    this.#endWith(stopped())
  }

  /** Clears the timers: nothing ends or is called any more. */
  end(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#laterQuarter)
    clearImmediate(this.#lastTurn)
  }

  // If this process was held up, an answer that came in time may still be unread: timers run before sockets do.
  #passQuarter(): void {
    this.#lastTurn = setImmediate(() => {
      this.#isQuarterGone = true
      this.#tellQuarter(this.#onQuarter)
    })
    this.#timer = setTimeout(
      () => {
        this.#lastTurn = setImmediate(() =>
          this.#endWith(new ProbeError('timeout', `no answer within ${durationInWords(this.#timeoutMs)}`))
        )
      },
      this.#wholeMs - this.#wholeMs / 4
    )
  }

  #tellQuarter(listener: (() => void) | null): void {
    if (listener === this.#onQuarter) listener?.()
  }

  #endWith(reason: ProbeError): void {
    this.#error ??= reason
    for (const one of this.#bound) one.destroy(this.#error)
  }
}

/** What an exchange reports when it ends because the process stops. */
export function stopped(): ProbeError {
  return new ProbeError('timeout', 'stopped')
}

/** `500 ms`, `1.5 s`, `10 s`. */
export function durationInWords(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`
}
