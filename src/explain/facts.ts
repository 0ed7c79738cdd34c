import { findingBy } from '../domain/finding.ts'
import { imageFindings, type ServiceReport } from '../domain/report.ts'
import type { KnownService } from '../domain/service-change.ts'
import { shown } from '../domain/text.ts'
import type { Container, Pod } from '../domain/workload.ts'
import { chooseContainer, deployedImage } from '../guards/deployed-image.ts'
import type { ExplainContext } from './explain.ts'
import type { ExplainedFact, FactGroup } from './explanation.ts'

/** The facts of a service in the order in which a version comes to be; what was not seen says why, and what would show it. */
export function explainFacts(known: KnownService, context: ExplainContext): readonly FactGroup[] {
  const where = placeOf(known, context)
  const notAsked = context.isServing ? IMAGES_OFF : IMAGES_NOT_ASKED
  return [
    { kind: 'declared', question: 'What is meant to run?', facts: declared(known, where) },
    { kind: 'deployed', question: 'What does the workload name?', facts: deployed(known, where) },
    { kind: 'running', question: 'What do its pods run?', facts: running(known, where) },
    { kind: 'reported', question: 'What does the service say it is?', facts: reported(known) },
    { kind: 'built', question: 'From which commit?', facts: built(known, notAsked) },
    { kind: 'available', question: 'Is there something newer?', facts: available(known, notAsked) }
  ]
}

const IMAGES_OFF = 'registries are not asked: set IMAGE_UPDATES to opt-in or all'
const IMAGES_NOT_ASKED =
  'registries are not asked here: see the page of this service in a guard that serves, or check --images'

/** Where the workload is read, and when that was last known to be true. */
interface Place {
  readonly kind: ExplainContext['source']['kind']
  readonly source: string
  readonly asOf: string | null
}

const SOURCES = { kubernetes: 'Kubernetes', docker: 'Docker', file: 'WORKLOADS_FILE' } as const

function placeOf({ report }: KnownService, { source: { kind, lastSyncAt } }: ExplainContext): Place {
  const { workload, namespace } = report
  return { kind, source: `${SOURCES[kind]}: ${workload.kind} ${namespace}/${workload.name}`, asOf: isoTime(lastSyncAt) }
}

function fact(name: string, value: string | null, rest: Pick<ExplainedFact, 'source'> & Partial<ExplainedFact>) {
  return { name, value: value === null ? null : shown(value), asOf: null, note: '', ...rest }
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}

function declared({ facts }: KnownService, { kind, ...place }: Place): readonly ExplainedFact[] {
  const { workload, helm, manifest } = facts
  const labels = workload.seen ? workload.value.releaseLabels : null
  const label = (name: string, key: string, value: string | undefined) =>
    fact(name, value || null, {
      ...place,
      note: workload.seen ? (value === '' ? `the workload has no label ${key}` : '') : workload.message
    })
  return [
    ...(kind === 'docker'
      ? []
      : [
          label('version label', 'app.kubernetes.io/version', labels?.version),
          label('chart label', 'helm.sh/chart', labels?.chart)
        ]),
    ...(kind === 'kubernetes' ? [helmFact(helm, place.asOf)] : []),
    ...manifestFacts(manifest)
  ]
}

function helmFact(helm: KnownService['facts']['helm'], asOf: string | null): ExplainedFact {
  const source = "Helm's release records"
  if (helm === null) return fact('Helm release', null, { source, note: 'set HELM_RELEASES=true, and grant the rights' })
  if (!helm.seen) return fact('Helm release', null, { source, note: helm.message })
  const { name, namespace, current } = helm.value
  return fact('Helm release', `${name} revision ${current.number}, ${current.status}`, {
    source,
    asOf,
    note: `in namespace ${shown(namespace)}`
  })
}

