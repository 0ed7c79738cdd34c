/**
 * Who is out of step, in the order of the exposition: nobody, what stands before the pods (a cache, a route), the build
 * of the image, a rollout that is under way or held, single pods, a tag that was moved, the deployment or its
 * declaration, the commit that the report names, the endpoint that gives no report. `unknown`: the fact that would
 * decide is missing.
 */
export const CULPRITS = [
  'none',
  'route',
  'build',
  'rollout',
  'pods',
  'tag_moved',
  'deployment',
  'metadata',
  'endpoint',
  'unknown'
] as const

export type Culprit = (typeof CULPRITS)[number]

/** How two facts relate; `unknown`: one of them was not seen, or the two cannot be compared. */
export type Relation = 'agrees' | 'differs' | 'unknown'

/** Which facts were compared, and with what result. */
export interface Proof {
  /** What was declared, by label and release manifest, and the deployed tag. */
  readonly declared: Relation
  /** The deployed tag and the report of the public address. */
  readonly address: Relation
  /** The deployed tag and the reports of the pods. */
  readonly pods: Relation
  /** The report of the public address and those of the pods. */
  readonly addressAndPods: Relation
  /** The running digest and the one that the tag points to now. */
  readonly digest: Relation
  /** The version or the commit, whichever is compared with the tag, and the running image's label for it. */
  readonly imageLabel: Relation
  /** The reported commit and the running image's label for it. */
  readonly builtCommit: Relation
  /** The reported commit and the one in the deployed tag. */
  readonly tagCommit: Relation
  /** The reported commit and the declared one. */
  readonly declaredCommit: Relation
}

/** A fact that would decide, and how a person makes it visible. */
export interface MissingFact {
  readonly fact: 'deployed' | 'report' | 'pods' | 'image labels'
  /** The annotation or variable to set, or what stands in the way. */
  readonly cure: string
}

/** Who is out of step, judged from the facts and from what the guards found. */
export interface Diagnosis {
  readonly culprit: Culprit
  /** Words for a person; strings from outside have been through `shown`. */
  readonly message: string
  readonly proof: Proof
  /** `null` unless the culprit is `unknown`. */
  readonly missing: MissingFact | null
  /** The pods that are out of step, at most five; empty: it is not about single pods. */
  readonly pods: readonly string[]
  /**
   * When the rollout began, or when the oldest pod that is out of step was created, ms since the epoch; `null`: no fact
   * says.
   */
  readonly since: number | null
  /**
   * When the oldest fact other than the reports was last known to be true, ms since the epoch; `null`: none has an age.
   */
  readonly factsAsOf: number | null
}
