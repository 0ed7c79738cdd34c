import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { DashboardBuilder, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Column, coloured, inUnit, linked, shareBar, showColumns } from './columns.ts'
import { stateTimeline, table, timeSeries } from './panels.ts'
import { GUARDS, gauge, perService, SERVICES, SERVICES_OF_GUARDS, versions } from './queries.ts'
import { anyOf, guardVariables, labelVariable, runbookOf, scaffold } from './scaffold.ts'
import { CHECK_WORDS, HEALTH_WORDS, VERDICT_WORDS, VERDICTS } from './states.ts'
import { rollouts, serviceLink } from './status-panels.ts'

const OF_A_SERVICE = '{{service}} ({{namespace}})'
const NO_TRAFFIC = 'No requests seen in this range: are the rules of traffic.yaml loaded, and its metrics there?'

/** What a rollout did to those who use the services: verdicts, errors, latency, health, versions. */
export function releaseDashboard(): DashboardBuilder {
  return scaffold({
    view: 'release',
    description: 'What the last rollouts did to those who use the services: verdicts, errors, latency, health.',
    from: 'now-3h',
    variables: [
      ...guardVariables(),
      anyOf(labelVariable('namespace', `keybuzz_workload_found{${GUARDS}}`, 'Namespace')),
      anyOf(labelVariable('service', `keybuzz_workload_found{${GUARDS}, namespace=~"$namespace"}`, 'Service'))
    ],
    sections: [
      { title: '', panels: [postDeployVerdicts(), servicesNow()] },
      { title: 'Traffic', panels: [errorRate(), worstEndpoints(), shareOf200s(), latency()] },
      { title: 'Health and databases', panels: [health(), databaseConnections()] }
    ]
  }).annotation(rollouts(SERVICES_OF_GUARDS))
}

function postDeployVerdicts(): Builder<Panel> {
  const check = (name: string) =>
    perService(
      `2 + 0 * keybuzz:postdeploy_failed:timestamp{${SERVICES}, check="${name}"} or 1 + 0 * keybuzz:postdeploy_seen:timestamp{${SERVICES}, check="${name}"}`
    )
  const verdict = VERDICTS.map(({ name, code }) => `${code} * keybuzz:postdeploy_status{${SERVICES}, status="${name}"}`)
  const columns: Column[] = [
    {
      field: 'Value #A',
      heading: 'Verdict',
      width: 130,
      properties: [...coloured(VERDICT_WORDS), linked('Runbook', runbookOf('KeyBuzzReleaseUnhealthy'))]
    },
    { field: 'service', heading: 'Service', properties: [linked('History of this service', serviceLink())] },
    { field: 'namespace', heading: 'Namespace' },
    { field: 'image_tag', heading: 'Deployed' },
    ...['Health', 'Latency', 'Errors'].map((heading, index) => ({
      field: `Value #${'BCD'[index]}`,
      heading,
      width: 100,
      properties: coloured(CHECK_WORDS)
    })),
    { field: 'Value #E', heading: 'Rollout ended ago', width: 160, properties: inUnit('s') }
  ]
  const frame = {
    title: 'Verdicts on the last rollouts',
    description:
      'What the minutes after the last rollout of each service showed. RUNNING: for eleven minutes after its end. NO_DATA: a check had too little data, shown as a dash. FAILED: the alert KeyBuzzReleaseUnhealthy names the command to go back.',
    size: [24, 8] as const,
    unit: 'short',
    noValue: 'No rollout known: are the rules of postdeploy.yaml loaded?'
  }
  const panel = table(frame, [
    perService(verdict.join(' or ')),
    check('health'),
    check('latency'),
    check('errors'),
    perService(`keybuzz:postdeploy_age:seconds{${SERVICES}}`),
    versions(SERVICES_OF_GUARDS, 'image_tag')
  ])
  return showColumns(panel, columns).sortBy([
    { build: () => ({ displayName: 'Verdict', desc: true }) },
    { build: () => ({ displayName: 'Rollout ended ago', desc: false }) }
  ])
}

