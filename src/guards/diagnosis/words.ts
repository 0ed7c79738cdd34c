import type { Culprit, MissingFact } from '../../domain/diagnosis.ts'
import type { DebugReport } from '../../domain/probe.ts'
import { shown } from '../../domain/text.ts'
import type { Scene } from './scene.ts'

/** A pod that is out of step. */
export interface OddPod {
  readonly name: string
  /** What it does, after its name. */
  readonly does: string
  /** When it was made, ms since the epoch; `null`: not known. */
  readonly since: number | null
}

/** The most pods that a message names. */
export const MOST_NAMED = 5

/** The pods that differ, by their reports, else by the images that they run. */
export function oddPods({ facts, version, mixture, deployed }: Scene): readonly OddPod[] {
  const made = new Map(facts.pods.seen ? facts.pods.value.map(({ name, createdAt }) => [shown(name), createdAt]) : [])
  const since = (name: string) => made.get(name) ?? null
  const answers = version.evidence.pods?.pods ?? []
  const byReport = answers.flatMap(({ name, result, version, gitSha, message }): OddPod | [] => {
    if (result === 'failed') return { name, does: `gives no report (${message})`, since: since(name) }
    const said = version ?? gitSha ?? 'no version'
    return result === 'differs' ? { name, does: `reports ${said}`, since: since(name) } : []
  })
  const image = deployed.seen ? shown(deployed.value.image) : ''
  const byImage = (mixture?.variants ?? [])
    .filter(variant => variant.image !== image)
    .flatMap(variant => variant.podNames.map(name => ({ name, does: `runs ${variant.image}`, since: since(name) })))
  const named = new Set(byReport.map(({ name }) => name))
  return [...byReport, ...byImage.filter(({ name }) => !named.has(name))]
}

interface Extras {
  readonly odd: readonly OddPod[]
  readonly missing: MissingFact | null
}

/** Who is out of step, in one sentence for a person at 3 a.m. */
export function describe(culprit: Culprit, scene: Scene, extras: Extras): string {
  return WORDS[culprit](scene, extras)
}

const WORDS: Readonly<Record<Culprit, (scene: Scene, extras: Extras) => string>> = {
  none: describeNone,
  route: scene =>
    `The public address reports ${reported(scene)}, but ${describePods(scene)}: a cache answers, or the route leads elsewhere`,
  build: describeBuild,
  rollout: ({ rollout }) => {
    const startedAt = rollout?.evidence.startedAt ?? null
    return `${rollout?.message}${startedAt === null ? '' : `; the rollout began at ${isoTime(startedAt)}`}`
  },
  pods: ({ facts, relations }, { odd }) => {
    const words = odd.map(
      ({ name, does, since }) => `${name} ${does}${since === null ? '' : ` since ${isoTime(since)}`}`
    )
    const more = odd.length - MOST_NAMED
    const of = facts.pods.seen ? ` of ${facts.pods.value.length}` : ''
    const are = `pods ${odd.length === 1 ? 'is' : 'are'} out of step`
    const rollout = relations.rollout === 'at_rest' ? ', and no rollout is under way' : ''
    const rest = more > 0 ? `, and ${more} more` : ''
    return `${odd.length}${of} ${are}${rollout}: ${words.slice(0, MOST_NAMED).join(', ')}${rest}`
  },
  tag_moved: ({ image }) => {
    const running = image?.evidence.running.map(shorten).join(', ') || 'another image'
    const now = shorten(image?.evidence.tagDigest ?? '')
    return `Pods run ${running}, but the tag ${image?.evidence.current} now means ${now}: the tag was moved after their image was pulled`
  },
  deployment: scene =>
    `${describeDeployed(scene)} is deployed and reported, but ${describeDeclared(scene)} is declared: somebody deployed by hand, or the declaration is old`,
  metadata: describeMetadata,
  endpoint: describeEndpoint,
  unknown: describeUnknown
}

function describeNone(scene: Scene): string {
  const { relations, report, target } = scene
  const commit = report?.gitSha ?? null
  if (commit !== null && relations.image === 'agrees' && relations.tagCommit === 'agrees') {
    return `Nobody is out of step: the report, the image's label and its tag name the same commit, ${commit}`
  }
  const declared = relations.declared === 'agrees' ? 'declared, ' : ''
  const by = target.endpoint === null ? ' by the pods' : ''
  const built = relations.image === 'agrees' ? `, and the image was built from the reported commit, ${commit}` : ''
  return `Nobody is out of step: ${describeDeployed(scene)} is ${declared}deployed and reported${by}${built}`
}

