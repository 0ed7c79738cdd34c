import type { SourceHealth } from '../domain/ports.ts'
import { isExposed, type Report } from '../domain/report.ts'
import type { Shard } from '../domain/shard.ts'
import { namespaceOf, targetKey } from '../domain/target.ts'
import { type Distribution, type Family, type Format, optional, renderFamilies, single } from './family.ts'
import { countSeries } from './service-families.ts'

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
  /** Absent: workloads do not come from a Docker host. */
  readonly docker?: () => SourceHealth
}

export interface OwnMetrics {
  observeCycle(durationMs: number): void
  /** Each report that is published. */
  observeReport(report: Report): void
  render(format: Format): string
}

/** The facts, and what was counted since the start. */
interface OwnSubject extends OwnFacts {
  readonly cycles: Distribution
  readonly seriesDropped: number
  readonly labelsHeld: number
  readonly newSeriesHeld: ReadonlyMap<string, number>
}

const BOUNDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60]

/** Every metric of the guard itself, in the order of the exposition; `process_*` and `nodejs_*` are prom-client's. */
export const OWN_FAMILIES: readonly Family<OwnSubject>[] = [
  {
    name: 'keybuzz_version_guard_build_info',
    help: 'Version and revision of the guard, and of the Node that runs it. Always 1.',
    type: 'gauge',
    labels: ['version', 'revision', 'node_version'],
    samples: ({ version, revision, nodeVersion }) => [[[version, revision, nodeVersion], 1]]
  },
  {
    name: 'keybuzz_version_guard_targets',
    help: 'Number of targets that this instance checks.',
    type: 'gauge',
    labels: [],
    samples: ({ targets }) => single(targets())
  },
  {
    name: 'keybuzz_version_guard_shard',
    help: 'Which part of the targets this instance has, counted from 0.',
    type: 'gauge',
    labels: [],
    samples: ({ shard }) => single(shard.index)
  },
  {
    name: 'keybuzz_version_guard_total_shards',
    help: 'Into how many parts the targets are split; 1: every instance has all.',
    type: 'gauge',
    labels: [],
    samples: ({ shard }) => single(shard.total)
  },
  {
    name: 'keybuzz_version_guard_check_interval_seconds',
    help: 'The configured CHECK_INTERVAL.',
    type: 'gauge',
    labels: [],
    samples: ({ checkIntervalMs }) => single(checkIntervalMs / 1000)
  },
  {
    name: 'keybuzz_version_guard_cycle_duration_seconds',
    help: 'How long a pass over all targets takes.',
    type: 'histogram',
    labels: [],
    distribution: ({ cycles }) => cycles
  },
  {
    name: 'keybuzz_version_guard_config_reload_success',
    help: 'Whether the current version of every followed file is in use.',
    type: 'gauge',
    labels: [],
    samples: ({ configOk }) => single(Number(configOk()))
  },
  {
    name: 'keybuzz_version_guard_kubernetes_up',
    help: 'Whether all watched workloads in Kubernetes can be seen now.',
    type: 'gauge',
    labels: [],
    samples: ({ kubernetes }) => optional(kubernetes?.().up)
  },
  {
    name: 'keybuzz_version_guard_kubernetes_last_sync_timestamp_seconds',
    help: 'When the state of Kubernetes was last known to be current, in seconds since the epoch; absent: never.',
    type: 'gauge',
    labels: [],
    samples: ({ kubernetes }) => {
      const lastSyncAt = kubernetes?.().lastSyncAt ?? null
      return lastSyncAt === null ? [] : single(lastSyncAt / 1000)
    }
  },
  {
    name: 'keybuzz_version_guard_docker_up',
    help: 'Whether the containers of the Docker host can be seen now.',
    type: 'gauge',
    labels: [],
    samples: ({ docker }) => optional(docker?.().up)
  },
  {
    name: 'keybuzz_version_guard_docker_last_sync_timestamp_seconds',
    help: 'When the containers of the Docker host were last listed, in seconds since the epoch; absent: never.',
    type: 'gauge',
    labels: [],
    samples: ({ docker }) => {
      const lastSyncAt = docker?.().lastSyncAt ?? null
      return lastSyncAt === null ? [] : single(lastSyncAt / 1000)
    }
  },
  {
    name: 'keybuzz_version_guard_series_dropped_total',
    help: 'Series of targets that SERIES_LIMIT kept out, counted each time the gauges were rendered.',
    type: 'counter',
    labels: [],
    samples: ({ seriesDropped }) => single(seriesDropped)
  },
  {
    name: 'keybuzz_version_guard_version_labels_held_total',
    help: 'How often the version of a target was newly held back from keybuzz_version_info, because it kept changing.',
    type: 'counter',
    labels: [],
    samples: ({ labelsHeld }) => single(labelsHeld)
  },
  {
    name: 'keybuzz_version_guard_new_series_held_total',
    help: 'Services that were kept out of /metrics at first, because their namespace named too many new ones within an hour.',
    type: 'counter',
    labels: ['namespace'],
    samples: ({ newSeriesHeld }) => [...newSeriesHeld].map(([namespace, count]) => [[namespace], count])
  }
]

// Anybody who can create namespaces could make each of them a series.
const MOST_NAMESPACES = 100

/** Counts what the guard does, and renders its own metrics as they are at that moment. */
export function createOwnMetrics(facts: OwnFacts): OwnMetrics {
  const cycles = { bounds: BOUNDS, counts: new Array<number>(BOUNDS.length + 1).fill(0), sum: 0 }
  const subject = { ...facts, cycles, seriesDropped: 0, labelsHeld: 0, newSeriesHeld: new Map<string, number>() }
  let held: ReadonlySet<string> = new Set()
  let tooNew: ReadonlySet<string> = new Set()

  function countNewSeries(now: ReadonlySet<string>): void {
    for (const key of now) {
      if (tooNew.has(key)) continue
      const namespace = namespaceOf(key)
      const counts = subject.newSeriesHeld
      const label = counts.has(namespace) || counts.size < MOST_NAMESPACES ? namespace : '(other)'
      counts.set(label, (counts.get(label) ?? 0) + 1)
    }
    tooNew = now
  }

  return {
    observeCycle: durationMs => {
      const seconds = durationMs / 1000
      const bucket = BOUNDS.findIndex(bound => seconds <= bound)
      const index = bucket === -1 ? BOUNDS.length : bucket
      cycles.counts[index] = (cycles.counts[index] ?? 0) + 1
      cycles.sum += seconds
    },
    observeReport: report => {
      const before = held
      held = new Set(report.held.filter(({ held }) => held.version).map(targetKey))
      subject.labelsHeld += [...held].filter(key => !before.has(key)).length
      countNewSeries(report.tooNew)
      if (report.leftOut === null) return
      for (const service of report.services) {
        const { required, all } = countSeries(service)
        subject.seriesDropped += all - (isExposed(report, service) ? required : 0)
      }
    },
    render: format => renderFamilies(OWN_FAMILIES, subject, { identity: '', format })
  }
}
