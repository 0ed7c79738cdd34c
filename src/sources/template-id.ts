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
  return hash('sha256', JSON.stringify(canonical(withoutHashLabel(template), 0)), 'base64url')
}

function withoutHashLabel(template: unknown): unknown {
  if (!isJsonObject(template) || !isJsonObject(template.metadata)) return template
  const { labels, ...metadata } = template.metadata
  if (!isJsonObject(labels)) return template
  const { 'pod-template-hash': _, ...others } = labels
  return { ...template, metadata: { ...metadata, labels: others } }
}

/** The same data with its keys in order; JSON.stringify then prints it faster than code of our own. */
function canonical(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) return null
  if (Array.isArray(value)) return value.map(item => canonical(item, depth + 1))
  if (!isJsonObject(value)) return value ?? null
  const sorted: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const member = value[key]
    if (member != null && key !== '$patch') sorted[key] = canonical(member, depth + 1)
  }
  return sorted
}
