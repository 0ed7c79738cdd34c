import type { HeldReason } from '../../domain/rollout.ts'

/** What the rules say of a rollout. */
export type Verdict =
  | {
      readonly hasEnded: true
      /** Old pods are kept on purpose: more than one image may run. */
      readonly held: HeldReason | null
      /** Whether every pod is of the current template, and one is there if any is wanted. */
      readonly isComplete: boolean
    }
  | {
      readonly hasEnded: false
      readonly held: HeldReason | null
      /** What keeps it from ending, besides the counts; empty: nothing that is known. */
      readonly cause: string
      /** From when on it is STUCK, ms since the epoch; Infinity: the passing of time does not make it so. */
      readonly stuckAt: number
    }

export const ENDED: Verdict = { hasEnded: true, held: null, isComplete: true }

export function ended(isComplete: boolean): Verdict {
  return { hasEnded: true, held: null, isComplete }
}

export interface Hold {
  readonly stuckAt: number
  readonly cause?: string
  readonly held?: HeldReason | null
}

export function rolling({ stuckAt, cause = '', held = null }: Hold): Verdict {
  return { hasEnded: false, held, cause, stuckAt }
}

export function heldBack(held: HeldReason): Verdict {
  return { hasEnded: true, held, isComplete: false }
}
