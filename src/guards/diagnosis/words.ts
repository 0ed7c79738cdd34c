import type { Culprit, MissingFact } from '../../domain/diagnosis.ts'
import { shortDigest } from '../../domain/image-reference.ts'
import type { DebugReport } from '../../domain/probe.ts'
import type { HeldReason } from '../../domain/rollout.ts'
import { printable, shown } from '../../domain/text.ts'
import type { OddPods } from './odd-pods.ts'
import type { Scene } from './scene.ts'

/** The most pods that a message names. */
export const MOST_NAMED = 5

interface Extras {
  readonly odd: OddPods
  readonly missing: MissingFact | null
}

/** Who is out of step, in one sentence for a person at 3 a.m. */
export function describe(culprit: Culprit, scene: Scene, extras: Extras): string {
  return WORDS[culprit](scene, extras)
}

const WORDS: Readonly<Record<Culprit, (scene: Scene, extras: Extras) => string>> = {
  none: describeNone,
  route: describeRoute,
  build: describeBuild,
  rollout: describeRollout,
  pods: describeOddPods,
  tag_moved: describeMovedTag,
  deployment: scene =>
    `${deployedName(scene)} is deployed and reported, but ${declaredNames(scene)} is declared: somebody deployed by hand, or the declaration is old`,
  metadata: describeMetadata,
  endpoint: describeEndpoint,
  unknown: describeUnknown
}

function describeNone(scene: Scene): string {
  const { relations, report, target } = scene
  const commit = report?.gitSha ?? null
  if (relations.builtCommit === 'agrees' && relations.tagCommit === 'agrees') {
    return `Nobody is out of step: the report, the image's label and its tag name the same commit, ${commit}`
  }
  const declared = relations.declared === 'agrees' ? 'declared, ' : ''
  const by = target.endpoint === null ? ` by ${witnesses(scene)}` : ''
  const built =
    relations.builtCommit === 'agrees' ? `, and the image was built from the reported commit, ${commit}` : ''
  return `Nobody is out of step: ${deployedName(scene)} is ${declared}deployed and reported${by}${built}`
}

function describeRoute(scene: Scene): string {
  const { pods, relations, report, target } = scene
  const isDeployed = relations.pods === 'agrees' && relations.address === 'differs' ? ', which is deployed' : ''
  const isSameVersion = report?.version === pods.common?.version
  const name = (said: DebugReport | null) =>
    `${named(said, target)}${isSameVersion && target.versionMatch !== 'git-sha' ? ` of commit ${said?.gitSha}` : ''}`
  return `The public address reports ${name(report)}, but the pods report ${name(pods.common)}${isDeployed}: a cache answers, or the route leads elsewhere`
}

function describeBuild(scene: Scene): string {
  const { relations, pods, report, target } = scene
  const tag = deployedName(scene)
  const why = "the image was built without its metadata, or with another's"
  if (relations.pods !== 'differs') {
    return `The public address reports ${named(report, target)}, and the image that runs is labelled so, but its tag is ${tag}: ${why}`
  }
  const isElsewhere = relations.addressAndPods === 'differs'
  const elsewhere = isElsewhere ? `; the public address reports ${named(report, target)}, which no pod does` : ''
  return `All pods run the tag ${tag}, but report ${named(pods.common, target)}: ${why}${elsewhere}`
}

const HELD: Readonly<Record<HeldReason, string>> = {
  paused: 'Old pods are kept on purpose: the rollout is paused',
  partition: 'Old pods are kept on purpose by the partition',
  on_delete: 'Old pods stay until somebody deletes them (OnDelete)'
}

function describeRollout({ rollout, relations, report, target }: Scene): string {
  if (rollout === null) return ''
  const { held, startedAt } = rollout.evidence
  const isGoingOn = rollout.status === 'ROLLING' || rollout.status === 'STUCK'
  const state = isGoingOn || held === null ? rollout.message : HELD[held]
  const began = startedAt === null ? '' : `; it began at ${isoTime(startedAt)}`
  const old = relations.address === 'differs' ? `; the public address reports ${named(report, target)}` : ''
  return `${state}${began}${old}`
}

function describeOddPods({ facts, relations }: Scene, { odd: { named, count } }: Extras): string {
  const rest = relations.rollout === 'at_rest' ? ', and no rollout is under way' : ''
  if (named.length === 0) return `The pods are out of step with what is deployed${rest}`
  const words = named
    .slice(0, MOST_NAMED)
    .map(({ name, does, since }) =>
      since === null ? `${name} ${does}` : `${name}, created at ${isoTime(since)}, ${does}`
    )
  const more = count > words.length ? `; and ${count - words.length} more` : ''
  const all = facts.pods.seen ? ` of ${facts.pods.value.length} pods` : ''
  const are = count === 1 ? 'is' : 'are'
  return `${count}${all} ${are} out of step${rest}: ${words.join('; ')}${more}`
}

