import { ANNOTATION_PREFIX } from '../domain/annotations.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import { isObjectName } from '../domain/required-objects.ts'
import { shown } from '../domain/text.ts'
import {
  KUBERNETES_KINDS,
  type KubernetesKind,
  type ReleaseLabels,
  type Workload,
  type WorkloadRef
} from '../domain/workload.ts'
import { copyOf } from '../text/copy-of.ts'
import { listAt, textAt, valueAt } from '../text/json.ts'
import { nativeSidecars, toContainer } from './containers.ts'
import { ownNames, readOwnAnnotations } from './own-annotations.ts'
import { readRolloutFacts } from './to-rollout-facts.ts'

/** `other_kind`: not ours to judge. `invalid`: claims to be a workload, but cannot be read as one. */
export type NotAWorkload = 'other_kind' | 'invalid'

interface KubernetesRef extends WorkloadRef {
  readonly kind: KubernetesKind
}

const API_VERSION = 'apps/v1'
// What the API server took before apps/v1; it takes none of them since Kubernetes 1.16.
const OLD_API_VERSIONS: readonly unknown[] = ['extensions/v1beta1', 'apps/v1beta1', 'apps/v1beta2']
const CONTAINERS = 'spec.template.spec.containers'
// Each may take as much memory as the longest image reference.
const MOST_CONTAINERS = 64
// Each is a request to the API server.
const MOST_PULL_SECRETS = 10

/**
 * Reduces one Kubernetes object (apps/v1 Deployment, StatefulSet, DaemonSet) to what is judged, in a copy that keeps
 * nothing of the object alive.
 *
 * If its namespace is missing or empty, it is in `default`, as for kubectl.
 */
export function toWorkload(object: unknown): Observed<Workload, NotAWorkload> {
  const ref = readRef(object)
  if (!ref.seen) return ref
  const { kind, name } = ref.value
  const invalid = (what: string): Observed<never, 'invalid'> => unseen('invalid', `${kind} ${name}: ${what}`)

  const apiVersion = valueAt(object, 'apiVersion')
  if (apiVersion === undefined) return invalid(`apiVersion is missing (${API_VERSION})`)
  if (apiVersion !== API_VERSION) {
    const words = OLD_API_VERSIONS.includes(apiVersion) ? 'is too old' : `has no ${kind}`
    return invalid(`apiVersion ${shown(String(apiVersion))} ${words}: use ${API_VERSION}`)
  }
  const annotations = readOwnAnnotations(valueAt(object, 'metadata', 'annotations'))
  // A bare `false` or `1.0` is not a string in YAML, and the API server refuses the object.
  if (annotations.notText !== null)
    return invalid(`annotation ${shown(annotations.notText)} is not a string: put it in quotes`)
  const containers = valueAt(object, 'spec', 'template', 'spec', 'containers')
  if (!Array.isArray(containers) || containers.length === 0) return invalid(`${CONTAINERS} is not a list of containers`)
  if (containers.length > MOST_CONTAINERS) return invalid(`${CONTAINERS} has more than ${MOST_CONTAINERS} containers`)
  const sidecars = readSidecars(object)
  const names = [...containers, ...nativeSidecars(valueAt(object, 'spec', 'template'))].map(one => textAt(one, 'name'))
  const twice = names.find((one, index) => one !== '' && names.indexOf(one) !== index)
  if (twice !== undefined) return invalid(`${CONTAINERS} has ${shown(twice)} twice`)
  const odd = names.find(one => one !== '' && !isObjectName(one))
  if (odd !== undefined) return invalid(`${CONTAINERS}: ${shown(odd)} is not a name`)

  return seen(
    copyOf({
      ...ref.value,
      annotations: annotations.values,
      warnings: [...annotations.warnings, ...misplacedAnnotations(object, kind)],
      releaseLabels: readReleaseLabels(object),
      containers: containers.map(toContainer),
      ...sidecars,
      ...readPullSecrets(object),
      ...readRolloutFacts(kind, object)
    })
  )
}

