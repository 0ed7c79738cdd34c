import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { DashboardBuilder, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Column, inUnit, showColumns } from './columns.ts'
import { stat, stateTimeline, statOfLabel, steps, table, timeSeries } from './panels.ts'
import {
  GUARDS,
  gauge,
  perService,
  SERVICE,
  secondsInStatus,
  secondsSinceCheck,
  shortened,
  statusNow,
  versionLanes,
  versions,
  workload
} from './queries.ts'
import { guardVariables, labelVariable, runbookLink, scaffold } from './scaffold.ts'
import { CHANGE_WORDS, REASON_NAMES, STATE_MEANINGS, STATES, WORKLOAD_WORDS, words } from './states.ts'
import { rollouts, statusOverTime, timeInEachStatus } from './status-panels.ts'

/** One service's history: what was deployed, what it reported, and what the guard made of it. */
export function serviceDashboard(): DashboardBuilder {
  return scaffold({
    view: 'service',
    description: 'The history of one service: what was deployed, what it reported, and when pods were replaced.',
    from: 'now-24h',
    variables: [
      ...guardVariables(),
      labelVariable('namespace', `keybuzz_version_info{${GUARDS}}`, 'Namespace'),
      labelVariable('service', `keybuzz_version_info{${GUARDS}, namespace="$namespace"}`, 'Service')
    ],
    sections: [
      {
        title: '',
        panels: [status(), age('Changed ago'), deployed(), reported(), gitSha(), pods(), age('Checked ago')]
      },
      {
        title: 'Over time',
        panels: [
          statusOverTime(SERVICE, [24, 4]),
          versionsOverTime(),
          seenVersions(),
          timeInEachStatus(SERVICE, [24, 4])
        ]
      },
      { title: 'Debug endpoint', panels: [latency(), httpStatus(), failures()] }
    ]
  }).annotation(rollouts(SERVICE))
}

function status(): Builder<Panel> {
  const panel = stat(
    {
      title: 'Status',
      description: 'What the guard says now. A service without an endpoint has no status. Click it for the runbooks.',
      size: [6, 4],
      unit: 'short',
      noValue: 'No endpoint, or no data'
    },
    { expr: statusNow(SERVICE), legend: '{{service}}' }
  )
  const alerts = STATES.flatMap(({ alert }) => (alert === null ? [] : [alert]))
  return panel.mappings([...STATE_MEANINGS]).dataLinks(alerts.map(alert => ({ build: () => runbookLink(alert) })))
}

function age(title: 'Changed ago' | 'Checked ago'): Builder<Panel> {
  const isStatus = title === 'Changed ago'
  return stat(
    {
      title,
      description: isStatus
        ? 'The time since the status last changed. "No change seen" means that it did not change in the chosen range, or since the service was first seen.'
        : 'How long ago the last check ended. If it is more than a minute or so, the guard is late: see the Guard dashboard.',
      size: [3, 4],
      unit: 's',
      noValue: isStatus ? 'No data' : 'No check seen'
    },
    { expr: isStatus ? secondsInStatus(SERVICE) : secondsSinceCheck(SERVICE), legend: '{{service}}' }
  ).mappings(isStatus ? [...CHANGE_WORDS] : [])
}

function deployed(): Builder<Panel> {
  return statOfLabel(
    {
      title: 'Deployed',
      description: 'The tag of the image in the pod template.',
      size: [3, 4],
      unit: 'short',
      noValue: 'No data'
    },
    { expr: versions(SERVICE, 'image_tag'), legend: '{{image_tag}}' }
  )
}

function reported(): Builder<Panel> {
  return statOfLabel(
    {
      title: 'Reported',
      description: 'The version that the service says it is.',
      size: [3, 4],
      unit: 'short',
      noValue: 'No data'
    },
    { expr: versions(SERVICE, 'ui_version'), legend: '{{ui_version}}' }
  )
}

function gitSha(): Builder<Panel> {
  return statOfLabel(
    {
      title: 'Git SHA',
      description: 'The commit that the service says it was built from, its first twelve digits.',
      size: [3, 4],
      unit: 'short',
      noValue: 'No data'
    },
    { expr: shortened(versions(SERVICE, 'git_sha'), 'git_sha'), legend: '{{git_sha}}' }
  )
}

