import type { JudgedFacts } from '../domain/guard.ts'
import { parseImageReference } from '../domain/image-reference.ts'
import type { PodAnswer, PodReport, PodResult, PodsEvidence } from '../domain/pod-reports.ts'
import type { DebugReport, Observation } from '../domain/probe.ts'
import type { Target } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import type { Pod, Workload } from '../domain/workload.ts'
import {
  cannotTell,
  compare,
  error,
  mismatch,
  NOT_CHECKED_YET,
  type Outcome,
  unknown,
  worstFirst
} from './compare-version.ts'
import { deployedImage } from './deployed-image.ts'
import { sayingsOf } from './same-report.ts'

/** What the version guard judges from. */
export const VERSION_READS = [
  'workload',
  'pods',
  'observation',
  'podReports'
] as const satisfies readonly (keyof JudgedFacts)[]

export type VersionFacts = Pick<JudgedFacts, (typeof VERSION_READS)[number]>

/** A pod that gave a report. */
interface Reporter {
  readonly name: string
  readonly report: DebugReport
  /** The same text for those that say the same. */
  readonly says: string
  /** Pods of one realm should all say the same. */
  readonly realm: string
  /** How what it says compares with the image that it should report. */
  readonly outcome: Outcome
}

/**
 * Compares what the pods say, each at its own address, with what is deployed and with each other: MISMATCH as soon as
 * one differs.
 *
 * A pod that gives no report is a fault only beside one that does: a mesh with strict mTLS, or a network policy,
 * refuses the guard at every pod, and the service is none the worse for it.
 */
export function judgePods(target: Target, facts: VersionFacts): Outcome {
  const { workload, pods, podReports } = facts
  if (!workload.seen) return unknown(workload.message)
  if (!pods.seen) return cannotTell(`Pods cannot be asked: ${pods.message}`)
  const deployed = deployedImage(target, facts)
  const reporters = readReporters(target, facts, deployed)
  const odd = findOdd(reporters)
  const evidence = collectEvidence(facts, reporters, odd)
  const withPods = (outcome: Outcome): Outcome => ({
    ...outcome,
    evidence: { ...outcome.evidence, pods: evidence }
  })
  const { failed, refused } = evidence.results
  if (odd.length > 0)
    return withPods(mismatch(describeOdd({ odd, reporters, evidence, tag: deployed.seen ? deployed.value.tag : null })))
  if (podReports.length === 0)
    return withPods(cannotTell(`Pods cannot be asked: ${haveNoAddress(pods.value) ? NO_ADDRESS : 'no pod is ready'}`))
  const [worst] = reporters.map(({ outcome }) => outcome).sort(worstFirst)
  if (worst === undefined) {
    return withPods(failed + refused === 0 ? NOT_CHECKED_YET : cannotTell(describeSilence(evidence, target)))
  }
  return withPods(failed > 0 ? error(describeFailed(evidence)) : worst)
}

export const NO_ADDRESS =
  'no pod that is ready has an address of its own: its network is that of the host, that of another container, or none'

/** Whether there are ready pods, but none of them has an address to be asked at. That happens only on a Docker host. */
export function haveNoAddress(pods: readonly Pod[]): boolean {
  const ready = pods.filter(({ isReady, terminatesAt }) => isReady && terminatesAt === null)
  return ready.length > 0 && ready.every(({ ip }) => ip === '')
}

type Deployed = ReturnType<typeof deployedImage>

function readReporters(target: Target, facts: VersionFacts, deployed: Deployed): readonly Reporter[] {
  const isHeld = facts.workload.seen && holdsOldPods(facts.workload.value)
  const reports = facts.podReports.flatMap(({ pod, observation }) =>
    observation?.report.seen ? { pod, report: observation.report.value } : []
  )
  const sayings = sayingsOf(
    reports.map(({ report }) => report),
    target.versionMatch
  )
  return reports.map(({ pod, report }, place) => {
    // A pod that is kept on purpose should report what it runs itself.
    const own = isHeld && deployed.seen ? imageIn(pod, deployed.value.container) : undefined
    return {
      name: pod.name,
      report,
      says: sayings[place] ?? '',
      realm: own ?? '',
      outcome: compareWith(deployed, own, { report, target })
    }
  })
}

function compareWith(
  deployed: Deployed,
  own: string | undefined,
  { report, target }: { readonly report: DebugReport; readonly target: Target }
): Outcome {
  if (!deployed.seen) return unknown(deployed.message)
  const image = own ?? deployed.value.image
  const tag = own === undefined ? deployed.value.tag : parseImageReference(own)?.tag
  return tag == null ? unknown(`${shown(image)} has no tag to compare`) : compare(report, tag, target.versionMatch)
}

function imageIn({ containers }: Pod, container: string): string | undefined {
  return containers.find(({ name }) => name === container)?.image
}

/** Whether pods of an older revision may stay for as long as somebody likes. */
function holdsOldPods({ strategy: { type, partition, isPaused } }: Workload): boolean {
  return type === 'OnDelete' || partition > 0 || isPaused
}

