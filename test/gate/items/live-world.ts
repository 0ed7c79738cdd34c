import { seen, unseen } from '../../../src/domain/observation.ts'
import type { GateConfig, HttpAccess } from '../../../src/gate/gate-config.ts'
import type { GateFacts } from '../../../src/gate/item.ts'
import { liveAlertItems } from '../../../src/gate/items/alert-live.ts'
import { healthItems } from '../../../src/gate/items/health.ts'
import { keyMetricItems } from '../../../src/gate/items/key-metrics.ts'
import { metricsEndpointItems } from '../../../src/gate/items/metrics-endpoint.ts'
import { liveRuleItems } from '../../../src/gate/items/rules-live.ts'
import { scrapeItems } from '../../../src/gate/items/scrape.ts'
import { liveSources } from '../../../src/gate/items/sources.ts'
import { judgeItems } from '../../../src/gate/judge-items.ts'
import { parseExposition } from '../../../src/gate/live/exposition/parse-exposition.ts'
import type { HttpFailure } from '../../../src/gate/live/http-client.ts'
import type {
  AnswerFacts,
  HealthFacts,
  LoadedRule,
  MetricsFacts,
  PrometheusFacts,
  ServiceFacts,
  Target
} from '../../../src/gate/live/live-facts.ts'
import type { ApiReason, Asked, Sample, Samples } from '../../../src/gate/live/prometheus-api.ts'

export const NOW = Date.parse('2026-03-31T12:00:00Z')
export const STARTED = NOW / 1000 - 3600
const INSTANCE = { job: 'shop', instance: 'shop:8080' }

const ACCESS: HttpAccess = {
  url: 'http://shop:8080',
  headers: async () => ({}),
  caFile: null,
  clientCertFile: null,
  clientKeyFile: null
}

export const CONFIG: GateConfig = {
  folder: '/gate',
  service: { ...ACCESS, name: 'shop', namespace: null },
  prometheus: { ...ACCESS, url: 'http://prometheus:9090', selector: 'job="shop"', configFile: null },
  alertmanager: null,
  metrics: {
    path: '/metrics',
    prefix: 'shop_',
    isPushed: false,
    required: { orders_total: 'counter', queue: 'gauge', latency_seconds: 'histogram' }
  },
  rules: { files: ['/gate/alerts.yml'], groups: null },
  alert: { name: 'ShopDown', runbook: null, seenWithinMs: 30 * 86_400_000 },
  runbooks: { folder: null, sections: [], follow: false, everyAlert: false },
  health: [
    { id: 'health', path: '/health', status: 200, checks: [], timeoutMs: 30_000, isHtml: false },
    { id: 'readyz', path: '/readyz', status: 200, checks: ['database'], timeoutMs: 30_000, isHtml: false }
  ],
  drills: [],
  documents: [],
  required: [],
  optional: [],
  waivers: [],
  timeoutMs: 5_000
}

/** What came of a question. */
export function asked<Value>(value: Value, rest: Partial<Asked<Value>> = {}): Asked<Value> {
  return { asked: 'query x', answer: seen(value), partial: [], ms: 3, ...rest }
}

export function unasked(reason: ApiReason, message: string): Asked<never> {
  return { asked: 'query x', answer: unseen(reason, message), partial: [], ms: 3 }
}

export function samples(...rows: readonly (readonly [labels: Sample['labels'], value: number])[]): Asked<Samples> {
  return asked({ samples: rows.map(([labels, value]) => ({ labels, value })), at: NOW / 1000 })
}

/** Of the only instance. */
export function ofInstance(...values: readonly number[]): Asked<Samples> {
  return samples(
    ...values.map(
      (value, index) => [index === 0 ? INSTANCE : { ...INSTANCE, instance: `other:${index}` }, value] as const
    )
  )
}

export const PARTIAL = { partial: ['store 10.0.0.1 did not answer'] }

export function answerOf(url: string, rest: Partial<AnswerFacts> = {}): AnswerFacts {
  return {
    answered: true,
    url,
    status: 200,
    contentType: 'text/plain; version=0.0.4',
    location: null,
    secureUrl: null,
    bytes: 100,
    isTruncated: false,
    isUtf8: true,
    ms: 12.3,
    ...rest
  }
}

export function failureOf(url: string, message = 'connection to shop:8080 refused'): HttpFailure {
  return { answered: false, url, reason: 'connect', message, ms: 1 }
}

const TEXT = [
  '# HELP shop_spare_total Said and never counted.',
  '# TYPE shop_orders_total counter',
  'shop_orders_total 5',
  '# TYPE shop_queue gauge',
  'shop_queue{name="a"} 1',
  'shop_queue{name="b"} 2',
  '# TYPE shop_latency_seconds histogram',
  'shop_latency_seconds_bucket{le="+Inf"} 4',
  'shop_latency_seconds_sum 1',
  'shop_latency_seconds_count 4',
  '# TYPE process_start_time_seconds gauge',
  `process_start_time_seconds ${STARTED}`,
  ''
].join('\n')

