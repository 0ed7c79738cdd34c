import { type Observed, seen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import {
  ANNOTATION_PREFIX,
  type Container,
  KEPT_LENGTH,
  ownAnnotations,
  WORKLOAD_KINDS,
  type Workload
} from '../domain/workload.ts'
import { isJsonObject, valueAt } from '../text/json.ts'
import { readRolloutFacts } from './to-rollout-facts.ts'

/** `other_kind`: not ours to judge. `invalid`: says that it is a workload, but the API server would refuse it. */
export type NotAWorkload = 'other_kind' | 'invalid'

type Read<Value> = Observed<Value, 'invalid'>

const API_VERSION = 'apps/v1'
const CONTAINERS = 'spec.template.spec.containers'

/**
 * Reduces one Kubernetes object (apps/v1 Deployment, StatefulSet, DaemonSet) to what is judged.
 *
 * Without a namespace it is in `default`, as for kubectl.
 */
export function toWorkload(object: unknown): Observed<Workload, NotAWorkload> {
  const kind = WORKLOAD_KINDS.find(known => known === valueAt(object, 'kind'))
  const apiVersion = valueAt(object, 'apiVersion')
  if (kind === undefined || (typeof apiVersion === 'string' && apiVersion !== API_VERSION)) {
    return unseen('other_kind', `${nameKind(object)} is not an ${API_VERSION} ${WORKLOAD_KINDS.join(', ')}`)
  }
  const name = valueAt(object, 'metadata', 'name')
  if (!isName(name)) return unseen('invalid', `${kind}: metadata.name is missing`)
  if (!isObjectName(name)) return unseen('invalid', `${kind} ${shown(name)}: metadata.name is not a name`)
  const invalid = (what: string): Observed<never, 'invalid'> => unseen('invalid', `${kind} ${shown(name)}: ${what}`)

  if (apiVersion === undefined) return invalid(`apiVersion is missing (${API_VERSION})`)
  const namespace = valueAt(object, 'metadata', 'namespace') ?? 'default'
  if (!isName(namespace) || !isObjectName(namespace)) return invalid('metadata.namespace is not a name')
  const annotations = readAnnotations(valueAt(object, 'metadata', 'annotations'))
  if (!annotations.seen) return invalid(annotations.message)
  const containers = readContainers(valueAt(object, 'spec', 'template', 'spec', 'containers'))
  if (!containers.seen) return invalid(containers.message)

  const described = { namespace, kind, name, annotations: annotations.value, containers: containers.value }
  return seen({ ...described, ...readRolloutFacts(kind, object) })
}

function readAnnotations(annotations: unknown): Read<Record<string, string>> {
  const own = Object.entries(isJsonObject(annotations) ? annotations : {}).filter(([name]) =>
    name.startsWith(ANNOTATION_PREFIX)
  )
  const strings: Record<string, string> = {}
  for (const [name, value] of own) {
    // YAML reads a bare `false` or `1.0` as no string, and the API server then refuses the object.
    if (typeof value !== 'string')
      return unseen('invalid', `annotation ${shown(name)} is not a string: put it in quotes`)
    strings[name] = value
  }
  return seen(ownAnnotations(strings))
}

function readContainers(containers: unknown): Read<readonly Container[]> {
  if (!Array.isArray(containers) || containers.length === 0) {
    return unseen('invalid', `${CONTAINERS} is not a list of containers`)
  }
  const read: Container[] = []
  for (const [index, container] of containers.entries()) {
    const name = valueAt(container, 'name')
    const image = valueAt(container, 'image')
    if (!isName(name)) return unseen('invalid', `${CONTAINERS}[${index}].name is missing`)
    if (!isName(image)) return unseen('invalid', `${CONTAINERS}[${index}].image is missing`)
    read.push({ name, image: image.slice(0, KEPT_LENGTH) })
  }
  // An array that grew has room for sixteen more; a copy has none, which is a sixth of what is kept of a cluster.
  return seen([...read])
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

// Names become labels as they are. The API server takes less; a file of manifests may hold anything.
function isObjectName(name: string): boolean {
  return /^[\x21-\x7e]{1,253}$/.test(name)
}

function nameKind(object: unknown): string {
  const kind = valueAt(object, 'kind')
  const apiVersion = valueAt(object, 'apiVersion')
  if (typeof kind !== 'string') return 'What has no kind'
  return typeof apiVersion === 'string' ? shown(`${apiVersion} ${kind}`) : shown(kind)
}
