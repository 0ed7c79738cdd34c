import type { Judgement } from '../domain/finding.ts'
import { type HelmRelease, helmReleaseOf } from '../domain/helm-release.ts'
import type { KnownWorkload } from '../domain/ports.ts'
import type { HelmEvidence, ReleaseStatus } from '../domain/release.ts'
import type { FleetFinding } from '../domain/report.ts'
import type { Shard } from '../domain/shard.ts'
import type { Target } from '../domain/target.ts'
import { workloadKey } from '../domain/workload.ts'
import { compareText } from '../text/lines.ts'
import { ageOf } from './judge.ts'
import { shardOf } from './shard-of.ts'
import type { TargetSelection } from './targets.ts'
import type { Warning } from './warnings.ts'

/** Findings about the fleet, not about a single service, and warnings about what is left out of them. */
export interface Fleet {
  readonly findings: readonly FleetFinding[]
  readonly warnings: readonly Warning[]
  /** When a finding may change just because time passes, ms since the epoch. */
  readonly validUntil: number
}

export interface FleetParts {
  readonly shard: Shard
  /** All known releases; the same array as long as nothing changed. */
  readonly releases: () => readonly HelmRelease[]
  /** `pendingMs`: how long the release may be pending; absent: the limit for all releases. */
  readonly judge: (
    release: HelmRelease,
    pendingMs: number | undefined,
    now: number
  ) => Judgement<ReleaseStatus, HelmEvidence>
}

interface FleetFacts {
  readonly selection: Pick<TargetSelection, 'ofWorkload' | 'helmPendingMs'>
  readonly known: readonly KnownWorkload[]
  readonly now: number
}

const EMPTY: Fleet = { findings: [], warnings: [], validUntil: Number.POSITIVE_INFINITY }
// Anybody who can create Secrets in a namespace can create releases, and each is a series or two.
const MOST_OF_A_NAMESPACE = 500

/**
 * Judges Helm's releases, including those that belong to no service. Whichever shard has its service, a release belongs
 * to the shard of (namespace, release), so that each is reported once.
 */
export function createFleetJudge({ shard, releases, judge }: FleetParts): (facts: FleetFacts) => Fleet {
  let earlier: ReadonlyMap<string, FleetFinding> = new Map()
  let last: (FleetFacts & { readonly all: readonly HelmRelease[]; readonly fleet: Fleet }) | undefined
  const isOurs = (key: string) => shard.total === 1 || shardOf(key, shard.total) === shard.index

  return ({ selection, known, now }) => {
    const all = releases()
    if (all.length === 0 && earlier.size === 0) return EMPTY
    const isSame = last?.all === all && last.selection === selection && last.known === known
    // If it is earlier than the last time, the clock was set back.
    if (last !== undefined && isSame && last.now <= now && now < last.fleet.validUntil) return last.fleet
    const owners = findOwners(selection, known)
    const findings = new Map<string, FleetFinding>()
    const counts = new Map<string, number>()
    for (const release of all) {
      const { namespace, name } = release
      const key = `${namespace}/${name}`
      if (!isOurs(key)) continue
      const count = (counts.get(namespace) ?? 0) + 1
      counts.set(namespace, count)
      if (count > MOST_OF_A_NAMESPACE) continue
      const owner = owners.get(key)
      const judged = judge(release, selection.helmPendingMs.get(key), now)
      const identity = { namespace: owner?.namespace ?? namespace, service: owner?.service ?? name }
      const age = ageOf(judged.status, earlier.get(key)?.finding, now)
      findings.set(key, { ...identity, finding: { ...judged, guard: 'release', ...age } })
    }
    earlier = findings
    const told = [...findings.values()]
    const fleet: Fleet = {
      findings: told,
      warnings: [...counts].flatMap(warnOfTooMany),
      validUntil: told.reduce((least, { finding }) => Math.min(least, finding.validUntil), Number.POSITIVE_INFINITY)
    }
    last = { all, selection, known, now, fleet }
    return fleet
  }
}

/** The services of releases, by namespace and name of the release; of several, the one whose name comes first. */
function findOwners({ ofWorkload }: FleetFacts['selection'], known: readonly KnownWorkload[]): Map<string, Target> {
  const owners = new Map<string, Target>()
  const targets = ofWorkload()
  for (const { workload } of known) {
    const key = helmReleaseOf(workload)
    const target = targets.get(workloadKey(workload))
    if (key === null || target === undefined) continue
    const other = owners.get(key)
    if (other === undefined || compareText(target.service, other.service) < 0) owners.set(key, target)
  }
  return owners
}

function warnOfTooMany([namespace, count]: readonly [string, number]): Warning[] {
  if (count <= MOST_OF_A_NAMESPACE) return []
  const more = count - MOST_OF_A_NAMESPACE
  return [{ namespace, line: `namespace ${namespace} has too many Helm releases: ${more} of them are not checked` }]
}
