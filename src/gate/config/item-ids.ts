import { basename, dirname } from 'node:path'
import { withoutQuery } from '../../text/url-secrets.ts'

// The items of every gate, whatever its file configures.
const FIXED = [
  'metrics-endpoint-answers',
  'metrics-have-prefix',
  'metrics-format-valid',
  'scrape-job-configured',
  'scrape-target-up',
  'metrics-in-prometheus',
  'rules-file-present',
  'rules-loaded',
  'rules-syntax-valid',
  'rules-evaluated',
  'rule-groups-complete',
  'alert-rule-visible',
  'alert-runbook-exists',
  'alert-runbook-complete',
  'alert-triggered',
  'alert-pending-or-firing',
  'alert-has-runbook-annotation',
  'runbooks-present',
  'runbooks-actionable'
] as const

/** What a gate file names; each has an item of its own. */
export interface NamedThings {
  readonly metrics: readonly string[]
  /** Paths. */
  readonly health: readonly string[]
  readonly drills: readonly string[]
  /** The last parts of their ids. */
  readonly documents: readonly string[]
}

/** The ids of all items that a gate may have. */
export function itemIdsOf({ metrics, health, drills, documents }: NamedThings): string[] {
  return [
    ...FIXED,
    ...metrics.map(name => `key-metric-${name}`),
    ...healthIdsOf(health).map(id => `health-endpoint-${id}`),
    ...drills.map(name => `drill-${name}`),
    ...documents.map(id => `document-${id}`)
  ]
}

/**
 * The last parts of the ids of health endpoints' items, in the order of their paths: `readyz` for `/readyz`,
 * `api-v1-live` for `/api/v1/live`. A query may carry a token: where paths differ in nothing else, they are counted,
 * `readyz-2`.
 */
export function healthIdsOf(paths: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  return paths.map(withoutQuery).map(path => {
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    const id = slugOf(path) || 'root'
    return count === 1 ? id : `${id}-${count}`
  })
}

/**
 * The last part of the id of a document's item: the last two words of its name, `hardening-report` for
 * `docs/PROD_WEEK1_HARDENING_REPORT.md`; for a README, the folder that it is about, `prometheus` for
 * `ops/prometheus/README.md`.
 */
export function documentIdOf(path: string): string {
  const name = basename(path).replace(/\.[a-z]+$/i, '')
  const about = /^(?:readme|index)$/i.test(name) ? basename(dirname(path)) : name
  const words = slugOf(about).split('-')
  return words.slice(-2).join('-') || 'unnamed'
}

export const SLUG_RULE = 'at most 63 lower-case letters, digits and hyphens'

/** Whether a name, alone or at the end of an id, is a safe one: lower-case letters, digits and hyphens. */
export function isSlug(name: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)
}

/** Whether Prometheus takes it as a metric's name without quotes. */
export function isMetricName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}$/.test(name)
}

function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
}