function servicesNow(): Builder<Panel> {
  const columns: Column[] = [
    { field: 'service', heading: 'Service', properties: [linked('History of this service', serviceLink())] },
    { field: 'namespace', heading: 'Namespace' },
    { field: 'image_tag', heading: 'Deployed' },
    { field: 'ui_version', heading: 'Reported' },
    { field: 'Value #A', heading: 'Health', width: 90, properties: coloured(HEALTH_WORDS) },
    { field: 'Value #B', heading: 'Up for', width: 120, properties: inUnit('s') },
    { field: 'Value #C', heading: 'Requests a second', width: 150, properties: inUnit('reqps') },
    { field: 'Value #D', heading: 'Errors', width: 130, properties: shareBar('red') },
    { field: 'Value #E', heading: '200s', width: 130, properties: shareBar('green') },
    { field: 'Value #F', heading: 'p95', width: 100, properties: inUnit('s') }
  ]
  const frame = {
    title: 'Services, now',
    description:
      'Each service as it is: versions, health at its debug endpoint, the time since its youngest process started, and how its requests of the last five minutes ended. A dash means not known.',
    size: [24, 9] as const,
    unit: 'short',
    noValue: 'No services seen: is the guard up and scraped?'
  }
  const panel = table(frame, [
    perService(gauge('keybuzz_debug_endpoint_up', SERVICES_OF_GUARDS)),
    `time() - ${perService(`keybuzz:process_start:timestamp{${SERVICES}}`)}`,
    perService(`keybuzz:http_requests:rate5m{${SERVICES}}`),
    perService(shareOfRequests('keybuzz:http_errors:rate5m')),
    perService(shareOfRequests('keybuzz:http_200s:rate5m')),
    perService(`keybuzz:http_latency:p95_5m{${SERVICES}}`),
    versions(SERVICES_OF_GUARDS, 'image_tag', 'ui_version')
  ])
  return showColumns(panel, columns).sortBy([{ build: () => ({ displayName: 'Errors', desc: true }) }])
}

function errorRate(): Builder<Panel> {
  const frame = {
    title: 'Error rate',
    description:
      'The share of requests that ended in 5xx, over five minutes. Above 5 % for two minutes, KeyBuzzHigh5xxRate fires. Rollouts are marked.',
    size: [12, 9] as const,
    unit: 'percentunit',
    noValue: NO_TRAFFIC
  }
  return timeSeries(frame, { expr: perService(shareOfRequests('keybuzz:http_errors:rate5m')), legend: OF_A_SERVICE })
}

function worstEndpoints(): Builder<Panel> {
  const worst = `topk(10, max by (namespace, service, endpoint) (keybuzz:http_errors_by_endpoint:rate5m{${SERVICES}}))`
  const allErrors = perService(`keybuzz:http_errors:rate5m{${SERVICES}}`)
  const columns: Column[] = [
    { field: 'endpoint', heading: 'Endpoint' },
    { field: 'service', heading: 'Service' },
    { field: 'namespace', heading: 'Namespace' },
    { field: 'Value #A', heading: 'Errors a second', width: 150, properties: inUnit('reqps') },
    { field: 'Value #B', heading: 'Of the service’s errors', width: 180, properties: shareBar('red') }
  ]
  const frame = {
    title: 'Ten worst endpoints',
    description: 'The routes with the most requests that ended in 5xx, over the last five minutes.',
    size: [12, 9] as const,
    unit: 'short',
    noValue: 'No endpoint seen to fail; without requests or the rules of traffic.yaml, none is'
  }
  return showColumns(
    table(frame, [worst, `${worst} / on (namespace, service) group_left () ${allErrors}`]),
    columns
  ).sortBy([{ build: () => ({ displayName: 'Errors a second', desc: true }) }])
}

function shareOf200s(): Builder<Panel> {
  const frame = {
    title: 'Share of 200s',
    description:
      'The share of requests that ended in status 200, over five minutes. Other successful statuses do not count.',
    size: [12, 9] as const,
    unit: 'percentunit',
    noValue: NO_TRAFFIC
  }
  return timeSeries(frame, { expr: perService(shareOfRequests('keybuzz:http_200s:rate5m')), legend: OF_A_SERVICE })
}

function latency(): Builder<Panel> {
  const frame = {
    title: 'Latency, p95',
    description:
      '95 % of the requests were faster, over five minutes. Above 500 ms, or the limit of the service, KeyBuzzHighLatencyP95 fires.',
    size: [12, 9] as const,
    unit: 's',
    noValue: NO_TRAFFIC
  }
  return timeSeries(frame, { expr: perService(`keybuzz:http_latency:p95_5m{${SERVICES}}`), legend: OF_A_SERVICE })
}

function health(): Builder<Panel> {
  const worst = `min_over_time(keybuzz_debug_endpoint_up{${SERVICES_OF_GUARDS}}[$__rate_interval])`
  const frame = {
    title: 'Health',
    description:
      'Whether the debug endpoint gave a usable report, the worst value in each step. Grey means that nobody knows, because the guard did not run or was not scraped.',
    size: [12, 9] as const,
    unit: 'short',
    noValue: 'No service with an endpoint seen in this range'
  }
  return stateTimeline(frame, HEALTH_WORDS, [{ expr: perService(worst), legend: OF_A_SERVICE }])
}

function databaseConnections(): Builder<Panel> {
  const frame = {
    title: 'Database connections',
    description:
      'Open connections of each database that Prometheus knows, whichever services are chosen above. Near the limit, requests wait for a connection.',
    size: [12, 9] as const,
    unit: 'short',
    noValue: 'No database seen in this range: are the rules of database.yaml loaded, and its metrics there?'
  }
  return timeSeries(frame, {
    expr: 'max by (namespace, service) (keybuzz:database_connections)',
    legend: OF_A_SERVICE
  }).decimals(0)
}

function shareOfRequests(part: string): string {
  return `${part}{${SERVICES}} / keybuzz:http_requests:rate5m{${SERVICES}}`
}