function describeBuild(scene: Scene): string {
  const { relations, pods, report, target } = scene
  const why = "the image was built without its metadata, or with another's"
  const tag = describeDeployed(scene)
  if (relations.pods !== 'differs') {
    const proof = relations.image === 'agrees' ? `commit ${report?.gitSha}` : 'the version in its label'
    return `The report (${reported(scene)}) comes from the image that runs, by ${proof}, but its tag is ${tag}: ${why}`
  }
  const elsewhere =
    relations.addressAndPods === 'differs' ? `; the public address reports ${reported(scene)}, which no pod does` : ''
  return `All pods run the tag ${tag} and report ${named(pods.common, target)}: ${why}${elsewhere}`
}

function describeMetadata({ relations, report, labels, deployed, pods, target }: Scene): string {
  const version = named(report ?? pods.common, target)
  if (relations.image === 'differs') {
    const revision = labels.seen ? shown(labels.value.revision ?? '') : ''
    return `${version} is right, but its commit is not: ${report?.gitSha} is reported, and the label org.opencontainers.image.revision says ${revision}; a label of the base image looks like this too`
  }
  if (relations.tagCommit === 'differs') {
    const tag = deployed.seen ? shown(deployed.value.tag ?? '') : ''
    return `${version} is right, but its commit is not: ${report?.gitSha} is reported, and the tag ${tag} names another`
  }
  return 'The report has no git SHA: the image was built without it'
}

function describeEndpoint({ facts, relations, pods, rollout, target }: Scene): string {
  const report = facts.observation?.report
  const why = report?.seen === false ? report.message : ''
  const status = facts.workload.seen && facts.workload.value.status.seen ? facts.workload.value.status.value : null
  const isSaid = relations.pods === 'agrees' || relations.pods === 'partly'
  return [
    `The report cannot be had: ${why}`,
    ...(status?.ready === 0 ? ['no pod is ready'] : []),
    ...(rollout?.status === 'STUCK' ? [rollout.message] : []),
    ...(isSaid ? [`the pods report ${named(pods.common, target)}, which is deployed, at their own addresses`] : [])
  ].join('; ')
}

const WOULD_DECIDE: Readonly<Record<MissingFact['fact'], string>> = {
  deployed: 'the deployed version is not known',
  report: 'the next report of the address would decide',
  pods: 'what the pods report would decide',
  'image labels': "the image's labels would decide"
}

function describeUnknown(scene: Scene, { missing }: Extras): string {
  const { relations, report } = scene
  const decides = missing === null ? '' : `${WOULD_DECIDE[missing.fact]}: ${missing.cure}`
  if (relations.address === 'differs') {
    return `The public address reports ${reported(scene)}, but ${describeDeployed(scene)} is deployed; ${decides}`
  }
  if (relations.addressAndPods === 'differs') {
    return `The public address reports ${reported(scene)}, but the pods that were asked report another; ${decides}`
  }
  if (relations.declaredCommit === 'differs') {
    const declared = scene.declared.find(({ gitSha }) => gitSha !== '')?.gitSha
    return `Commit ${report?.gitSha} is reported, but ${declared} is declared; ${decides}`
  }
  return `Nobody can be named: ${decides}`
}

function describePods(scene: Scene): string {
  const { pods, target, relations } = scene
  const which = relations.pods === 'agrees' && relations.address === 'differs' ? ', which is deployed' : ''
  return `the pods report ${namedFully(pods.common, target, scene)}${which}`
}

function describeDeclared({ declared, relations, report }: Scene): string {
  const wrong = declared.filter(({ isDeployed, gitSha }) =>
    relations.declared === 'differs' ? isDeployed === false : gitSha !== '' && gitSha !== report?.gitSha
  )
  const by = { label: 'by the label app.kubernetes.io/version', manifest: 'by the release manifest' }
  return wrong
    .map(({ source, version, gitSha }) => {
      const commit = relations.declared === 'differs' || gitSha === '' ? '' : `, commit ${gitSha},`
      return `${version}${commit} (${by[source]})`
    })
    .join(' and ')
}

/** What the address reports; with its commit where the versions are the same. */
function reported(scene: Scene): string {
  return namedFully(scene.report, scene.target, scene)
}

function namedFully(report: DebugReport | null, target: Scene['target'], { facts, pods }: Scene): string {
  const address = facts.observation?.report.seen ? facts.observation.report.value : null
  const isSameVersion = address?.version === pods.common?.version && pods.common !== null
  const isByCommit = isSameVersion && target.versionMatch !== 'git-sha' && report?.gitSha != null
  return `${named(report, target)}${isByCommit ? ` (commit ${report.gitSha})` : ''}`
}

/** A report by what is compared of it. */
function named(report: DebugReport | null, { versionMatch }: Scene['target']): string {
  const { version = null, gitSha = null } = report ?? {}
  if (versionMatch === 'git-sha' || version === null) return gitSha === null ? 'no commit' : `commit ${gitSha}`
  return shown(version)
}

function describeDeployed({ deployed }: Scene): string {
  return deployed.seen ? shown(deployed.value.tag ?? deployed.value.image) : 'an unknown image'
}

function shorten(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13)
}

function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
