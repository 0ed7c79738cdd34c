import { hash } from 'node:crypto'
import { isJsonObject } from '../text/json.ts'

/** Deeper than any object that an API server takes, and shallow enough that a file cannot exhaust the stack. */
const MAX_DEPTH = 100

/**
 * Identifies a pod template: a workload's template and that of its ReplicaSet or ControllerRevision have the same id.
 *
 * As in EqualIgnoreHash in Kubernetes' deployment_util.go, the label that a Deployment's controller adds does not
 * count. Neither do the order of keys, `$patch` and null, which only a ControllerRevision writes.
 */
export function templateIdOf(template: unknown): string {
  return hash('sha256', printCanonically(withoutHashLabel(template), 0), 'base64url')
}

function withoutHashLabel(template: unknown): unknown {
  if (!isJsonObject(template) || !isJsonObject(template.metadata)) return template
  const { labels, ...metadata } = template.metadata
  if (!isJsonObject(labels)) return template
  const { 'pod-template-hash': _, ...others } = labels
  return { ...template, metadata: { ...metadata, labels: others } }
}

function printCanonically(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  if (depth > MAX_DEPTH) return '…'
  if (Array.isArray(value)) return `[${value.map(item => printCanonically(item, depth + 1)).join()}]`
  const object: Readonly<Record<string, unknown>> = { ...value }
  let text = ''
  for (const key of Object.keys(object).sort()) {
    const member = object[key]
    if (member == null || key === '$patch') continue
    text += `${JSON.stringify(key)}:${printCanonically(member, depth + 1)},`
  }
  return `{${text}}`
}
