import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { GraphDrawStyle, StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common'
import type { DashboardBuilder, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Column, coloured, inUnit, linked, showColumns, worded } from './columns.ts'
import { stat, steps, table, timeSeries } from './panels.ts'
import {
  countOf,
  FLEET,
  failure,
  GUARDS,
  guardsRunning,
  lastChecked,
  perService,
  secondsInStatus,
  secondsSinceCheck,
  sourceSeen,
  statusNow,
  tenSlowest,
  versions,
  workload
} from './queries.ts'
import { anyOf, guardVariables, labelVariable, runbookLink, runbookOf, scaffold } from './scaffold.ts'
import {
  CHANGE_WORDS,
  REASON_NAMES,
  REASONS,
  RUNNING_WORDS,
  SOURCE_ALERTS,
  SOURCE_WORDS,
  STATE_MEANINGS,
  STATES,
  WORKLOAD_WORDS
} from './states.ts'
import { serviceLink, statusOverTime, timeInEachStatus } from './status-panels.ts'

/** A fixed colour for each reason to fail. None is green, which Grafana would pick first. */
const FAILURE_COLORS: readonly string[] = [
  'purple',
  'orange',
  'yellow',
  'blue',
  'red',
  'light-purple',
  'light-orange',
  'light-yellow',
  'light-blue',
  'light-red'
]

/** Every service at a glance, worst first. */
export function fleetDashboard(): DashboardBuilder {
  return scaffold({
    view: 'fleet',
    description: 'Is what runs what we believe runs? Every service at a glance, worst first.',
    from: 'now-6h',
    variables: [...guardVariables(), anyOf(labelVariable('namespace', `keybuzz_version_info{${GUARDS}}`, 'Namespace'))],
    sections: [
      { title: '', panels: [servicesByStatus(), guardRuns(), kubernetes(), everyService()] },
      { title: 'Over time', panels: [statusOverTime(FLEET, [24, 9]), timeInEachStatus(FLEET, [24, 9])] },
      { title: 'Debug endpoints', panels: [latency(), failuresByReason()] }
    ]
  })
}

function servicesByStatus(): Builder<Panel> {
  const frame = {
    title: 'Services by status, now',
    description:
      'How many services are in which status. ERROR: the endpoint gave no usable report. MISMATCH: it reports another version than is deployed. WARNING: its report has no git SHA. STALE: not checked for three intervals. UNKNOWN: nobody can tell what is deployed. MISMATCH (ROLLOUT): pods are being replaced, so a mismatch is expected, and no alert fires until the rollout ends or is stuck. Click a number for its runbook.',
    size: [18, 4] as const,
    unit: 'short',
    noValue: 'No data'
  }
  const panel = stat(frame, ...STATES.map(({ name }) => ({ expr: countOf(name, FLEET), legend: name })))
  for (const { name, color, alert } of STATES) {
    panel.overrideByName(name, [
      {
        id: 'thresholds',
        value: steps([
          [null, 'transparent'],
          [1, color]
        ]).build()
      },
      ...(alert === null ? [] : [linked(`Runbook: ${alert}`, runbookOf(alert))])
    ])
  }
  return panel
}

function guardRuns(): Builder<Panel> {
  const frame = {
    title: 'Guards running',
    description:
      'How many instances of the guard Prometheus has scraped lately. Without one, nothing here is known. If a shard is gone, its services are missing here.',
    size: [3, 4] as const,
    unit: 'short',
    noValue: 'No data'
  }
  return stat(frame, { expr: guardsRunning(GUARDS), legend: 'guards' })
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
  const frame = {
    title: 'Kubernetes or Docker',
    description:
      'Whether the guards can read everything that they watch in Kubernetes or on Docker hosts. If not, or not for five minutes, what is shown as deployed may be old.',
    size: [3, 4] as const,
    unit: 'short',
    noValue: 'Not used'
  }
  return stat(frame, { expr: sourceSeen(GUARDS), legend: 'seen' })
    .mappings([...SOURCE_WORDS])
    .dataLinks(SOURCE_ALERTS.map(alert => ({ build: () => runbookLink(alert) })))
}

function everyService(): Builder<Panel> {
  const frame = {
    title: 'Every service, worst first',
    description:
      'What is deployed against what the service reports. A service without an endpoint has no status. Changed ago: the time since the status last changed. "No change seen" means that it did not change in the chosen range, or since the service was first seen. Click a service for its history.',
    size: [24, 11] as const,
    unit: 'short',
    noValue: 'No services seen: is the guard up and scraped, and has it targets?'
  }
  const columns: Column[] = [
    { field: 'Value #A', heading: 'Status', width: 250, properties: coloured(STATE_MEANINGS) },
    { field: 'service', heading: 'Service', properties: [linked('History of this service', serviceLink())] },
    { field: 'namespace', heading: 'Namespace' },
    { field: 'image_tag', heading: 'Deployed' },
    { field: 'ui_version', heading: 'Reported' },
    { field: 'reason', heading: 'Why no report', width: 170, properties: worded(REASONS) },
    { field: 'Value #D', heading: 'HTTP', width: 70 },
    { field: 'Value #E', heading: 'Workload', width: 120, properties: worded(WORKLOAD_WORDS) },
    { field: 'Value #F', heading: 'Changed ago', width: 140, properties: [...inUnit('s'), ...worded(CHANGE_WORDS)] },
    { field: 'Value #G', heading: 'Checked ago', width: 110, properties: inUnit('s') }
  ]
  const panel = table(frame, [
    statusNow(FLEET),
    versions(FLEET, 'image_tag', 'ui_version'),
    failure(FLEET),
    perService(lastChecked('keybuzz_debug_endpoint_http_status_code', FLEET)),
    workload(FLEET),
    secondsInStatus(FLEET),
    secondsSinceCheck(FLEET)
  ])
  return showColumns(panel, columns).sortBy([
    { build: () => ({ displayName: 'Status', desc: true }) },
    { build: () => ({ displayName: 'Service', desc: false }) }
  ])
}

function latency(): Builder<Panel> {
  const frame = {
    title: 'Slowest debug endpoints',
    description:
      'How long a probe took, connect to last byte, the slowest in each step; the ten services with the slowest probe of the range. A line at CHECK_TIMEOUT (10 s by default) is an endpoint that does not answer.',
    size: [12, 9] as const,
    unit: 's',
    noValue: 'No probe seen in this range: is the guard up and scraped?'
  }
  return timeSeries(frame, { expr: tenSlowest(FLEET), legend: '{{service}} ({{namespace}})' })
}

function failuresByReason(): Builder<Panel> {
  const frame = {
    title: 'Failing endpoints by reason',
    description:
      'How many services gave no usable report in each step, by reason. If many fail at once for the same reason, look at the network, DNS or certificates before the services.',
    size: [12, 9] as const,
    unit: 'short',
    noValue: 'No failure seen in this range; while no guard runs, none is seen'
  }
  const failing = `max by (namespace, service, reason) (max_over_time(keybuzz_debug_endpoint_failure{${FLEET}}[$__rate_interval]))`
  const panel = timeSeries(frame, { expr: `count by (reason) (${failing})`, legend: '{{reason}}' })
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(70)
    .decimals(0)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  for (const [index, { name, properties }] of REASON_NAMES.entries()) {
    const fixedColor = FAILURE_COLORS[index % FAILURE_COLORS.length]
    panel.overrideByName(name, [...properties, { id: 'color', value: { mode: 'fixed', fixedColor } }])
  }
  return panel
}
