import type { Relation } from '../../domain/diagnosis.ts'
import { type Finding, type FindingBy, findingBy } from '../../domain/finding.ts'
import type { Facts } from '../../domain/guard.ts'
import type { ImageLabels } from '../../domain/image-registry.ts'
import { type Observed, unseen } from '../../domain/observation.ts'
import type { DebugReport } from '../../domain/probe.ts'
import type { Declared } from '../../domain/release.ts'
import type { Mixture } from '../../domain/rollout.ts'
import type { Target } from '../../domain/target.ts'
import { shown } from '../../domain/text.ts'
import { compare, type Outcome } from '../compare-version.ts'
import { type DeployedImage, deployedImage } from '../deployed-image.ts'
import { agreesWithSha, hasSha, isSameSha } from '../tag-sha.ts'
import type { Relations } from './culprit.ts'
import { type PodWitness, readPods } from './pods.ts'

/** What a service is diagnosed from. */
export interface Scene {
  readonly target: Target
  readonly facts: Facts
  readonly relations: Relations
  readonly deployed: Observed<DeployedImage>
  /** What the public address reports; where there is none, what all pods report. `null`: nothing. */
  readonly report: DebugReport | null
  readonly pods: PodWitness
  readonly version: FindingBy<'version'>
  readonly rollout: FindingBy<'rollout'> | null
  /** Different images that the pods run in the service's container; `null`: one, or it is not known. */
  readonly mixture: Mixture | null
  /** What the registry says of the service's image; `null`: it is not watched. */
  readonly image: FindingBy<'image-update'> | null
  readonly labels: Observed<ImageLabels>
  readonly declared: readonly Declared[]
  /** Whether the deployed image names a digest, so that its tag decides nothing. */
  readonly isPinned: boolean
}

/** Compares each pair of facts. `version`: what the version guard found. */
export function setScene(
  target: Target,
  facts: Facts,
  { findings, version }: { readonly findings: readonly Finding[]; readonly version: FindingBy<'version'> }
): Scene {
  const deployed = deployedImage(target, facts)
  const tag = deployed.seen ? deployed.value.tag : null
  const container = deployed.seen ? deployed.value.container : null
  const rollout = findingBy(findings, 'rollout')
  const mixture = mixtureIn(container, rollout)
  const pods = readPods(target, facts, { deployed: deployed.seen ? deployed.value : null, mixture })
  const atAddress = facts.observation?.report.seen ? facts.observation.report.value : null
  const report = atAddress ?? (target.endpoint === null ? pods.common : null)
  const outcome = atAddress !== null && tag !== null ? compare(atAddress, tag, target.versionMatch) : null
  const image = imageOf(container, findings)
  const isPinned = deployed.seen && deployed.value.image.includes('@')
  const labels = labelsOf(deployed, facts)
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
    image,
    labels,
    declared,
    isPinned,
    relations: {
      address: relateAddress(target, facts, { outcome, rollout }),
      pods: pods.relation,
      addressAndPods: relateReports(atAddress, pods.common),
      rollout: stateOf(rollout),
      declared: relateDeclared(declared),
      digest: isPinned ? 'unknown' : relationOf(invert(image?.evidence.isDrifted ?? null)),
      image: relateImage(report, labels),
      tagCommit: relateTag(report, tag, target),
      declaredCommit: relateDeclaredCommit(report, declared),
      lacksCommit: (outcome ?? pods.outcome)?.status === 'WARNING'
    }
  }
}

function relateAddress(
  { endpoint }: Target,
  { observation }: Facts,
  { outcome, rollout }: { readonly outcome: Outcome | null; readonly rollout: FindingBy<'rollout'> | null }
): Relations['address'] {
  if (endpoint === null) return 'none'
  if (observation === null) return 'pending'
  if (!observation.report.seen) return 'failed'
  const relation = relationOf(outcome?.evidence.isConsistent ?? null)
  // A pod that has gone since may have answered.
  const endedAt = rollout?.evidence.completedAt ?? null
  return relation === 'differs' && endedAt !== null && observation.checkedAt < endedAt ? 'pending' : relation
}

