import { Counter, collectDefaultMetrics, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client'
import type { SourceHealth } from '../domain/ports.ts'
import type { Report } from '../domain/report.ts'
import type { Shard } from '../domain/shard.ts'
import { targetKey } from '../domain/target.ts'
import { countSeries } from './families.ts'
import { shareReading } from './shared-reading.ts'

export type Format = 'text' | 'openmetrics'

/** Where the guard's own metrics read their values, at each scrape. */
export interface OwnFacts {
  readonly version: string
  /** Empty: not known. */
  readonly revision: string
  readonly nodeVersion: string
  readonly checkIntervalMs: number
  readonly shard: Shard
  targets(): number
  /** Whether the files that are followed are all in use as they are now. */
  configOk(): boolean
  /** Absent: workloads do not come from Kubernetes. */
  readonly kubernetes?: () => SourceHealth
}

export interface OwnMetrics {
  observeCycle(durationMs: number): void
  /** Each report that is published. */
  observeReport(report: Report): void
  render(format: Format): Promise<string>
  /** Without `process_*` and `nodejs_*`, which node_exporter's textfile collector must not see twice. */
  renderGuardOnly(): Promise<string>
}

/** Families of the guard itself, for the documentation and for tests that tie queries to what exists. */
export const OWN_FAMILIES = [
  ['keybuzz_version_guard_build_info', 'Version and revision of the guard, and of the Node that runs it. Always 1.'],
  ['keybuzz_version_guard_targets', 'Number of targets of this instance.'],
  ['keybuzz_version_guard_shard', 'Which part of the targets this instance has, counted from 0.'],
  ['keybuzz_version_guard_total_shards', 'Into how many parts the targets are split; 1: every instance has all.'],
  ['keybuzz_version_guard_check_interval_seconds', 'The configured CHECK_INTERVAL.'],
  ['keybuzz_version_guard_cycle_duration_seconds', 'How long a pass over all targets takes.'],
  ['keybuzz_version_guard_config_reload_success', 'Whether every followed file is in use as it is now.'],
  ['keybuzz_version_guard_kubernetes_up', 'Whether everything that is watched in Kubernetes is seen at present.'],
  [
    'keybuzz_version_guard_kubernetes_last_sync_timestamp_seconds',
    'When what is known of Kubernetes was last known to be true, in seconds since the epoch; absent: never.'
  ],
  [
    'keybuzz_version_guard_series_dropped_total',
    'Series of targets that SERIES_LIMIT kept out, counted each time that the gauges were made anew.'
  ],
  [
    'keybuzz_version_guard_version_labels_held_total',
    'How often the version of a target began to be held back from keybuzz_version_info, for it never stayed.'
  ]
] as const

type OwnName = (typeof OWN_FAMILIES)[number][0]

// promtool refuses these three of prom-client's defaults: gauges whose names end in _total.
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** The guard's own metrics and the usual ones of a Node process, on registries of their own. */
export function createOwnMetrics(facts: OwnFacts): OwnMetrics {
  const guard = new Registry()
  const gauge = (name: OwnName, read: () => number | null) =>
    new Gauge({
      name,
      help: helpOf(name),
      registers: [guard],
      collect() {
        const value = read()
        if (value === null) this.remove()
        else this.set(value)
      }
    })

  new Gauge({
    name: 'keybuzz_version_guard_build_info' satisfies OwnName,
    help: helpOf('keybuzz_version_guard_build_info'),
    labelNames: ['version', 'revision', 'node_version'],
    registers: [guard]
  }).set({ version: facts.version, revision: facts.revision, node_version: facts.nodeVersion }, 1)
  gauge('keybuzz_version_guard_targets', facts.targets)
  gauge('keybuzz_version_guard_shard', () => facts.shard.index)
  gauge('keybuzz_version_guard_total_shards', () => facts.shard.total)
  gauge('keybuzz_version_guard_check_interval_seconds', () => facts.checkIntervalMs / 1000)
  gauge('keybuzz_version_guard_config_reload_success', () => Number(facts.configOk()))
  const { kubernetes } = facts
  if (kubernetes !== undefined) {
    gauge('keybuzz_version_guard_kubernetes_up', () => Number(kubernetes().up))
    gauge('keybuzz_version_guard_kubernetes_last_sync_timestamp_seconds', () => {
      const { lastSyncAt } = kubernetes()
      return lastSyncAt === null ? null : lastSyncAt / 1000
    })
  }
  const cycles = new Histogram({
    name: 'keybuzz_version_guard_cycle_duration_seconds' satisfies OwnName,
    help: helpOf('keybuzz_version_guard_cycle_duration_seconds'),
    buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60],
    registers: [guard]
  })

  const counts = { keybuzz_version_guard_series_dropped_total: 0, keybuzz_version_guard_version_labels_held_total: 0 }
  let held: ReadonlySet<string> = new Set()

  // Rendering OpenMetrics, prom-client renames each counter for good: formats share gauges and histograms alone.
  const guardOpenmetrics = new Registry<OpenMetricsContentType>()
  guardOpenmetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  copy(guard, guardOpenmetrics)
  const text = new Registry()
  const openmetrics = new Registry<OpenMetricsContentType>()
  openmetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  addCounters(guard, counts)
  addCounters(guardOpenmetrics, counts)
  // To read what a process has open and in use takes longer than all the rest of a scrape, and blocks the loop.
  const process = {
    text: shareReading(addProcessMetrics(text), () => performance.now()),
    openmetrics: shareReading(addProcessMetrics(openmetrics), () => performance.now())
  }

  return {
    observeCycle: durationMs => cycles.observe(durationMs / 1000),
    observeReport: ({ services }) => {
      const before = held
      held = new Set(services.filter(({ labels }) => labels.held !== null).map(targetKey))
      counts.keybuzz_version_guard_version_labels_held_total += [...held].filter(key => !before.has(key)).length
      for (const service of services) {
        if (!service.isExposed) counts.keybuzz_version_guard_series_dropped_total += countSeries(service)
      }
    },
    render: async format => {
      const [ofProcess, ofGuard] = await Promise.all([
        process[format](),
        format === 'text' ? guard.metrics() : guardOpenmetrics.metrics()
      ])
      return `${ofProcess.replace(/# EOF\n$/, '')}${ofGuard}`
    },
    renderGuardOnly: () => guard.metrics()
  }
}

function addProcessMetrics(register: Registry | Registry<OpenMetricsContentType>): () => Promise<string> {
  collectDefaultMetrics({ register: register as Registry })
  for (const name of MISNAMED) register.removeSingleMetric(name)
  return () => register.metrics()
}

type Counts = Partial<Record<OwnName, number>>

function addCounters(register: Registry | Registry<OpenMetricsContentType>, counts: Counts): void {
  for (const name of Object.keys(counts) as (keyof Counts)[]) {
    new Counter({
      name,
      help: helpOf(name),
      registers: [register as Registry],
      collect() {
        this.reset()
        this.inc(counts[name] ?? 0)
      }
    })
  }
}

function copy(from: Registry, to: Registry | Registry<OpenMetricsContentType>): void {
  for (const { name } of from.getMetricsAsArray()) {
    const metric = from.getSingleMetric(name)
    if (metric !== undefined) to.registerMetric(metric)
  }
}

function helpOf(name: OwnName): string {
  return OWN_FAMILIES.find(([family]) => family === name)?.[1] ?? ''
}
