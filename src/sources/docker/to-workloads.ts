import { seen, unseen } from '../../domain/observation.ts'
import type { KnownWorkload } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { type Pod, type Strategy, type Workload, type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import { compareText } from '../../text/lines.ts'
import type { HostFacts, NamedContainer } from './read-host.ts'
import { runningDigests } from './to-image.ts'

/** What a host runs, as workloads. */
export interface HostWorkloads {
  readonly known: readonly KnownWorkload[]
  /** Why a workload could not be read, by `workloadKey`. */
  readonly unreadable: ReadonlyMap<string, string>
  readonly warnings: readonly string[]
}

const NO_ROLLOUT = unseen('no_status', 'Docker replaces containers at once and counts no rollout')
const NO_REVISIONS = unseen('not_watched', 'Docker keeps no revisions to go back to')
const AT_ONCE: Strategy = {
  type: 'Recreate',
  partition: 0,
  isPaused: false,
  isOrdered: false,
  minReadyMs: 0,
  progressDeadlineMs: null
}

/** The workload that a container belongs to. */
export function refOf({ place: { namespace, name } }: Pick<NamedContainer, 'place'>): WorkloadRef {
  return { namespace, kind: 'Container', name }
}

/**
 * Makes one workload of the containers of a Compose or Swarm service, each container a pod of it; a container by itself
 * is a workload of its own. If replicas differ, for example while Compose replaces them, the newest running one says
 * what is deployed.
 */
export function toWorkloads({ containers, images }: HostFacts): HostWorkloads {
  const groups = new Map<string, NamedContainer[]>()
  for (const container of containers.toSorted(newestFirst)) {
    const key = workloadKey(refOf(container))
    const others = groups.get(key)
    if (others === undefined) groups.set(key, [container])
    else others.push(container)
  }
  const known: KnownWorkload[] = []
  const unreadable = new Map<string, string>()
  const warnings: string[] = []
  for (const [key, group] of [...groups].sort(([a], [b]) => compareText(a, b))) {
    // Only outside projects can a service and a container have the same name.
    const manager = group.find(({ place }) => place.manager !== '')?.place.manager ?? ''
    const replicas = group.filter(({ place }) => place.manager === manager)
    const [template] = replicas
    if (template === undefined) continue
    warnings.push(...group.filter(one => !replicas.includes(one)).map(one => leftOut(one)))
    if (template.image === null) unreadable.set(key, template.unread)
    const pods = replicas.filter(({ isRunning }) => isRunning).map(replica => toPod(replica, images))
    known.push({
      workload: toWorkload(template),
      pods: seen(pods.sort((a, b) => compareText(a.name, b.name))),
      revisions: NO_REVISIONS
    })
  }
  return { known, unreadable, warnings }
}

// Running containers come before all others.
function newestFirst(a: NamedContainer, b: NamedContainer): number {
  return Number(b.isRunning) - Number(a.isRunning) || b.createdAt - a.createdAt || compareText(a.id, b.id)
}

function leftOut({ name, place }: NamedContainer): string {
  return `container ${shown(name)} is left out: another service has the name ${shown(place.name)}; rename one`
}

function toWorkload({ place, image, annotations, warnings, ...container }: NamedContainer): Workload {
  const ref = refOf({ place })
  return {
    ...ref,
    annotations,
    warnings,
    managedBy: { manager: place.manager, release: '', releaseNamespace: '' },
    releaseLabels: { version: '', chart: '' },
    containers: image === null ? [] : [{ name: ref.name, image }],
    generation: 0,
    templateId: `${image} ${container.imageId}`,
    strategy: AT_ONCE,
    status: NO_ROLLOUT
  }
}

function toPod(container: NamedContainer, images: HostFacts['images']): Pod {
  const { name, place, createdAt, notReadyReason, ip, isOnHostNetwork } = container
  const image = container.image ?? ''
  const read = images.get(container.imageId)
  const running = read === undefined ? null : runningDigests(image, container, read)
  const isReady = notReadyReason === ''
  return {
    name,
    revision: '',
    node: '',
    architecture: read?.architecture ?? '',
    createdAt,
    terminatesAt: null,
    isReady,
    readyChangedAt: null,
    notReadyReason,
    startedAt: null,
    ip,
    isOnHostNetwork,
    containers: [
      {
        name: place.name,
        image,
        digest: running?.digests[0] ?? '',
        ...(running === null ? {} : { digests: running.digests }),
        ...(running === null || running.imageId === '' ? {} : { imageId: running.imageId }),
        ...(read === undefined || read.platform === '' ? {} : { platform: read.platform }),
        ...(read === undefined ? {} : { labels: read.labels }),
        runtime: 'docker',
        isReady,
        waitingReason: ''
      }
    ]
  }
}