function describeMovedTag({ digest, deployed }: Scene): string {
  const verdict = digest?.verdict
  const { digests = [], imageId = null } = verdict?.kind === 'drifted' ? verdict.running : {}
  const running = shown(shortDigest(digests[0] ?? imageId ?? ''))
  const tag = deployed.seen ? shown(deployed.value.tag ?? '') : ''
  return `Pods run ${running}, but the tag ${tag} means ${shown(shortDigest(digest?.current ?? ''))} now: the tag was moved after their image was pulled`
}

function describeMetadata({ relations, report, labels, deployed, target }: Scene): string {
  if (relations.builtCommit !== 'differs' && relations.tagCommit !== 'differs') {
    return 'The report names no commit: the image was built without it, or the endpoint leaves it out'
  }
  const wrong = `${named(report, target)} is right, but its commit is not: ${report?.gitSha} is reported`
  if (relations.builtCommit === 'differs') {
    const revision = labels.seen ? shown(labels.value.revision ?? '') : ''
    return `${wrong}, and the image's label org.opencontainers.image.revision says ${revision}; a label that comes from the base image looks like this too`
  }
  return `${wrong}, and the tag ${deployed.seen ? shown(deployed.value.tag ?? '') : ''} names another`
}

function describeEndpoint(scene: Scene): string {
  const { facts, relations, pods, rollout, target } = scene
  const report = facts.observation?.report
  const status = facts.workload.seen && facts.workload.value.status.seen ? facts.workload.value.status.value : null
  const isSaid = relations.pods === 'agrees' || relations.pods === 'partly'
  return [
    `No usable report: ${report?.seen === false ? report.message : ''}`,
    ...(status?.ready === 0 ? [status.desired === 0 ? 'it is scaled to zero' : 'no pod is ready'] : []),
    ...describeContainers(facts),
    // The message of a rollout that is stuck says it itself.
    ...(rollout?.status === 'STUCK' ? [rollout.message] : status?.ready === 0 ? describeUnmade(status.failure) : []),
    ...(isSaid
      ? [`at their own addresses ${witnesses(scene)} report ${named(pods.common, target)}, which is deployed`]
      : [])
  ].join('; ')
}

function describeUnmade(failure: string): readonly string[] {
  return failure === '' ? [] : [`pods cannot be created: ${printable(failure)}`]
}

/** On a Docker host, which counts no ready pods: why no container can answer; empty: one can, or it is not known. */
function describeContainers({ workload, pods }: Scene['facts']): readonly string[] {
  if (!workload.seen || workload.value.kind !== 'Container' || !pods.seen) return []
  const [first] = pods.value
  if (first === undefined) return ['no container of it runs']
  if (pods.value.some(({ isReady }) => isReady)) return []
  return [`no container of it is ready (${shown(first.name)}: ${shown(first.notReadyReason)})`]
}

/** Those whose reports are known: nothing is said of a pod that was not asked and runs something else. */
function witnesses({ relations }: Scene): string {
  return relations.pods === 'partly' ? 'the pods that were asked' : 'the pods'
}

const WOULD_DECIDE: Readonly<Record<MissingFact['fact'], string>> = {
  deployed: 'it is not known which version is deployed',
  report: 'the next report of the public address would decide',
  pods: 'what each pod reports would decide',
  'image labels': "the image's labels would decide"
}

function describeUnknown(scene: Scene, { missing }: Extras): string {
  const decides = missing === null ? '' : `${WOULD_DECIDE[missing.fact]}: ${missing.cure}`
  return `${describeDispute(scene)}; ${decides}`
}

/** What is known to differ, though nobody knows who is out of step. */
function describeDispute(scene: Scene): string {
  const { relations, report, target, declared, pods } = scene
  if (relations.address === 'differs') {
    return `The public address reports ${named(report, target)}, but ${deployedName(scene)} is deployed`
  }
  if (relations.addressAndPods === 'differs') {
    const said = `${named(report, target)}, commit ${report?.gitSha}`
    return `The public address reports ${said}, but the pods that were asked report ${named(pods.common, target)}, commit ${pods.common?.gitSha}`
  }
  if (relations.declaredCommit === 'differs') {
    return `Commit ${report?.gitSha} is reported, but ${declared.find(({ gitSha }) => gitSha !== '')?.gitSha} is declared`
  }
  return 'Nobody can be named'
}

function declaredNames({ declared, relations }: Scene): string {
  const by = { label: 'by the label app.kubernetes.io/version', manifest: 'by the release manifest' }
  const isByTag = relations.declared === 'differs'
  return declared
    .filter(({ isDeployed, gitSha }) => (isByTag ? isDeployed === false : gitSha !== ''))
    .map(({ source, version, gitSha }) => `${version}${isByTag ? '' : `, commit ${gitSha},`} (${by[source]})`)
    .join(' and ')
}

/** Names a report by the part of it that is compared. */
function named(report: DebugReport | null, { versionMatch }: Scene['target']): string {
  const { version = null, gitSha = null } = report ?? {}
  if (versionMatch !== 'git-sha' && version !== null) return shown(version)
  return gitSha === null ? 'no commit' : `commit ${gitSha}`
}

function deployedName({ deployed }: Scene): string {
  return deployed.seen ? shown(deployed.value.tag ?? deployed.value.image) : 'an unknown image'
}

function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