/** Those that contradict the tag, then those that disagree with the majority. */
function findOdd(reporters: readonly Reporter[]): readonly Reporter[] {
  const realms = [...Map.groupBy(reporters, ({ realm }) => realm).values()]
  const alone = realms.flatMap(realm => {
    const common = commonOf(realm)
    return realm.filter(reporter => !contradicts(reporter) && reporter.says !== common)
  })
  return [...reporters.filter(contradicts), ...alone]
}

function contradicts({ outcome }: Reporter): boolean {
  return outcome.status === 'MISMATCH'
}

/** What most of those that do not contradict the tag say; on a tie, the text that sorts first. */
function commonOf(reporters: readonly Reporter[]): string {
  const right = reporters.filter(reporter => !contradicts(reporter))
  const groups = [...Map.groupBy(right.length > 0 ? right : reporters, ({ says }) => says)]
  const [most] = groups.sort(([one, ones], [other, others]) => others.length - ones.length || (one < other ? -1 : 1))
  return most?.[0] ?? ''
}

function collectEvidence(
  { pods, podReports }: VersionFacts,
  reporters: readonly Reporter[],
  odd: readonly Reporter[]
): PodsEvidence {
  const oddNames = new Set(odd.map(({ name }) => name))
  const answers = podReports.map(report => toAnswer(report, oddNames))
  const count = (result: PodResult) => answers.filter(answer => answer.result === result).length
  const all = pods.seen ? pods.value.length : podReports.length
  const silent = reporters.length === 0 ? undefined : answers.find(({ result }) => result === 'failed')
  const spokesman = odd[0]?.name ?? silent?.name ?? reporters[0]?.name
  return {
    versions: new Set(reporters.map(({ says }) => says)).size,
    results: {
      agrees: count('agrees'),
      differs: count('differs'),
      failed: count('failed'),
      refused: count('refused'),
      not_asked: count('not_asked') + Math.max(0, all - podReports.length)
    },
    pods: answers.sort((a, b) => ORDER.indexOf(a.result) - ORDER.indexOf(b.result)),
    spokesman: spokesman === undefined ? null : shown(spokesman)
  }
}

const ORDER: readonly PodResult[] = ['differs', 'failed', 'refused', 'agrees', 'not_asked']

function toAnswer({ pod, observation }: PodReport, odd: ReadonlySet<string>): PodAnswer {
  const report = observation?.report
  const value = report?.seen === true ? report.value : null
  return {
    name: shown(pod.name),
    node: shown(pod.node),
    result: resultOf(report, odd.has(pod.name)),
    version: value?.version == null ? null : shown(value.version),
    gitSha: value?.gitSha ?? null,
    message: report?.seen === false ? report.message : ''
  }
}

function resultOf(report: Observation['report'] | undefined, isOdd: boolean): PodResult {
  if (report === undefined) return 'not_asked'
  if (report.seen) return isOdd ? 'differs' : 'agrees'
  return report.reason === 'refused' ? 'refused' : 'failed'
}

const MOST_NAMED = 5

interface Oddness {
  readonly odd: readonly Reporter[]
  readonly reporters: readonly Reporter[]
  readonly evidence: PodsEvidence
  /** What is deployed; `null`: not known. */
  readonly tag: string | null
}

function describeOdd({ odd, reporters, evidence, tag }: Oddness): string {
  const named = listed(odd.map(({ name, report }) => `${shown(name)} reports ${describeReport(report)}`))
  const others = reporters.filter(reporter => !odd.includes(reporter))
  const said = [...new Set(others.map(({ report }) => describeReport(report)))]
  const rest = others.length === 0 ? '' : `; ${others.length === 1 ? 'the other' : 'the others'}: ${listed(said)}`
  const deployed = tag === null ? '' : ` from what is deployed (${shown(tag)}) or from each other`
  const silent = evidence.results.failed === 0 ? '' : `; ${describeFailed(evidence)}`
  return `${odd.length} of ${reporters.length} pods ${odd.length === 1 ? 'differs' : 'differ'}${deployed}: ${named}${rest}${silent}`
}

function describeReport({ version, gitSha }: DebugReport): string {
  const sha = gitSha === null ? 'no git SHA' : shown(gitSha)
  return version === null ? sha : `${shown(version)} (${sha})`
}

function describeFailed({ pods, results }: PodsEvidence): string {
  const failed = pods.filter(({ result }) => result === 'failed').map(({ name, message }) => `${name} (${message})`)
  const asked = pods.filter(({ result }) => result !== 'not_asked' && result !== 'refused').length
  return `${results.failed} of ${asked} pods ${results.failed === 1 ? 'gives' : 'give'} no report: ${listed(failed)}`
}

function describeSilence({ pods }: PodsEvidence, { podEndpoint }: Target): string {
  const tried = pods.filter(({ result }) => result === 'failed' || result === 'refused')
  const [first] = tried
  const why = first === undefined ? '' : ` (${first.name}: ${first.message})`
  return `Pods cannot be asked: none of ${tried.length} gives a report at port ${podEndpoint?.port}${why}`
}

function listed(texts: readonly string[]): string {
  const more = texts.length - MOST_NAMED
  return `${texts.slice(0, MOST_NAMED).join(', ')}${more > 0 ? `, and ${more} more` : ''}`
}
