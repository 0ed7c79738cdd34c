import type { Lane } from './fair-slots.ts'

interface CycleWait {
  /** How long the cycle waits at most. */
  readonly longestMs: number
  /** How long it waits at most for services that are slow or never answered. */
  readonly slowMs: number
}

/** Counts the probes of a cycle as they end, and tells those who wait for them. */
export interface CycleEnd {
  ended(lane: Lane): void
  failed(error: unknown): void
  /** Resolves when all have ended; rejects when one has failed. */
  readonly all: Promise<void>
  /**
   * Resolves when the cycle is over: all quick probes have ended, and the others have too, or have used up their time.
   * Probes that are still under way go on beside the next cycle. Rejects if one has failed by then.
   */
  over(wait: CycleWait): Promise<void>
}

/** A countdown: lists of promises would be thousands of objects for each cycle. */
export function createCycleEnd(lanes: readonly Lane[]): CycleEnd {
  let left = lanes.length
  let quickLeft = lanes.filter(lane => lane === 'quick').length
  const all = Promise.withResolvers<void>()
  const quick = Promise.withResolvers<void>()
  if (left === 0) all.resolve()
  if (quickLeft === 0) quick.resolve()
  return {
    ended: lane => {
      left -= 1
      if (left === 0) all.resolve()
      if (lane !== 'quick') return
      quickLeft -= 1
      if (quickLeft === 0) quick.resolve()
    },
    failed: all.reject,
    all: all.promise,
    over: async ({ longestMs, slowMs }) => {
      const timers: NodeJS.Timeout[] = []
      const after = (ms: number) => new Promise<void>(resolve => timers.push(setTimeout(resolve, ms).unref()))
      const inTime = Promise.race([all.promise, after(slowMs)]).then(() => quick.promise)
      // Once the slow ones have had their time, only `all` itself still reports a failure.
      await Promise.race([inTime, all.promise, after(longestMs)]).finally(() => timers.forEach(clearTimeout))
    }
  }
}
