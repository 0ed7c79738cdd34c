import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { DashboardBuilder, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { stat, stateTimeline, statOfLabel, steps, timeSeries } from './panels.ts'
import { GUARD, GUARDS, gauge, guardsRunning, newlyHeld, ofSource, sourceAge, sourceSeen } from './queries.ts'
import { anyOf, guardVariables, labelVariable, runbookLink, scaffold } from './scaffold.ts'
import { RUNNING_WORDS, SOURCE_ALERTS, SOURCE_WORDS, words } from './states.ts'

const IN_USE = words({ 0: ['A file is refused', 'red'], 1: ['In use', 'green'] })

/** The guard's own health: can you trust the other dashboards? */
export function guardDashboard(): DashboardBuilder {
  return scaffold({
    view: 'guard',
    description: 'The health of the guard itself: can you trust the other dashboards?',
    from: 'now-6h',
    variables: [
      ...guardVariables(),
      anyOf(labelVariable('instance', `keybuzz_version_guard_build_info{${GUARDS}}`, 'Instance'))
    ],
    sections: [
      { title: '', panels: [running(), kubernetes(), configuration(), oldestCheck(), targets(), version()] },
      {
        title: 'What it knows',
        panels: [cycleTime(), ageOfChecks(), ageOfKubernetes(), targetsOverTime(), leftOut(), sight()]
      },
      { title: 'What it takes', panels: [memory(), cpu(), eventLoop(), files()] }
    ]
  })
}

function running(): Builder<Panel> {
  return stat(
    {
      title: 'Running',
      description: 'How many instances Prometheus has scraped lately. If a shard is gone, nobody watches its services.',
      size: [4, 4],
      unit: 'short',
      noValue: 'No data'
    },
    { expr: guardsRunning(GUARD), legend: 'guards' }
  )
    .mappings([...RUNNING_WORDS])
    .thresholds(
      steps([
        [null, 'red'],
        [1, 'green']
      ])
    )
    .dataLinks([{ build: () => runbookLink('KeyBuzzVersionGuardDown') }])
}

function kubernetes(): Builder<Panel> {
  return stat(
    {
      title: 'Kubernetes or Docker',
      description:
        'Whether every instance can read everything that it watches, and has done so in the last five minutes. "Not used" means that workloads come from a file.',
      size: [4, 4],
      unit: 'short',
      noValue: 'Not used'
    },
    { expr: sourceSeen(GUARD), legend: 'seen' }
  )
    .mappings([...SOURCE_WORDS])
    .dataLinks(SOURCE_ALERTS.map(alert => ({ build: () => runbookLink(alert) })))
}

function configuration(): Builder<Panel> {
  return stat(
    {
      title: 'Configuration',
      description:
        'Whether every configuration file is in use as it is now. When one is refused, the log says why, and its last good version stays in use.',
      size: [4, 4],
      unit: 'short',
      noValue: 'No data'
    },
    { expr: `min(${gauge('keybuzz_version_guard_config_reload_success', GUARD)})`, legend: 'configuration' }
  ).mappings(IN_USE)
}

function oldestCheck(): Builder<Panel> {
  return stat(
    {
      title: 'Oldest check, in intervals',
      description:
        'How long ago the least recently checked service was checked, in check intervals. Above 3, its status is STALE.',
      size: [4, 4],
      unit: 'short',
      noValue: 'No check seen'
    },
    {
      expr: `max(${ageOf('keybuzz_version_check_timestamp_seconds')}) / max(${gauge('keybuzz_version_guard_check_interval_seconds', GUARD)})`,
      legend: 'oldest check'
    }
  )
    .decimals(1)
    .thresholds(
      steps([
        [null, 'green'],
        [2, 'yellow'],
        [3, 'red']
      ])
    )
    .dataLinks([{ build: () => runbookLink('KeyBuzzVersionGuardStale') }])
}

function targets(): Builder<Panel> {
  return stat(
    {
      title: 'Targets',
      description:
        'How many services the guard watches. Each counts once, however many replicas and shards there are. With none, nothing is watched.',
      size: [4, 4],
      unit: 'short',
      noValue: 'No data'
    },
    {
      expr: `count(count by (namespace, service) (${gauge('keybuzz_service_info', GUARD)})) or max(${gauge('keybuzz_version_guard_targets', GUARD)})`,
      legend: 'targets'
    }
  ).mappings(words({ 0: ['None', 'red'] }))
}

function version(): Builder<Panel> {
  return statOfLabel(
    {
      title: 'Version',
      description: 'The version of the guard. Two at once mean that an update is under way, or stuck.',
      size: [4, 4],
      unit: 'short',
      noValue: 'No data'
    },
    { expr: `count by (version) (${gauge('keybuzz_version_guard_build_info', GUARD)})`, legend: '{{version}}' }
  )
}

function cycleTime(): Builder<Panel> {
  const rate = (part: string) =>
    `rate(keybuzz_version_guard_cycle_duration_seconds_${part}{${GUARD}}[$__rate_interval])`
  const quantile = (share: number) => `histogram_quantile(${share}, sum by (le, instance) (${rate('bucket')}))`
  return timeSeries(
    {
      title: 'Cycle time',
      description:
        'How long it takes to check all targets, compared with the check interval. If it comes close to the interval, raise CHECK_INTERVAL or CHECK_CONCURRENCY, or look for endpoints that time out.',
      size: [12, 8],
      unit: 's',
      noValue: 'No cycle in this range'
    },
    { expr: quantile(0.5), legend: '{{instance}} median' },
    { expr: quantile(0.95), legend: '{{instance}} 95th percentile' },
    { expr: `max(${gauge('keybuzz_version_guard_check_interval_seconds', GUARD)})`, legend: 'interval' }
  ).overrideByName('interval', dashed())
}

function ageOfChecks(): Builder<Panel> {
  return timeSeries(
    {
      title: 'Age of the oldest check',
      description:
        'How long ago the least recently checked service had been checked, at the time of each scrape. Above the line at three intervals, its status is STALE.',
      size: [12, 8],
      unit: 's',
      noValue: 'No check in this range'
    },
    { expr: `max by (instance) (${ageOf('keybuzz_version_check_timestamp_seconds')})`, legend: '{{instance}}' },
    { expr: `3 * max(${gauge('keybuzz_version_guard_check_interval_seconds', GUARD)})`, legend: 'three intervals' }
  ).overrideByName('three intervals', dashed())
}

function ageOfKubernetes(): Builder<Panel> {
  return timeSeries(
    {
      title: 'Age of what is known of Kubernetes or Docker',
      description:
        'How long ago Kubernetes, or the Docker host, last confirmed everything that the guard watches, at the time of each scrape. A sawtooth of about a minute is normal. Above five minutes, alerts about versions stop.',
      size: [12, 7],
      unit: 's',
      noValue: 'Neither was read in this range'
    },
    {
      expr: `max by (instance) (${sourceAge(GUARD)})`,
      legend: '{{instance}}'
    }
  )
}

function sight(): Builder<Panel> {
  const least = (name: string) => `min_over_time(${name}{${GUARD}}[$__rate_interval])`
  const seen = ofSource(source => least(`keybuzz_version_guard_${source}_up`))
  const inUse = least('keybuzz_version_guard_config_reload_success')
  const lanes = [
    { expr: `min by (instance) (${seen})`, legend: '{{instance}} Kubernetes or Docker' },
    { expr: `min by (instance) (${inUse})`, legend: '{{instance}} configuration' }
  ]
  return stateTimeline(
    {
      title: 'Sight and configuration',
      description: 'The worst value in each step. Grey means that the instance did not run or was not scraped.',
      size: [24, 6],
      unit: 'short',
      noValue: 'No scrape in this range'
    },
    SOURCE_WORDS,
    lanes
  ).overrideByQuery('B', [{ id: 'mappings', value: IN_USE }])
}

function targetsOverTime(): Builder<Panel> {
  return timeSeries(
    {
      title: 'Targets',
      description:
        'How many services each instance watches. A drop means that workloads were deleted, lost their annotation, or cannot be read.',
      size: [12, 7],
      unit: 'short',
      noValue: 'No scrape in this range'
    },
    { expr: `max by (instance) (${gauge('keybuzz_version_guard_targets', GUARD)})`, legend: '{{instance}}' }
  ).decimals(0)
}

function leftOut(): Builder<Panel> {
  return timeSeries(
    {
      title: 'Left out of /metrics',
      description:
        'Series per second that SERIES_LIMIT left out, and services that were newly left out in each step, because their namespace names too many new ones. Alerts cannot see them. Both should stay at zero.',
      size: [24, 6],
      unit: 'short',
      noValue: 'No scrape in this range'
    },
    {
      expr: `max by (instance) (rate(keybuzz_version_guard_series_dropped_total{${GUARD}}[$__rate_interval]))`,
      legend: '{{instance}} series beyond SERIES_LIMIT'
    },
    { expr: newlyHeld(GUARD), legend: '{{instance}} new services of {{namespace}}' }
  )
}

function memory(): Builder<Panel> {
  return timeSeries(
    {
      title: 'Memory',
      description:
        'Resident memory and used heap. If the heap only grows for days, it is a leak: restart the guard and report it.',
      size: [12, 8],
      unit: 'bytes',
      noValue: 'No scrape in this range'
    },
    { expr: `max by (instance) (${gauge('process_resident_memory_bytes', GUARD)})`, legend: '{{instance}} resident' },
    { expr: `max by (instance) (${gauge('nodejs_heap_size_used_bytes', GUARD)})`, legend: '{{instance}} heap' }
  )
}

function cpu(): Builder<Panel> {
  return timeSeries(
    {
      title: 'CPU, in cores',
      description: 'CPU cores in use; 1 is one full core.',
      size: [12, 8],
      unit: 'short',
      noValue: 'No scrape in this range'
    },
    {
      expr: `max by (instance) (rate(process_cpu_seconds_total{${GUARD}}[$__rate_interval]))`,
      legend: '{{instance}}'
    }
  )
}

function eventLoop(): Builder<Panel> {
  return timeSeries(
    {
      title: 'Event loop lag',
      description: 'Event loop delay, 99th percentile. Above 0.1 s, answers are late.',
      size: [12, 7],
      unit: 's',
      noValue: 'No scrape in this range'
    },
    { expr: `max by (instance) (${gauge('nodejs_eventloop_lag_p99_seconds', GUARD)})`, legend: '{{instance}}' }
  )
}

function files(): Builder<Panel> {
  return timeSeries(
    {
      title: 'Open files and sockets',
      description: 'Open file descriptors. If the number only grows, connections leak.',
      size: [12, 7],
      unit: 'short',
      noValue: 'No scrape in this range'
    },
    { expr: `max by (instance) (${gauge('process_open_fds', GUARD)})`, legend: '{{instance}}' }
  ).decimals(0)
}

function ageOf(timestamps: string): string {
  const selected = gauge(timestamps, GUARD)
  return `timestamp(${selected}) - ${selected}`
}

function dashed(): { id: string; value: object }[] {
  return [
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [10, 10] } },
    { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }
  ]
}
