import { setTimeout as wait } from 'node:timers/promises'
import type { Timeline } from './timeline.ts'

/** One thing that has to happen. */
export interface Step {
  readonly name: string
  readonly withinMs: number
  /** Where to look when it does not happen. */
  lookAt(): string
  /** What to say once it has happened; `null`, or a rejection: not yet. */
  ask(): Promise<string | null> | string | null
}

/** A step did not happen in time. */
export class StepMissing extends Error {
  override readonly name = 'StepMissing'
}

const POLL_MS = 100

/** Awaits a step and tells the timeline. Rejects with `StepMissing`, or when `signal` aborts. */
export async function awaitStep(step: Step, timeline: Timeline, signal: AbortSignal): Promise<void> {
  const end = performance.now() + step.withinMs
  let obstacle = ''
  for (;;) {
    try {
      const there = await step.ask()
      if (there !== null) return timeline.came(step.name, there)
      obstacle = ''
    } catch (error) {
      obstacle = error instanceof Error ? ` (${error.message})` : ''
    }
    if (performance.now() > end) {
      timeline.missed(step.name, `did not come within ${step.withinMs / 1000} s${obstacle}`)
      throw new StepMissing(step.lookAt())
    }
    await wait(POLL_MS, undefined, { signal })
  }
}