/** An answer of `/metrics` with this text. */
export function metricsOf(text: string, rest: Partial<AnswerFacts> = {}): MetricsFacts {
  const answer = answerOf('http://shop:8080/metrics', { bytes: text.length, ...rest })
  return { ...answer, exposition: parseExposition(text, answer.contentType) }
}

/** The healthy text, with lines replaced. */
export function textWith(...changes: readonly (readonly [from: string | RegExp, to: string])[]): string {
  return changes.reduce((text, [from, to]) => text.replace(from, to), TEXT)
}

export function healthOf(path: string, rest: Partial<AnswerFacts & { isHtml: boolean }> = {}): HealthFacts {
  return {
    ...answerOf(`http://shop:8080${path}`, rest),
    isHtml: false,
    overall: null,
    checks: { database: ['ok'] },
    ...rest
  }
}

export const TARGET: Target = {
  labels: INSTANCE,
  url: 'http://shop:8080/metrics',
  health: 'up',
  lastError: '',
  intervalMs: 15_000
}

export const RULE: LoadedRule & { readonly keepFiringMs: number } = {
  kind: 'alert',
  name: 'ShopDown',
  expr: 'up == 0',
  state: 'inactive',
  health: 'ok',
  lastError: '',
  lastEvaluation: NOW - 9_000,
  forMs: 60_000,
  keepFiringMs: 0,
  labels: { severity: 'critical' },
  annotations: { runbook: 'docs/shop.md' }
}

/** A loaded group `shop` with these rules. */
export function groupOf(...rules: readonly LoadedRule[]) {
  return { name: 'shop', intervalMs: 15_000, rules }
}

export const SERVICE: ServiceFacts = {
  url: 'http://shop:8080',
  metrics: metricsOf(TEXT),
  health: new Map([
    ['health', healthOf('/health')],
    ['readyz', healthOf('/readyz')]
  ])
}

export const PROMETHEUS: PrometheusFacts = {
  url: 'http://prometheus:9090',
  build: asked({ version: '2.42.0', product: 'Prometheus' }),
  time: samples([{}, NOW / 1000]),
  up: ofInstance(1),
  upAge: ofInstance(4),
  startTimes: ofInstance(STARTED),
  targets: asked([TARGET]),
  fresh: asked({ now: 41, minute: 41, fiveMinutes: 41, hour: 41 }),
  rules: asked([groupOf(RULE)]),
  lastReload: true,
  formatted: new Map([['up == 0', asked('up == 0')]]),
  keyMetrics: new Map(
    ['orders_total', 'queue', 'latency_seconds'].map(name => [
      name,
      { series: asked({ count: 1, age: 7 }), types: asked(['gauge']) }
    ])
  ),
  alert: { now: samples(), seen: samples(), times: samples(), expression: samples() }
}

export interface World {
  readonly service?: Partial<ServiceFacts>
  /** `null`: it is not configured. */
  readonly prometheus?: Partial<PrometheusFacts> | null
  readonly alertmanager?: GateFacts['live']['alertmanager']
  readonly files?: Partial<GateFacts['files']>
  readonly config?: Partial<GateConfig>
  readonly drills?: GateFacts['drills']
}

export function factsOf({ service, prometheus, alertmanager = null, files, drills = new Map() }: World): GateFacts {
  const rule = { ...RULE, line: 4 }
  const file = { path: 'alerts.yml', unreadable: null, bytes: 100, mistakes: [] }
  return {
    now: NOW,
    files: {
      rules: [{ ...file, groups: [{ name: 'shop', rules: [rule] }] }],
      prometheusConfig: null,
      alertRunbook: null,
      runbooks: null,
      documents: [],
      ...files
    },
    live: {
      service: { ...SERVICE, ...service },
      prometheus: prometheus === null ? null : { ...PROMETHEUS, ...prometheus },
      alertmanager
    },
    drills
  }
}

/** The whole report of such a world. */
export function reportOf(world: World) {
  const config = { ...CONFIG, ...world.config }
  const specs = [
    ...metricsEndpointItems(config),
    ...scrapeItems(config),
    ...liveRuleItems(config),
    ...liveAlertItems(config),
    ...keyMetricItems(config),
    ...healthItems(config)
  ]
  const header = { commit: null, environment: null, validator: null }
  return judgeItems({ specs, sources: liveSources(config), facts: factsOf(world), config, header })
}

/** `STATUS: EVIDENCE → ACTION` of an item, with the warnings of the report. */
export function judged(id: string, world: World): string {
  const report = reportOf(world)
  const item = report.items.find(one => one.id === id)
  const actions = report.actions.filter(
    ({ action, items }) => items.includes(id) && !action.startsWith('Run the gate again: ')
  )
  const reservations = report.reservations.filter(text => text.includes(`(${id}`) || text.includes(`, ${id}`))
  const more = [...actions.map(({ action }) => `→ ${action}`), ...reservations.map(text => `! ${text}`)]
  return [`${item?.status}: ${item?.evidence}`, ...more].join('\n')
}
