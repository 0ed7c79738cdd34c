import type { Relation } from '../../domain/diagnosis.ts'
import { type Finding, type FindingBy, findingBy } from '../../domain/finding.ts'
import type { JudgedFacts } from '../../domain/guard.ts'
import type { FoundDigest, ImageCheck } from '../../domain/image-check.ts'
import type { ImageLabels } from '../../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../../domain/observation.ts'
import type { DebugReport } from '../../domain/probe.ts'
import type { Declared } from '../../domain/release.ts'
import type { Mixture } from '../../domain/rollout.ts'
import type { Target } from '../../domain/target.ts'
import { shown } from '../../domain/text.ts'
import type { PodContainer } from '../../domain/workload.ts'
import { compare, isSameVersion, type Outcome } from '../compare-version.ts'
import { type DeployedImage, deployedImage, hasStopped } from '../deployed-image.ts'
import { labelsByRuntime, ownContainer } from '../running-labels.ts'
import { agreesWithSha, hasSha, isSameSha } from '../tag-sha.ts'
import type { Relations } from './culprit.ts'
import { type PodWitness, readPods } from './pods.ts'

/** What a service is diagnosed from. */
export interface Scene {
  readonly target: Target
  readonly facts: JudgedFacts
  readonly relations: Relations
  readonly deployed: Observed<DeployedImage>
  /** What the public address reports; where there is none, what all pods report. `null`: nothing. */
  readonly report: DebugReport | null
  readonly pods: PodWitness
  /** `null`: the service has no endpoint. */
  readonly version: FindingBy<'version'> | null
  readonly rollout: FindingBy<'rollout'> | null
  /** Different images that the pods run in the service's container; `null`: one, or it is not known. */
  readonly mixture: Mixture | null
  /** What runs, and what the tag points to now; `null`: not known. */
  readonly digest: FoundDigest | null
  readonly labels: Observed<ImageLabels>
  /** When both were read, ms since the epoch; `null`: they were not. */
  readonly checkedAt: number | null
  readonly declared: readonly Declared[]
}

/** Compares each pair of facts. `version`: what the version guard found. */
export function setScene(
  target: Target,
  facts: JudgedFacts,
  { findings, version }: { readonly findings: readonly Finding[]; readonly version: Scene['version'] }
): Scene {
  const deployed = deployedImage(target, facts)
  const tag = deployed.seen ? deployed.value.tag : null
  const container = deployed.seen ? deployed.value.container : null
  const rollout = findingBy(findings, 'rollout')
  const mixture = findMixture(container, rollout)
  const pods = readPods(target, facts, deployed.seen ? deployed.value : null)
  const atAddress = facts.observation?.report.seen ? facts.observation.report.value : null
  const isOld = isFromBefore(rollout, facts.observation)
  const fresh = isOld ? null : atAddress
  const report = fresh ?? (target.endpoint === null ? pods.common : null)
  const isCompared = atAddress !== null && tag !== null && !hasStopped(facts)
  const outcome = isCompared ? compare(atAddress, tag, target.versionMatch) : null
  const check = checkOf(deployed, facts)
  const digest = check.seen && check.value.digest.seen ? check.value.digest.value : null
  const labels = readLabels(deployed, facts, check)
  const release = findingBy(findings, 'release')?.evidence
  const declared = release?.kind === 'declaration' ? release.declared : []
  return {
    target,
    facts,
    deployed,
    report,
    pods,
    version,
    rollout,
    mixture,
    digest,
    labels,
    checkedAt: check.seen ? check.value.checkedAt : null,
    declared,
    relations: {
      address: relateAddress(target, facts, { outcome, isOld }),
      pods: mixture === null ? pods.relation : 'mixed',
      addressAndPods: relateReports(fresh, pods.common, target),
      rollout: stateOf(rollout, pods),
      declared: relateDeclared(declared),
      digest: relateDigest(deployed, digest),
      imageLabel: relateLabel(report, labels, target),
      builtCommit: relateCommit(report, labels),
      tagCommit: relateTag(report, tag, target),
      declaredCommit: relateDeclaredCommit(report, declared),
      lacksCommit: (outcome ?? pods.outcome)?.status === 'WARNING'
    }
  }
}

/** Whether an answer is older than the end of the last rollout: a pod that has gone since may have given it. */
export function isFromBefore(rollout: FindingBy<'rollout'> | null, observation: JudgedFacts['observation']): boolean {
  const endedAt = rollout?.evidence.completedAt ?? null
  return endedAt !== null && observation !== null && observation.checkedAt < endedAt
}

function relateAddress(
  { endpoint }: Target,
  { observation }: JudgedFacts,
  { outcome, isOld }: { readonly outcome: Outcome | null; readonly isOld: boolean }
): Relations['address'] {
  if (endpoint === null) return 'none'
  if (observation === null) return 'pending'
  if (!observation.report.seen) return 'failed'
  const relation = relationOf(outcome?.evidence.isConsistent ?? null)
  return relation === 'differs' && isOld ? 'pending' : relation
}

// What one of them leaves out says nothing.
function relateReports(one: DebugReport | null, other: DebugReport | null, { versionMatch }: Target): Relation {
  if (one === null || other === null) return 'unknown'
  const isOtherVersion = !agreeOnVersion(one.version, other.version, versionMatch)
  const isOtherCommit = one.gitSha !== null && other.gitSha !== null && !isSameSha(one.gitSha, other.gitSha)
  return relationOf(!isOtherVersion && !isOtherCommit)
}

