import type { Finding } from './finding.ts'
import type { Facts } from './guard.ts'
import type { ServiceReport } from './report.ts'
import type { Target } from './target.ts'

/** Something about a service that changed. Strings from outside have been through `shown`. */
export interface ServiceChange {
  /** When it was noticed, ms since the epoch. */
  readonly at: number
  /** `deployed image`, `reported version` and the like, or a guard, with the part that it judges: `release Secret/shop`. */
  readonly what: string
  readonly from: string
  readonly to: string
  /** The guard's words; empty: what changed says it all. */
  readonly message: string
}

/** All that is known of one service. */
export interface KnownService {
  readonly target: Target
  readonly facts: Facts
  readonly report: ServiceReport
  /** The newest first, at most twenty; empty: none since this process started. */
  readonly changes: readonly ServiceChange[]
}

/**
 * What changed between two reports of one service. What is seen for the first time is not a change: nobody knows what
 * was before. A version that is not reported for a while shows in the guard's status.
 */
export function changesBetween(before: ServiceReport, after: ServiceReport, at: number): readonly ServiceChange[] {
  if (before === after) return []
  return [
    ...plainChanges(before, after).map(([what, from, to]) => ({ at, what, from, to, message: '' })),
    ...(before.findings === after.findings ? [] : statusChanges(before.findings, after.findings, at))
  ]
}

/** What can be unseen for a while. */
export type LastSeen = Pick<ServiceReport, 'deployed' | 'reported'>

/**
 * What to compare a later report with, when something that was seen before is not seen now: a version that changes
 * during an outage is a change all the same. `null`: all that was ever seen is seen now.
 */
export function lastSeen(before: LastSeen, { deployed, reported }: LastSeen): LastSeen | null {
  const seen = {
    deployed: {
      ...deployed,
      image: deployed.image ?? before.deployed.image,
      imageDigest: deployed.imageDigest ?? before.deployed.imageDigest
    },
    reported: before.reported && {
      ...(reported ?? before.reported),
      version: reported?.version ?? before.reported.version,
      gitSha: reported?.gitSha ?? before.reported.gitSha
    }
  }
  const isAllSeen = compared(seen, { deployed, reported }).every(([, was, is]) => is === was || was === null)
  return isAllSeen ? null : seen
}

type Plain = readonly [what: string, from: string, to: string]

function plainChanges(before: LastSeen, after: LastSeen): Plain[] {
  return compared(before, after).flatMap(([what, from, to]): Plain[] =>
    from === null || to === null || from === to ? [] : [[what, from, to]]
  )
}

function compared(before: LastSeen, after: LastSeen) {
  return [
    ['deployed image', before.deployed.image, after.deployed.image],
    ['running digest', before.deployed.imageDigest, after.deployed.imageDigest],
    ['reported version', before.reported?.version ?? null, after.reported?.version ?? null],
    ['reported git SHA', before.reported?.gitSha ?? null, after.reported?.gitSha ?? null]
  ] as const
}

function statusChanges(before: readonly Finding[], after: readonly Finding[], at: number): ServiceChange[] {
  return after.flatMap((finding): ServiceChange[] => {
    const { guard, part, status, message } = finding
    const earlier = before.find(other => other.guard === guard && other.part === part)
    // If this process has seen no other status yet, it has only begun to see.
    if (earlier === undefined || earlier.status === status || finding.isSinceStart) return []
    return [{ at, what: part === '' ? guard : `${guard} ${part}`, from: earlier.status, to: status, message }]
  })
}
