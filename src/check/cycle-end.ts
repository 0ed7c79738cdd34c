import type { Lane } from './fair-slots.ts'

interface CycleWait {
  /** The most that the cycle waits for anybody. */
  readonly longestMs: number
  /** The most that it waits for services that are slow or never answered. */
  readonly slowMs: number
}

/** The probes of a cycle, which tell when they have ended, and who waits for them. */
export interface CycleEnd {
  ended(lane: Lane): void
  failed(error: unknown): void
  /** Resolves when all have ended; rejects when one has failed. */
  readonly all: Promise<void>
  /**
   * Resolves when the cycle is over: all that are quick have answered, and the others have too, or had their time. Probes
   * that are under way then go on beside the next cycle. Rejects when one has failed meanwhile.
   */
  over(wait: CycleWait): Promise<void>
}

/** Counts down: lists of promises would be thousands of objects for each cycle. */
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
      // After the time of the slow, only `all` itself still tells of a failure.
      await Promise.race([inTime, all.promise, after(longestMs)]).finally(() => timers.forEach(clearTimeout))
    }
  }
}
