import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { type AlertingPair, alertmanagerServer, prometheusServer, type Restartable } from '../support/alertmanager.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'
import type { Lifetime } from '../support/stage.ts'
import { type BreakableApi, startBreakableApi } from './breakable-api.ts'

/** Everything that a gate looks at, real and well: the checklist of docs/examples/gate-veza.yaml in a shorter time. */
export interface World {
  /** A repository with its rules, runbooks and documents. */
  readonly folder: string
  /** In it; names the servers below. */
  readonly gateFile: string
  readonly api: BreakableApi
  readonly prometheus: Restartable
  readonly alertmanager: Restartable
  /** Writes a file of the repository, with the folders above it. */
  write(path: string, text: string): void
  /** Writes the gate file anew, from what it holds as it came. */
  changeGate(change: (gate: GateFile) => GateFile): void
  /** Writes the file of Prometheus anew, from what it held as it came; Prometheus reads it when it is told to. */
  configure(change: (config: PrometheusConfig) => object): void
}

/** As YAML has it. */
export type GateFile = Readonly<Record<string, unknown>>

// Prometheus scrapes and evaluates so often.
const PACE = '500ms'

/** Starts an API with a database and an upstream, Prometheus, Alertmanager, and writes the files; ended with the test. */
export async function startWorld(life: Lifetime, pair: AlertingPair): Promise<World> {
  const folder = temporaryFolder(life)
  const write = (path: string, text: string) => writeBelow(folder, path, text)
  writeRepository(folder)
  const api = await startBreakableApi(life)
  write('alertmanager.json', JSON.stringify({ route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] }))
  const alertmanager = await alertmanagerServer(life, pair.alertmanager, folder)
  const config = prometheusConfig(api.url, alertmanager.url)
  const configure = (change: (config: PrometheusConfig) => object) =>
    write('prometheus.json', JSON.stringify(change(config)))
  configure(same => same)
  const prometheus = await prometheusServer(life, pair.prometheus, folder)
  await Promise.all([alertmanager.start(), prometheus.start()])
  const asItCame = vezaGate({ service: api.url, prometheus: prometheus.url, alertmanager: alertmanager.url })
  const changeGate = (change: (gate: GateFile) => GateFile) => write('gate.yaml', stringify(change(asItCame)))
  changeGate(same => same)
  const gateFile = join(folder, 'gate.yaml')
  return { folder, gateFile, api, prometheus, alertmanager, write, changeGate, configure }
}

/** The gate file of the example, for servers at these addresses. */
export function vezaGate(urls: {
  readonly service: string
  readonly prometheus: string
  readonly alertmanager: string
}): GateFile {
  const gate: GateFile = parse(readFileSync(join(ROOT, 'docs/examples/gate-veza.yaml'), 'utf8'))
  return {
    ...gate,
    service: { ...Object(gate.service), url: urls.service },
    prometheus: { ...Object(gate.prometheus), url: urls.prometheus },
    alertmanager: { url: urls.alertmanager }
  }
}

/** Writes the rules, runbooks and documents that the checklist asks for; what was changed of them is undone. */
export function writeRepository(folder: string): void {
  for (const [path, text] of Object.entries(REPOSITORY)) writeBelow(folder, path, text)
}

function writeBelow(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** As Prometheus takes it in JSON. */
export interface PrometheusConfig {
  readonly global: object
  readonly alerting: object
  readonly rule_files: readonly string[]
  readonly scrape_configs: readonly [Readonly<Record<string, unknown>>]
}

function prometheusConfig(api: string, alertmanager: string): PrometheusConfig {
  const targets = (url: string) => [{ targets: [new URL(url).host] }]
  return {
    global: { scrape_interval: PACE, scrape_timeout: PACE, evaluation_interval: PACE },
    rule_files: [RULES],
    alerting: { alertmanagers: [{ static_configs: targets(alertmanager) }] },
    scrape_configs: [{ job_name: 'veza-backend-api', static_configs: targets(api) }]
  }
}

type AlertRule = readonly [alert: string, expr: string, runbook: string]

export const RULES = 'ops/prometheus/alerts.yml'
/** The runbook of the alert that is followed. */
export const DB = 'docs/runbooks/db_down.md'
const BREAKER = 'docs/runbooks/circuit_breaker.md'
/** The runbook of most of the other alerts. */
export const API = 'docs/runbooks/api.md'

// As many as the checklist counts.
const ALERTS: Readonly<Record<string, readonly AlertRule[]>> = {
  veza_backend_critical: [
    ['VezaDatabaseDown', 'veza_database_up == 0', DB],
    ['VezaCircuitBreakerOpen', 'max(veza_circuit_breaker_state) == 2', BREAKER],
    ['VezaApiDown', 'up{job="veza-backend-api"} == 0', API],
    ['VezaApiAbsent', 'absent(up{job="veza-backend-api"})', API],
    ['VezaPoolExhausted', 'veza_db_pool_in_use > veza_db_pool_open_connections * 100', DB],
    ['VezaPoolWaits', 'rate(veza_db_pool_wait_count_total[1m]) > 10', DB],
    ['VezaPoolEmpty', 'veza_db_pool_open_connections == 0', DB],
    ['VezaRestarts', 'changes(process_start_time_seconds{job="veza-backend-api"}[5m]) > 3', API]
  ],
  veza_backend_errors: [
    ['VezaErrors', 'sum(rate(veza_gin_http_requests_total{code=~"5..",path!="/readyz"}[1m])) > 1', API],
    ['VezaNotFound', 'sum(rate(veza_gin_http_requests_total{code="404"}[1m])) > 100', API]
  ],
  veza_backend_latency: [
    [
      'VezaSlow',
      'histogram_quantile(0.95, sum by (le) (rate(veza_gin_http_request_duration_seconds_bucket[1m]))) > 5',
      API
    ],
    [
      'VezaVerySlow',
      'histogram_quantile(0.5, sum by (le) (rate(veza_gin_http_request_duration_seconds_bucket[1m]))) > 5',
      API
    ]
  ],
  veza_backend_health: [
    ['VezaNotReady', 'sum(rate(veza_gin_http_requests_total{code="503",path="/readyz"}[1m])) > 100', API],
    ['VezaQuiet', 'absent(veza_gin_http_requests_total) and absent(veza_database_up)', API]
  ]
}

const rulesFile = stringify({
  groups: Object.entries(ALERTS).map(([name, rules]) => ({
    name,
    rules: rules.map(([alert, expr, runbook]) => ({
      alert,
      expr,
      for: '1s',
      labels: { severity: 'critical' },
      annotations: { runbook }
    }))
  }))
})

const runbook = (title: string) => `# ${title}

## Signal

The alert of this runbook fires.

## Hypothèses

* It does not run.

## Vérifications

\`\`\`sh
docker compose ps
\`\`\`

## Actions

\`\`\`sh
docker compose start postgres
\`\`\`
`

/** By path. */
export const REPOSITORY = {
  [RULES]: rulesFile,
  'ops/prometheus/README.md': '# Prometheus\n\nIt scrapes the API.\n',
  'docs/PROD_WEEK1_HARDENING_REPORT.md': '# Hardening\n\nDone.\n',
  [DB]: runbook('The database is down'),
  [BREAKER]: runbook('A circuit breaker is open'),
  [API]: runbook('The API is in trouble')
} as const