/** As the version guard compares: by the commit alone under `git-sha`. A missing version differs from none. */
function agreeOnVersion(one: string | null, other: string | null, match: Target['versionMatch']): boolean {
  return match === 'git-sha' || one === null || other === null || isSameVersion(one, other, match)
}

function stateOf(rollout: FindingBy<'rollout'> | null, { runOthers }: PodWitness): Relations['rollout'] {
  if (rollout === null || rollout.status === 'UNKNOWN') return 'unknown'
  const isGoingOn = rollout.status === 'ROLLING' || rollout.status === 'STUCK'
  if (isGoingOn) return runOthers === false ? 'same_image' : 'under_way'
  const { held, completedAt } = rollout.evidence
  return held !== null && (runOthers ?? completedAt === null) ? 'under_way' : 'at_rest'
}

// Two digests of one image may be the same content under two indexes. Two references are two images.
function findMixture(container: string | null, rollout: Scene['rollout']): Mixture | null {
  const running = rollout?.evidence.running
  const mixture = running?.seen ? running.value.mixture : null
  return mixture !== null && mixture.references > 1 && mixture.container === shown(container ?? '') ? mixture : null
}

/** The last check of the service's image, if it was of what runs now; unseen: why there is none. */
function checkOf(deployed: Observed<DeployedImage>, { images, pods }: JudgedFacts): Observed<ImageCheck> {
  if (!deployed.seen) return deployed
  const { container, image } = deployed.value
  const watched = images?.find(one => one.container === container && one.image === image)
  if (watched === undefined) return unseen('not_watched', 'the image is not watched')
  const { check } = watched
  const checked = check?.digest.seen ? check.digest.value.running : null
  const isOfThese =
    checked === null || !pods.seen || pods.value.every(pod => isAmong(checked, pod.containers, deployed.value))
  return check === null || !isOfThese
    ? unseen('not_checked', 'the image that runs has not been checked yet')
    : seen(check)
}

// The check says nothing about a container that runs another image or was not started.
function isAmong(checked: readonly string[], containers: readonly PodContainer[], deployed: DeployedImage): boolean {
  const own = ownContainer(containers, deployed)
  if (own === undefined || own.runtime === '') return true
  const { digest, digests = digest === '' ? [] : [digest], imageId } = own
  return digests.length === 0 ? imageId === undefined || checked.includes(imageId) : checked.includes(digests[0] ?? '')
}

function relateDeclared(declared: readonly Declared[]): Relation {
  const verdicts = declared.map(({ isDeployed }) => isDeployed)
  return relationOf(verdicts.includes(false) ? false : verdicts.includes(true) ? true : null)
}

/** As the runtime reports them, else as the registry does. */
function readLabels(
  deployed: Observed<DeployedImage>,
  facts: JudgedFacts,
  check: Observed<ImageCheck>
): Observed<ImageLabels> {
  const told = deployed.seen ? labelsByRuntime(facts, deployed.value) : null
  if (told !== null) return seen(told)
  return check.seen ? check.value.runningLabels : check
}

function relateDigest(deployed: Observed<DeployedImage>, digest: FoundDigest | null): Relation {
  // An image that is named by digest stays the same when its tag moves.
  const isPinned = deployed.seen && deployed.value.image.includes('@')
  if (digest === null || isPinned || digest.verdict.kind === 'unknown') return 'unknown'
  return relationOf(digest.verdict.kind === 'same')
}

function relateLabel(report: DebugReport | null, labels: Observed<ImageLabels>, { versionMatch }: Target): Relation {
  if (versionMatch === 'git-sha') return relateCommit(report, labels)
  const said = report?.version ?? null
  const built = labels.seen ? labels.value.version : null
  return said === null || built === null ? 'unknown' : relationOf(isSameVersion(said, built, versionMatch))
}

function relateCommit(report: DebugReport | null, labels: Observed<ImageLabels>): Relation {
  const said = report?.gitSha ?? null
  const built = labels.seen ? labels.value.revision : null
  return said === null || !isSha(built) ? 'unknown' : relationOf(isSameSha(said, built))
}

function relateTag(report: DebugReport | null, tag: string | null, { versionMatch }: Target): Relation {
  if (tag === null || report === null || report.gitSha === null) return 'unknown'
  if (agreesWithSha(tag, report.gitSha) === true) return 'agrees'
  // Where versions are compared by the commit, that comparison has contradicted the tag already.
  return versionMatch !== 'git-sha' && hasSha(tag, null) ? 'differs' : 'unknown'
}

function relateDeclaredCommit(report: DebugReport | null, declared: readonly Declared[]): Relation {
  const reported = report?.gitSha ?? null
  const named = declared.find(({ gitSha }) => isSha(gitSha))
  return reported === null || named === undefined ? 'unknown' : relationOf(isSameSha(named.gitSha, reported))
}

/** Other words for a revision, such as a branch, are no commit. */
function isSha(text: string | null): text is string {
  return text !== null && /^[0-9a-f]{7,64}(?:-dirty)?$/i.test(text)
}

function relationOf(isSame: boolean | null): Relation {
  return isSame === null ? 'unknown' : isSame ? 'agrees' : 'differs'
}
