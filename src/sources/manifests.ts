import { type Observed, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import { WORKLOAD_KINDS, type Workload, type WorkloadRef, workloadKey } from '../domain/workload.ts'
import type { YamlPath } from '../files/read-yaml.ts'
import { isJsonObject, valueAt } from '../text/json.ts'
import { createDependents, DEPENDENT_KINDS, type Dependents } from './dependents.ts'
import { type DocumentMistake, type ManifestDocument, readDocuments } from './manifest-documents.ts'
import { type NotAWorkload, toWorkload } from './to-workload.ts'

export type ParsedManifests =
  | { readonly ok: true; readonly workloads: readonly Workload[]; readonly dependents: Dependents }
  /** Each line starts with the path, and the line in the file where it is known. */
  | { readonly ok: false; readonly mistakes: readonly string[] }

const TAKES = 'it takes Kubernetes manifests, YAML or JSON, as kubectl get -o yaml prints them'
const LIST_KINDS: readonly string[] = ['List', ...[...WORKLOAD_KINDS, ...DEPENDENT_KINDS].map(kind => `${kind}List`)]

/** One object of the file, out of its list. */
interface Located {
  readonly object: unknown
  line(): number | null
}

/**
 * Reduces a file of manifests to its workloads; objects of other kinds are passed over.
 *
 * A file without any object is a mistake: `kubectl get … > file` empties the file before it asks, and that must not
 * empty the fleet. A `List` without items is a fleet without workloads.
 */
export function parseManifests(text: string, path: string): ParsedManifests {
  const refused = (mistakes: readonly DocumentMistake[]): ParsedManifests => ({
    ok: false,
    mistakes: mistakes.map(({ line, message }) => `${path}:${line === null ? '' : `${line}:`} ${message}`)
  })

  const read = readDocuments(text)
  if (!read.ok) return refused(read.mistakes)
  if (read.documents.length === 0) return refused([{ line: 1, message: `empty; ${TAKES}` }])

  const mistakes: DocumentMistake[] = []
  const dependents = createDependents()
  const found = new Map<string, { workload: Workload; line: Located['line'] }>()
  for (const { object, line } of read.documents.flatMap(document => objectsIn(document, document.value, []))) {
    const workload = readObject(object)
    if (workload.seen) {
      const key = workloadKey(workload.value)
      const first = found.get(key)
      if (first === undefined) found.set(key, { workload: workload.value, line })
      else mistakes.push({ line: line(), message: `${nameOf(workload.value)} is there twice${inLine(first.line())}` })
    } else if (workload.reason === 'invalid') mistakes.push({ line: line(), message: workload.message })
    else dependents.take(object)
  }
  if (mistakes.length > 0) return refused(mistakes)
  return { ok: true, workloads: [...found.values()].map(({ workload }) => workload), dependents }
}

function objectsIn(document: ManifestDocument, object: unknown, path: YamlPath): Located[] {
  const items = itemsOf(object)
  if (items === null) return [{ object, line: () => document.lineOf(path) }]
  return items.flatMap((item, index) => objectsIn(document, item, [...path, 'items', index]))
}

// `null`: not a list. The API server leaves kind and apiVersion out of the items of a DeploymentList.
function itemsOf(object: unknown): readonly unknown[] | null {
  const kind = valueAt(object, 'kind')
  const items = valueAt(object, 'items')
  if (!isListKind(kind) || !(Array.isArray(items) || items === null)) return null
  if (kind === 'List' || items === null) return items ?? []
  const implied = { apiVersion: valueAt(object, 'apiVersion'), kind: kind.replace(/List$/, '') }
  return items.map(item => (isJsonObject(item) ? { ...implied, ...item } : item))
}

function readObject(object: unknown): Observed<Workload, NotAWorkload> {
  const kind = valueAt(object, 'kind')
  if (typeof kind !== 'string') return unseen('invalid', `not a Kubernetes object, it has no kind; ${TAKES}`)
  return isListKind(kind) ? unseen('invalid', `${kind} without items; ${TAKES}`) : toWorkload(object)
}

function isListKind(kind: unknown): kind is string {
  return typeof kind === 'string' && LIST_KINDS.includes(kind)
}

function nameOf({ kind, namespace, name }: WorkloadRef): string {
  return `${kind} ${shown(name)} in namespace ${shown(namespace)}`
}

function inLine(line: number | null): string {
  return line === null ? '' : `, first in line ${line}`
}
