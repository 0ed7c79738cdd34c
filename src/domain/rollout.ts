/** What a workload's pods are doing, worst first. `MIXED`: no rollout is under way, but the pods differ. */
export const ROLLOUT_STATES = ['STUCK', 'MIXED', 'UNKNOWN', 'ROLLING', 'STABLE'] as const

export type RolloutState = (typeof ROLLOUT_STATES)[number]

/** What a rollout's state rests on. */
export interface RolloutEvidence {
  /** What is still awaited, such as `1 of 3 pods updated`; empty: nothing. */
  readonly awaited: string
}