// What one of them leaves out says nothing.
function relateReports(one: DebugReport | null, other: DebugReport | null): Relation {
  if (one === null || other === null) return 'unknown'
  const isOtherVersion = one.version !== null && other.version !== null && one.version !== other.version
  const isOtherCommit = one.gitSha !== null && other.gitSha !== null && !isSameSha(one.gitSha, other.gitSha)
  return relationOf(!isOtherVersion && !isOtherCommit)
}

function stateOf(rollout: FindingBy<'rollout'> | null): Relations['rollout'] {
  if (rollout === null || rollout.status === 'UNKNOWN') return 'unknown'
  const isUnderWay = rollout.status === 'ROLLING' || rollout.status === 'STUCK'
  return isUnderWay || rollout.evidence.held !== null ? 'under_way' : 'at_rest'
}

// Two digests of one image may be the same content under two indexes. Two references are two images.
function mixtureIn(container: string | null, rollout: FindingBy<'rollout'> | null): Mixture | null {
  const running = rollout?.evidence.running
  const mixture = running?.seen ? running.value.mixture : null
  return mixture !== null && mixture.references > 1 && mixture.container === shown(container ?? '') ? mixture : null
}

function imageOf(container: string | null, findings: readonly Finding[]): FindingBy<'image-update'> | null {
  const isWanted = (finding: Finding): finding is FindingBy<'image-update'> =>
    finding.guard === 'image-update' && finding.evidence.container === shown(container ?? '')
  return findings.find(isWanted) ?? null
}

function labelsOf(deployed: Observed<DeployedImage>, { images }: Facts): Observed<ImageLabels> {
  if (!deployed.seen) return deployed
  const { container, image } = deployed.value
  const watched = images?.find(one => one.container === container && one.image === image)
  if (watched === undefined) return unseen('not_watched', 'the image is not watched')
  return watched.check?.runningLabels ?? unseen('not_known', 'the image was not checked yet')
}

function relateDeclared(declared: readonly Declared[]): Relation {
  const verdicts = declared.map(({ isDeployed }) => isDeployed)
  return relationOf(verdicts.includes(false) ? false : verdicts.includes(true) ? true : null)
}

function relateImage(report: DebugReport | null, labels: Observed<ImageLabels>): Relations['image'] {
  if (report === null || !labels.seen) return 'unknown'
  const { revision, version } = labels.value
  if (report.gitSha !== null && isSha(revision)) return relationOf(isSameSha(report.gitSha, revision))
  return report.version !== null && report.version === version ? 'same_version' : 'unknown'
}

function relateTag(report: DebugReport | null, tag: string | null, { versionMatch }: Target): Relation {
  if (tag === null || report === null || report.gitSha === null) return 'unknown'
  if (agreesWithSha(tag, report.gitSha) === true) return 'agrees'
  // Where versions are compared by the commit, the tag is contradicted already.
  return versionMatch !== 'git-sha' && hasSha(tag, null) ? 'differs' : 'unknown'
}

function relateDeclaredCommit(report: DebugReport | null, declared: readonly Declared[]): Relation {
  const reported = report?.gitSha ?? null
  const named = declared.filter(({ gitSha }) => isSha(gitSha))
  if (reported === null || named.length === 0) return 'unknown'
  return relationOf(named.every(({ gitSha }) => isSameSha(gitSha, reported)))
}

/** Other words for a revision, such as a branch, are no commit. */
function isSha(text: string | null): text is string {
  return text !== null && /^[0-9a-f]{7,64}(?:-dirty)?$/i.test(text)
}

function relationOf(isSame: boolean | null): Relation {
  return isSame === null ? 'unknown' : isSame ? 'agrees' : 'differs'
}

function invert(value: boolean | null): boolean | null {
  return value === null ? null : !value
}
