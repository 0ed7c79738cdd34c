import type { KnownService } from '../domain/service-change.ts'
import { shown } from '../domain/text.ts'
import type { Pod } from '../domain/workload.ts'
import { deployedImage } from '../guards/deployed-image.ts'
import { counted } from '../text/lines.ts'
import { isoTime } from '../text/times.ts'
import type { ExplainContext } from './explain.ts'
import type { ExplainedFact } from './explanation.ts'
import { fact, ownContainer } from './fact.ts'

/** Where the workload is read, and when that was last known to be true. */
export interface Place {
  readonly kind: ExplainContext['source']['kind']
  readonly source: string
  readonly asOf: string | null
}

const SOURCES = { kubernetes: 'Kubernetes', docker: 'Docker', file: 'WORKLOADS_FILE' } as const

export function placeOf({ report }: KnownService, { source: { kind, lastSyncAt } }: ExplainContext): Place {
  const { workload, namespace } = report
  return { kind, source: `${SOURCES[kind]}: ${workload.kind} ${namespace}/${workload.name}`, asOf: isoTime(lastSyncAt) }
}

/** What the workload's labels, Helm's records and the release manifest declare. */
export function declared({ facts }: KnownService, { kind, ...place }: Place): readonly ExplainedFact[] {
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

/** What the pod template names. */
export function deployed({ target, facts }: KnownService, { source, asOf }: Place): readonly ExplainedFact[] {
  const image = deployedImage(target, { ...facts, pods: { seen: false, reason: 'not_watched', message: '' } })
  if (!image.seen) return [fact('image', null, { source, asOf, note: image.message })]
  const { container, tag, digest } = image.value
  return [
    fact('image', image.value.image, { source, asOf, note: `container ${shown(container)}` }),
    fact('tag', tag, { source, asOf, note: tag === null ? 'the image is named only by its digest' : '' }),
    ...(digest === null ? [] : [fact('digest', digest, { source, asOf })])
  ]
}

const MOST_IMAGES = 10
const MOST_POD_NAMES = 3

/** What the pods run, by image and digest. */
export function running(known: KnownService, { source, asOf }: Place): readonly ExplainedFact[] {
  const { pods, workload } = known.facts
  if (!pods.seen) return [fact('pods', null, { source, note: workload.seen ? pods.message : workload.message })]
  const container = ownContainer(known)
  const live = pods.value.filter(({ terminatesAt }) => terminatesAt === null)
  if (live.length === 0) return [fact('pods', 'none', { source, asOf })]
  const groups = Map.groupBy(live, pod => Object.values(containerOf(pod, container)).join('\n'))
  const images = [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, MOST_IMAGES)
    .map(([, ofImage]) => {
      const { image, digest } = containerOf(ofImage[0], container)
      const unread = image === '' ? 'the image could not be read' : ''
      const note = [unread, shown(digest), namesOf(ofImage)].filter(text => text !== '').join(', ')
      return fact(counted(ofImage.length, 'pod'), image === '' ? null : image, { source, asOf, note })
    })
  const more = groups.size - images.length
  return more === 0 ? images : [...images, fact('more', counted(more, 'other image'), { source, asOf })]
}

function containerOf(pod: Pod | undefined, name: string | undefined): { image: string; digest: string } {
  const { image, digest } = pod?.containers.find(container => container.name === name) ?? NO_CONTAINER
  return { image, digest }
}

const NO_CONTAINER = { image: 'no such container', digest: '' }

function namesOf(pods: readonly Pod[]): string {
  const more = pods.length - MOST_POD_NAMES
  const unready = pods.filter(({ isReady }) => !isReady).length
  const names = pods.slice(0, MOST_POD_NAMES).map(({ name }) => shown(name))
  return [...names, ...(more > 0 ? [`and ${more} more`] : []), ...(unready > 0 ? [`${unready} not ready`] : [])].join(
    ', '
  )
}
