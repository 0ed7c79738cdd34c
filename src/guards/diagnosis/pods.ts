import type { JudgedFacts } from '../../domain/guard.ts'
import { parseImageReference } from '../../domain/image-reference.ts'
import type { DebugReport, Observation } from '../../domain/probe.ts'
import type { Target } from '../../domain/target.ts'
import type { Pod, PodContainer } from '../../domain/workload.ts'
import { compare, type Outcome } from '../compare-version.ts'
import type { DeployedImage } from '../deployed-image.ts'
import { sayingsOf } from '../same-report.ts'
import type { Relations } from './culprit.ts'

/** What the pods of a service say, taken together. */
export interface PodWitness {
  /** Judged as if every pod ran one image. */
  readonly relation: Relations['pods']
  /** How many gave a report. */
  readonly reporters: number
  /** What all of them report; `null`: none does, or they differ. */
  readonly common: DebugReport | null
  /** How that compares with the deployed tag; `null`: nothing can be compared. */
  readonly outcome: Outcome | null
  /** Whether a pod runs another tag than the deployed one; `null`: not known. */
  readonly runOthers: boolean | null
}

interface Reporter {
  readonly pod: Pod
  readonly report: DebugReport
  /** How its report compares with the deployed tag; `null`: there is no tag. */
  readonly outcome: Outcome | null
}

/** Weighs what pods run and report against `deployed`, which is `null` while it is not known. */
export function readPods(target: Target, facts: JudgedFacts, deployed: DeployedImage | null): PodWitness {
  const tag = deployed?.tag ?? null
  const reporters = facts.podReports.flatMap(({ pod, observation }): Reporter | [] => {
    if (!observation?.report.seen) return []
    const report = observation.report.value
    return { pod, report, outcome: tag === null ? null : compare(report, tag, target.versionMatch) }
  })
  const [first] = reporters
  const said = reporters.map(({ report }) => report)
  const isOfOneMind = new Set(sayingsOf(said, target.versionMatch)).size <= 1
  return {
    relation: relate(target, facts, { reporters, isOfOneMind, deployed }),
    reporters: reporters.length,
    common: isOfOneMind ? (first?.report ?? null) : null,
    outcome: isOfOneMind ? (first?.outcome ?? null) : null,
    runOthers: deployed !== null && facts.pods.seen ? facts.pods.value.some(pod => !runsTag(pod, deployed)) : null
  }
}

interface Weighed {
  readonly reporters: readonly Reporter[]
  readonly isOfOneMind: boolean
  readonly deployed: DeployedImage | null
}

function relate(
  { podEndpoint }: Target,
  { pods, podReports }: JudgedFacts,
  { reporters, isOfOneMind, deployed }: Weighed
): Relations['pods'] {
  if (podEndpoint === undefined) return 'none'
  if (deployed === null || !pods.seen || reporters.length === 0) return 'unknown'
  if (!isOfOneMind) return 'mixed'
  const isAll = isWitnessed(pods.value, reporters, deployed)
  const isSilent = podReports.some(({ observation }) => observation !== null && isFailure(observation.report))
  const verdict = reporters[0]?.outcome?.evidence.isConsistent ?? null
  if (verdict === false) {
    return isAll && !isSilent && reporters.every(({ pod }) => runsTag(pod, deployed)) ? 'differs' : 'mixed'
  }
  if (isSilent) return 'failing'
  if (verdict === null) return isAll ? 'alike' : 'unknown'
  return isAll ? 'agrees' : 'partly'
}

// An address that may not be asked says nothing of the pod.
function isFailure(report: Observation['report']): boolean {
  return !report.seen && report.reason !== 'refused'
}

/** Whether each pod that may answer gave a report, or runs the very image of one that did. */
function isWitnessed(pods: readonly Pod[], reporters: readonly Reporter[], deployed: DeployedImage): boolean {
  const asked = new Set(reporters.map(({ pod }) => pod.name))
  const known = new Set(reporters.map(({ pod }) => contentOf(containerOf(pod, deployed))))
  return pods.every(pod => {
    const container = containerOf(pod, deployed)
    // Without a runtime it was never started.
    return asked.has(pod.name) || container?.runtime === '' || known.has(contentOf(container))
  })
}

function contentOf(container: PodContainer | undefined): string {
  return `${container?.image} ${container?.digest}`
}

/** By the tag alone if need be: a webhook may have named another registry. */
function runsTag(pod: Pod, deployed: DeployedImage): boolean {
  const image = containerOf(pod, deployed)?.image
  if (image === deployed.image) return true
  return image !== undefined && deployed.tag !== null && parseImageReference(image)?.tag === deployed.tag
}

function containerOf({ containers }: Pod, { container }: DeployedImage): PodContainer | undefined {
  return containers.find(({ name }) => name === container)
}
