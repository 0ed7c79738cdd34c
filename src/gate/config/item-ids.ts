import { basename, dirname } from 'node:path'

// Of every gate, whatever its file configures.
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

/** What a gate file names, and so has an item of its own. */
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
    ...health.map(path => `health-endpoint-${healthIdOf(path)}`),
    ...drills.map(name => `drill-${name}`),
    ...documents.map(id => `document-${id}`)
  ]
}

/** The last part of the id of a health endpoint's item: `readyz` of `/readyz`, `api-v1-live` of `/api/v1/live`. */
export function healthIdOf(path: string): string {
  return slugOf(path) || 'root'
}

/**
 * The last part of the id of a document's item: the last two words of its name, `hardening-report` of
 * `docs/PROD_WEEK1_HARDENING_REPORT.md`; of a README the folder that it is about, `prometheus` of `ops/prometheus/README.md`.
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

/** As Prometheus takes names of metrics without quotes. */
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