/**
 * What is known about a workload that cannot be read: its identity and its annotations, so that a service that they
 * announce is not lost. `null`: not even its identity is known.
 */
export function outlineOf(object: unknown): Workload | null {
  const ref = readRef(object)
  if (!ref.seen) return null
  const { values: annotations, warnings } = readOwnAnnotations(valueAt(object, 'metadata', 'annotations'))
  return copyOf({
    ...ref.value,
    annotations,
    warnings,
    releaseLabels: readReleaseLabels(object),
    containers: [],
    ...readRolloutFacts(ref.value.kind, object)
  })
}

// One more than a label may have (63), so that one that is too long stays invalid.
const KEPT_LABEL = 64

/** The workload's own labels: pod templates rarely carry these. */
function readReleaseLabels(object: unknown): ReleaseLabels {
  const labelAt = (name: string) => textAt(object, 'metadata', 'labels', name).slice(0, KEPT_LABEL)
  return { version: labelAt('app.kubernetes.io/version'), chart: labelAt('helm.sh/chart') }
}

// Names become labels, and words of the commands in alerts, which people copy into a shell. The API server takes no others;
// a file of manifests may hold anything.
function readRef(object: unknown): Observed<KubernetesRef, NotAWorkload> {
  const kind = kindOf(object)
  if (kind === undefined) {
    return unseen('other_kind', `${nameKind(object)} is not an ${API_VERSION} ${KUBERNETES_KINDS.join(', ')}`)
  }
  const name = valueAt(object, 'metadata', 'name')
  if (typeof name !== 'string' || name === '')
    return unseen('invalid', `${kind}: metadata.name is missing or not a string`)
  if (!isObjectName(name)) return unseen('invalid', `${kind} ${shown(name)}: metadata.name is not a name`)
  const namespace = valueAt(object, 'metadata', 'namespace') || 'default'
  if (typeof namespace !== 'string' || !isObjectName(namespace)) {
    return unseen('invalid', `${kind} ${name}: metadata.namespace is not a name`)
  }
  return seen({ namespace, kind, name })
}

// A custom API group has a dot in its name, and may have a Deployment that is not Kubernetes' own.
function kindOf(object: unknown): KubernetesKind | undefined {
  const apiVersion = valueAt(object, 'apiVersion')
  if (typeof apiVersion === 'string' && /^[^/]*\./.test(apiVersion)) return undefined
  return KUBERNETES_KINDS.find(kind => kind === valueAt(object, 'kind'))
}

// People write `prometheus.io/scrape` and the like there.
function misplacedAnnotations(object: unknown, kind: KubernetesKind): string[] {
  const count = ownNames(valueAt(object, 'spec', 'template', 'metadata', 'annotations')).length
  if (count === 0) return []
  const they = count === 1 ? 'annotation has' : 'annotations have'
  return [
    `${count} ${ANNOTATION_PREFIX}… ${they} no effect on the pod template: write them in the ${kind}'s own metadata`
  ]
}

function readSidecars(object: unknown): Pick<Workload, 'sidecars'> {
  const sidecars = nativeSidecars(valueAt(object, 'spec', 'template'))
    .slice(0, MOST_CONTAINERS)
    .map(toContainer)
  return sidecars.length === 0 ? {} : { sidecars }
}

function readPullSecrets(object: unknown): Pick<Workload, 'pullSecrets'> {
  const names = listAt(object, 'spec', 'template', 'spec', 'imagePullSecrets').map(one => textAt(one, 'name'))
  const pullSecrets = [...new Set(names.filter(isObjectName))].slice(0, MOST_PULL_SECRETS)
  return pullSecrets.length === 0 ? {} : { pullSecrets }
}

function nameKind(object: unknown): string {
  const kind = valueAt(object, 'kind')
  const apiVersion = valueAt(object, 'apiVersion')
  if (typeof kind !== 'string') return 'Something without a kind'
  return typeof apiVersion === 'string' ? shown(`${apiVersion} ${kind}`) : shown(kind)
}