function pods(): Builder<Panel> {
  return stat(
    {
      title: 'Workload',
      description: 'Whether the workload exists, and whether its pods are being replaced.',
      size: [3, 4],
      unit: 'short',
      noValue: 'Not known'
    },
    { expr: workload(SERVICE), legend: '{{service}}' }
  )
    .mappings([...WORKLOAD_WORDS])
    .dataLinks(['KeyBuzzWorkloadMissing', 'KeyBuzzRolloutStuck'].map(alert => ({ build: () => runbookLink(alert) })))
}

function versionsOverTime(): Builder<Panel> {
  return stateTimeline(
    {
      title: 'Versions over time',
      description:
        'A lane for each version. In step: deployed and reported, as it should be. An orange lane is a mismatch, which is expected during a marked rollout. Blue without orange beside it means that nothing was reported. Where a leading v does not count (VERSION_MATCH=semver), v1.2.3 and 1.2.3 have two lanes.',
      size: [24, 7],
      unit: 'short',
      noValue: 'No version seen in this range'
    },
    words({
      1: ['Deployed, not reported', 'blue'],
      2: ['Reported, not deployed', 'orange'],
      3: ['In step', 'green']
    }),
    [{ expr: versionLanes(SERVICE), legend: '{{version}}' }]
  )
}

function seenVersions(): Builder<Panel> {
  const labels = 'image_tag, ui_version, git_sha, image_digest'
  const info = `keybuzz_version_info{${SERVICE}}`
  const short = (series: string) => shortened(shortened(series, 'git_sha'), 'image_digest')
  const at = (which: 'min' | 'max') =>
    `1000 * ${which} by (${labels}) (${short(`${which}_over_time(timestamp(${info})[$__range:$__interval])`)})`
  const columns: Column[] = [
    { field: 'image_tag', heading: 'Deployed' },
    { field: 'ui_version', heading: 'Reported' },
    { field: 'git_sha', heading: 'Git SHA', width: 130 },
    { field: 'image_digest', heading: 'Image digest', width: 190 },
    { field: 'Value #A', heading: 'First seen', width: 180, properties: inUnit('dateTimeAsIso') },
    { field: 'Value #B', heading: 'Last seen', width: 180, properties: inUnit('dateTimeAsIso') }
  ]
  const frame = {
    title: 'What was deployed and reported together',
    description:
      'Every pair that was seen in the chosen range, the latest first; commits and digests by their first twelve digits. A dash means that it was not known then.',
    size: [24, 6] as const,
    unit: 'short',
    noValue: 'No version seen in this range'
  }
  return showColumns(table(frame, [at('min'), at('max')]), columns).sortBy([
    { build: () => ({ displayName: 'Last seen', desc: true }) }
  ])
}

function latency(): Builder<Panel> {
  return timeSeries(
    {
      title: 'Time to answer',
      description: 'How long a probe took, connect to last byte; the slowest in each step.',
      size: [12, 8],
      unit: 's',
      noValue: 'No probe seen in this range'
    },
    {
      expr: perService(`max_over_time(keybuzz_debug_endpoint_duration_seconds{${SERVICE}}[$__rate_interval])`),
      legend: '{{service}}'
    }
  )
}

function httpStatus(): Builder<Panel> {
  const code = perService(gauge('keybuzz_debug_endpoint_http_status_code', SERVICE))
  return stateTimeline(
    {
      title: 'HTTP status',
      description: 'The HTTP status of the last answer. Grey means that there was no answer: see the reasons below.',
      size: [12, 8],
      unit: 'none',
      noValue: 'No answer seen in this range'
    },
    [],
    [{ expr: code, legend: '{{service}}' }]
  ).thresholds(
    steps([
      [null, 'blue'],
      [200, 'green'],
      [300, 'yellow'],
      [400, 'orange'],
      [500, 'red']
    ])
  )
}

function failures(): Builder<Panel> {
  const panel = stateTimeline(
    {
      title: 'Why there was no report',
      description: 'A lane for each reason. Without a lane, every probe gave a usable report.',
      size: [24, 5],
      unit: 'short',
      noValue: 'No failure seen in this range; while no guard runs, none is seen'
    },
    words({ 1: ['Failing', 'red'] }),
    [
      {
        expr: `max by (reason) (max_over_time(keybuzz_debug_endpoint_failure{${SERVICE}}[$__rate_interval]))`,
        legend: '{{reason}}'
      }
    ]
  )
  for (const { name, properties } of REASON_NAMES) panel.overrideByName(name, properties)
  return panel
}
