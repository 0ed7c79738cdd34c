import { isIP } from 'node:net'
import { ANNOTATION_PREFIX } from '../../domain/annotations.ts'
import type { ManagedBy } from '../../domain/workload.ts'
import { KEPT_LENGTH } from '../../domain/workload.ts'
import { copyOf } from '../../text/copy-of.ts'
import { countAt, isJsonObject, listAt, textAt, valueAt } from '../../text/json.ts'
import { readOwnAnnotations } from '../own-annotations.ts'

/** A container as `GET /containers/json` lists it, reduced to what is judged. */
export interface EngineContainer {
  readonly id: string
  /** Without the slash that Docker writes before it. */
  readonly name: string
  readonly place: Place
  /** As it was written; `null`: the list has lost it, and the container's inspection has it. */
  readonly image: string | null
  readonly imageId: string
  /** The digest of the image for its platform, as newer engines report it; empty: not reported. */
  readonly manifestDigest: string
  readonly createdAt: number
  /** Paused and restarting ones run. */
  readonly isRunning: boolean
  /** Why it is not ready, such as `restarting` or `unhealthy`; empty: it is. */
  readonly notReadyReason: string
  /** Empty: it has none of its own. */
  readonly ip: string
  readonly isOnHostNetwork: boolean
  /** Our own among its labels, by name without the prefix. */
  readonly annotations: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

/** Which workload a container belongs to. */
interface Place {
  /** The project of Compose, or the stack of Swarm. */
  readonly namespace: string
  /** The service; for a container by itself, its name. */
  readonly name: string
  readonly manager: ManagedBy['manager']
}

/** For containers that belong to no project; named as in Kubernetes. */
const NO_PROJECT = 'default'

const ID = /^[0-9a-f]{64}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/
// Docker's RestrictedNameChars, within what becomes a label.
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/
const RUNNING = ['running', 'paused', 'restarting']
// An image's id, whole or short: what the list shows if the tag has moved on to another image.
const LOST_NAME = /^(?:sha256:)?[0-9a-f]{12,64}$/

/**
 * Reduces one item of a list; `null`: nothing to watch. That is a container of `docker compose run`, or one that is not
 * running, unless its labels make it a service: a service that has stopped must not vanish.
 */
export function toContainer(item: unknown): EngineContainer | null {
  const id = textAt(item, 'Id')
  const labels = valueAt(item, 'Labels')
  if (!ID.test(id) || /^true$/i.test(textAt(labels, 'com.docker.compose.oneoff'))) return null
  const { values, warnings } = readOwnAnnotations(labels)
  const state = textAt(item, 'State')
  const isRunning = RUNNING.includes(state)
  if (!isRunning && values.endpoint === undefined && values.enabled !== 'true') return null

  const image = textAt(item, 'Image').slice(0, KEPT_LENGTH)
  const name = nameIn(item) ?? id.slice(0, 12)
  return copyOf({
    id,
    name,
    place: placeOf(labels, name),
    image: LOST_NAME.test(image) || image === '' ? null : image,
    imageId: digestAt(item, 'ImageID'),
    manifestDigest: digestAt(item, 'ImageManifestDescriptor', 'digest'),
    createdAt: countAt(item, 'Created') * 1000,
    isRunning,
    notReadyReason: notReadyReason(state, textAt(item, 'Status')),
    ip: addressIn(valueAt(item, 'NetworkSettings', 'Networks')),
    isOnHostNetwork: textAt(item, 'HostConfig', 'NetworkMode') === 'host',
    annotations: withWatchtower(values, labels),
    warnings: [...warnings, ...uselessLabels(values)]
  })
}

// Docker has nothing that these could be about.
const OF_KUBERNETES = [
  'required-configmaps',
  'required-secrets',
  'migration-job',
  'helm-deadline',
  'postdeploy-latency-p95',
  'postdeploy-error-ratio'
]

function uselessLabels(values: Readonly<Record<string, string>>): readonly string[] {
  const used = OF_KUBERNETES.filter(name => values[name] !== undefined)
  return used.map(name => `label ${ANNOTATION_PREFIX}${name} has no effect on a Docker host, only in Kubernetes`)
}

function digestAt(item: unknown, ...path: readonly string[]): string {
  const digest = textAt(item, ...path)
  return DIGEST.test(digest) ? digest : ''
}

// Legacy links add names such as `/web/db`.
function nameIn(item: unknown): string | undefined {
  const names = listAt(item, 'Names').map(name => (typeof name === 'string' ? name.replace(/^\//, '') : ''))
  return names.find(name => NAME.test(name))
}

function placeOf(labels: unknown, name: string): Place {
  const read = (...keys: readonly string[]) => keys.map(key => textAt(labels, key)).find(text => NAME.test(text))
  const project = read('com.docker.compose.project', 'io.podman.compose.project')
  if (project !== undefined) {
    const service = read('com.docker.compose.service', 'io.podman.compose.service')
    return { namespace: project, name: service ?? name, manager: 'compose' }
  }
  const service = read('com.docker.swarm.service.name')
  if (service === undefined) return { namespace: NO_PROJECT, name, manager: '' }
  const stack = read('com.docker.stack.namespace')
  // A stack's services are named after it: `shop_web`. `default` also holds services without a stack; their names stay
  // whole.
  const isOfStack =
    stack !== undefined && stack !== NO_PROJECT && service.startsWith(`${stack}_`) && service.length > stack.length + 1
  return {
    namespace: stack ?? NO_PROJECT,
    name: isOfStack ? service.slice(stack.length + 1) : service,
    manager: 'swarm'
  }
}

// The state may stay `running` while a health check fails; only the status text for people says so.
function notReadyReason(state: string, status: string): string {
  if (state !== 'running') return NAME.test(state) ? state : 'unknown'
  return /\((unhealthy|health: starting)\)/.exec(status)?.[1] ?? ''
}

function addressIn(networks: unknown): string {
  const all = isJsonObject(networks) ? Object.values(networks) : []
  const addresses = ['IPAddress', 'GlobalIPv6Address'].flatMap(key => all.map(network => textAt(network, key)))
  return addresses.find(address => isIP(address) !== 0) ?? ''
}

// What Go's strconv.ParseBool takes, with which Watchtower reads the label.
const YES = ['1', 't', 'T', 'true', 'TRUE', 'True']
const NO = ['0', 'f', 'F', 'false', 'FALSE', 'False']

/** Watchtower's own label counts as `image-updates`, for people who come from there; ours wins if both are there. */
function withWatchtower(annotations: Readonly<Record<string, string>>, labels: unknown): Record<string, string> {
  const enable = textAt(labels, 'com.centurylinklabs.watchtower.enable')
  const updates = YES.includes(enable) ? 'true' : NO.includes(enable) ? 'false' : null
  return updates === null ? { ...annotations } : { 'image-updates': updates, ...annotations }
}
