import type { Facts } from '../../domain/guard.ts'
import type { DebugReport } from '../../domain/probe.ts'
import type { Mixture } from '../../domain/rollout.ts'
import type { Target } from '../../domain/target.ts'
import type { Pod } from '../../domain/workload.ts'
import { compare, type Outcome } from '../compare-version.ts'
import type { DeployedImage } from '../deployed-image.ts'
import type { Relations } from './culprit.ts'

/** What the pods of a service say, taken together. */
export interface PodWitness {
  readonly relation: Relations['pods']
  /** How many gave a report. */
  readonly reporters: number
  /** What all of them report; `null`: none does, or they differ. */
  readonly common: DebugReport | null
  /** What that says of the deployed tag; `null`: nothing can be compared. */
  readonly outcome: Outcome | null
}

interface Reporter {
  readonly pod: Pod
  readonly report: DebugReport
  /** Of what it reports against the deployed tag; `null`: there is no tag. */
  readonly outcome: Outcome | null
}

interface Deployed {
  /** `null`: not known. */
  readonly deployed: DeployedImage | null
  readonly mixture: Mixture | null
}

/** Weighs what pods report against what is deployed. `mixture`: the images that they run, where these differ. */
export function readPods(target: Target, facts: Facts, { deployed, mixture }: Deployed): PodWitness {
  const tag = deployed?.tag ?? null
  const reporters = facts.podReports.flatMap(({ pod, observation }): Reporter | [] => {
    if (!observation?.report.seen) return []
    const report = observation.report.value
    return { pod, report, outcome: tag === null ? null : compare(report, tag, target.versionMatch) }
  })
  const [first] = reporters
  const isOfOneMind = reporters.every(({ report }) => says(report) === says(first?.report))
  return {
    relation: mixture !== null ? 'mixed' : relate(target, facts, { reporters, isOfOneMind, deployed }),
    reporters: reporters.length,
    common: isOfOneMind ? (first?.report ?? null) : null,
    outcome: isOfOneMind ? (first?.outcome ?? null) : null
  }
}

function relate(
  { podEndpoint }: Target,
  { pods, podReports }: Facts,
  { reporters, isOfOneMind, deployed }: Weighed
): Relations['pods'] {
  if (podEndpoint === undefined) return 'none'
  if (deployed === null || !pods.seen || reporters.length === 0) return 'unknown'
  if (!isOfOneMind) return 'mixed'
  const isAll = isWitnessed(pods.value, reporters, deployed)
  const isSilent = podReports.some(({ observation }) => observation !== null && isFailure(observation.report))
  const verdict = reporters[0]?.outcome?.evidence.isConsistent ?? null
  if (verdict === false) {
    const runDeployed = reporters.every(({ pod }) => containerOf(pod, deployed)?.image === deployed.image)
    return isAll && runDeployed && !isSilent ? 'differs' : 'mixed'
  }
  if (isSilent) return 'failing'
  if (verdict === null) return isAll ? 'alike' : 'unknown'
  return isAll ? 'agrees' : 'partly'
}

interface Weighed {
  readonly reporters: readonly Reporter[]
  readonly isOfOneMind: boolean
  readonly deployed: DeployedImage | null
}

// An address that may not be asked says nothing of the pod.
function isFailure(report: NonNullable<Facts['observation']>['report']): boolean {
  return !report.seen && report.reason !== 'refused'
}

/** Whether each pod that may answer gave a report, or runs the very image of one that did. */
function isWitnessed(pods: readonly Pod[], reporters: readonly Reporter[], deployed: DeployedImage): boolean {
  const known = new Set(reporters.map(({ pod }) => contentOf(pod, deployed)))
  const asked = new Set(reporters.map(({ pod }) => pod.name))
  return pods.every(pod => asked.has(pod.name) || isNotStarted(pod, deployed) || known.has(contentOf(pod, deployed)))
}

function isNotStarted(pod: Pod, deployed: DeployedImage): boolean {
  return containerOf(pod, deployed)?.runtime === ''
}

function contentOf(pod: Pod, deployed: DeployedImage): string {
  const { image = '', digest = '' } = containerOf(pod, deployed) ?? {}
  return `${image} ${digest}`
}

function containerOf({ containers }: Pod, { container }: DeployedImage) {
  return containers.find(({ name }) => name === container)
}

function says(report: DebugReport | undefined): string {
  return `${report?.version ?? ''}\n${report?.gitSha?.toLowerCase() ?? ''}`
}