function manifestFacts(manifest: KnownService['facts']['manifest']): readonly ExplainedFact[] {
  const source = 'release manifest'
  if (manifest === null) return [fact('tag', null, { source, note: 'RELEASES_DIR is not set' })]
  if (!manifest.seen) return [fact('tag', null, { source, note: manifest.message })]
  const { tag, gitSha, releasedAt, readAt, refusal } = manifest.value
  const released = releasedAt === null ? '' : `released ${isoTime(releasedAt)}`
  const note = [released, refusal ?? '']
    .filter(text => text !== '')
    .map(shown)
    .join('; ')
  return [
    fact('tag', tag, { source, asOf: isoTime(readAt), note }),
    ...(gitSha === null ? [] : [fact('git SHA', gitSha, { source, asOf: isoTime(readAt) })])
  ]
}

function deployed({ target, facts }: KnownService, { source, asOf }: Place): readonly ExplainedFact[] {
  const image = deployedImage(target, { ...facts, pods: { seen: false, reason: 'not_watched', message: '' } })
  if (!image.seen) return [fact('image', null, { source, asOf, note: image.message })]
  const { container, tag, digest } = image.value
  return [
    fact('image', image.value.image, { source, asOf, note: `container ${shown(container)}` }),
    fact('tag', tag, { source, asOf, note: tag === null ? 'the image is named by its digest alone' : '' }),
    ...(digest === null ? [] : [fact('digest', digest, { source, asOf })])
  ]
}

const MOST_IMAGES = 10
const MOST_POD_NAMES = 3

function running({ target, facts }: KnownService, { source, asOf }: Place): readonly ExplainedFact[] {
  const { pods, workload } = facts
  if (!pods.seen) return [fact('pods', null, { source, note: workload.seen ? pods.message : workload.message })]
  const container = chooseContainer(target, workload.seen ? workload.value.containers : NO_CONTAINERS)?.name
  const live = pods.value.filter(({ terminatesAt }) => terminatesAt === null)
  if (live.length === 0) return [fact('pods', 'none', { source, asOf })]
  const groups = Map.groupBy(live, pod => Object.values(containerOf(pod, container)).join('\n'))
  const images = [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, MOST_IMAGES)
    .map(([, ofImage]) => {
      const { image, digest } = containerOf(ofImage[0], container)
      const note = [shown(digest), namesOf(ofImage)].filter(text => text !== '').join(', ')
      return fact(countOf(ofImage), image, { source, asOf, note })
    })
  const more = groups.size - images.length
  return more === 0 ? images : [...images, fact('more', `${more} other images`, { source, asOf })]
}

const NO_CONTAINERS: readonly Container[] = []

function containerOf(pod: Pod | undefined, name: string | undefined): { image: string; digest: string } {
  const { image, digest } = pod?.containers.find(container => container.name === name) ?? NO_CONTAINER
  return { image, digest }
}

const NO_CONTAINER = { image: 'no such container', digest: '' }

function countOf(pods: readonly Pod[]): string {
  return pods.length === 1 ? '1 pod' : `${pods.length} pods`
}

function namesOf(pods: readonly Pod[]): string {
  const more = pods.length - MOST_POD_NAMES
  const unready = pods.filter(({ isReady }) => !isReady).length
  const names = pods.slice(0, MOST_POD_NAMES).map(({ name }) => shown(name))
  return [...names, ...(more > 0 ? [`and ${more} more`] : []), ...(unready > 0 ? [`${unready} not ready`] : [])].join(
    ', '
  )
}

function reported({ target, facts, report }: KnownService): readonly ExplainedFact[] {
  return [...endpointFacts(facts.observation, report), ...podFacts(target, report)]
}

const NO_ENDPOINT =
  'the service has no endpoint: name one in TARGETS_FILE, or annotate its workload with version-guard.keybuzz.io/endpoint'

function endpointFacts(
  observation: KnownService['facts']['observation'],
  { endpoint }: ServiceReport
): readonly ExplainedFact[] {
  const source = endpoint ?? 'endpoint'
  const none = (note: string, asOf: string | null = null) => [fact('version', null, { source, asOf, note })]
  if (endpoint === null) return none(NO_ENDPOINT)
  if (observation === null) return none('not asked yet')
  const { report, checkedAt } = observation
  const asOf = isoTime(checkedAt)
  if (!report.seen) return none(`no report: ${report.message}`, asOf)
  const { version, gitSha } = report.value
  return [
    fact('version', version, { source, asOf, note: version === null ? 'the report has none' : '' }),
    fact('git SHA', gitSha, { source, asOf, note: gitSha === null ? NO_SHA : '' })
  ]
}

const NO_SHA = 'the report has none: build the image with its commit, or set git-sha-pointer to where it stands'

function podFacts(
  { podEndpoint, workload, origin }: KnownService['target'],
  { findings }: ServiceReport
): readonly ExplainedFact[] {
  if (podEndpoint === undefined) {
    const how =
      origin === 'file'
        ? "set endpointScope: pods in the target's entry of TARGETS_FILE"
        : 'annotate the workload with version-guard.keybuzz.io/endpoint-scope: pods'
    const note = `pods are not asked one by one: ${how}`
    return workload.kind === 'Container' ? [] : [fact('pods', null, { source: 'each pod', note })]
  }
  const pods = findingBy(findings, 'version')?.evidence.pods
  if (pods == null) return [fact('pods', null, { source: 'each pod', note: 'pods are not seen (WATCH_PODS)' })]
  return pods.pods.map(({ name, version, gitSha, result, message }) => {
    const said = version === null && gitSha === null ? null : `${version ?? 'no version'} (${gitSha ?? 'no git SHA'})`
    return fact(name, said, { source: 'pod', note: message === '' ? POD_RESULTS[result] : message })
  })
}

const POD_RESULTS = {
  agrees: 'as deployed',
  differs: 'different',
  failed: 'no report',
  refused: 'may not be asked',
  not_asked: 'not asked'
} as const

function built({ target, facts }: KnownService, notAsked: string): readonly ExplainedFact[] {
  const { observation, images, workload } = facts
  const sha = observation?.report.seen ? observation.report.value.gitSha : null
  const source = 'labels of the image (org.opencontainers.image)'
  const name = chooseContainer(target, workload.seen ? workload.value.containers : NO_CONTAINERS)?.name
  const image = images?.find(({ container }) => container === name)
  const labels = image?.check?.runningLabels
  const why =
    images === null
      ? notAsked
      : image === undefined
        ? 'its image is not watched (annotation image-updates)'
        : image.check === null
          ? 'not read yet'
          : labels === undefined || labels.seen
            ? ''
            : labels.message
  const asOf = isoTime(image?.check?.checkedAt ?? null)
  const read = labels?.seen ? labels.value : null
  const label = (key: string, value: string | null) =>
    fact(key, value, {
      source,
      asOf,
      note: read === null ? why : value === null ? `the image has no label ${key}` : ''
    })
  return [
    fact('git SHA', sha, {
      source: "the service's report",
      asOf: isoTime(observation?.checkedAt ?? null),
      note: sha === null ? 'not reported' : ''
    }),
    label('revision', read?.revision ?? null),
    label('version', read?.version ?? null)
  ]
}

function available({ facts, report }: KnownService, notAsked: string): readonly ExplainedFact[] {
  const source = 'registry'
  const findings = imageFindings(report)
  if (findings.length === 0) {
    const note = facts.images === null ? notAsked : 'no image of this service is watched (annotation image-updates)'
    return [fact('newer tag', null, { source, note })]
  }
  return findings.slice(0, MOST_IMAGES).map(({ evidence, message }) => {
    const { container, isUpdateAvailable, newer, checkedAt } = evidence
    const value = isUpdateAvailable === false ? 'nothing newer' : (newer?.latest ?? null)
    return fact(`newer tag of container ${shown(container)}`, value, {
      source: `registry: ${evidence.image}`,
      asOf: isoTime(checkedAt),
      note: message
    })
  })
}
