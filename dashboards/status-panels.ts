import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { AnnotationQueryBuilder, type Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Column, linked, shareBar, showColumns } from './columns.ts'
import { DATASOURCE, stateTimeline, table } from './panels.ts'
import { perService, shareOfTime, shareSeen, worstStatus } from './queries.ts'
import { linkTo } from './scaffold.ts'
import { GUARD_STATES, STATE_NAMES } from './states.ts'

type Size = readonly [width: number, height: number]

/** The status of each service over time, a lane for each. */
export function statusOverTime(scope: string, size: Size): Builder<Panel> {
  const frame = {
    title: 'Status over time',
    description:
      'The worst status within each step, so that a short problem shows at any zoom; the services that are worst at the end of the range first. Grey means that nobody knows, because the guard did not run or was not scraped. STALE: the guard ran, but did not check this service for three of its intervals. MISMATCH (ROLLOUT): pods were being replaced, so no alert fired.',
    size,
    unit: 'short',
    noValue: 'Nothing seen in this range: is the guard up and scraped?'
  }
  return stateTimeline(frame, STATE_NAMES, [{ expr: worstStatus(scope), legend: '{{service}} ({{namespace}})' }])
}

/** How much of the range each service spent in which status. */
export function timeInEachStatus(scope: string, size: Size): Builder<Panel> {
  const frame = {
    title: 'Time in each status',
    description:
      'Shares of the time in which the guard saw the service. Seen: for how much of the range it did. MISMATCH includes rollouts. The least OK first.',
    size,
    unit: 'percentunit',
    noValue: 'Nothing seen in this range: is the guard up and scraped?'
  }
  const columns: Column[] = [
    { field: 'service', heading: 'Service', properties: [linked('History of this service', serviceLink())] },
    { field: 'namespace', heading: 'Namespace' },
    ...GUARD_STATES.map(({ name, color }, index) => ({
      field: `Value #${letter(index)}`,
      heading: name,
      properties: shareBar(color)
    })),
    { field: `Value #${letter(GUARD_STATES.length)}`, heading: 'Seen', properties: shareBar('text') }
  ]
  const shares = [...GUARD_STATES.map(({ name }) => shareOfTime(name, scope)), shareSeen(scope)]
  const order = ['OK', ...GUARD_STATES.map(({ name }) => name).filter(name => name !== 'OK')]
  return showColumns(table(frame, shares), columns).sortBy(
    order.map(displayName => ({ build: () => ({ displayName, desc: displayName !== 'OK' }) }))
  )
}

/** Marks on the graphs where pods were being replaced. */
export function rollouts(scope: string): AnnotationQueryBuilder {
  const inProgress = `max_over_time(keybuzz_workload_state{${scope}, state=~"ROLLING|STUCK"}[1m])`
  return new AnnotationQueryBuilder()
    .name('Rollouts')
    .datasource(DATASOURCE)
    .iconColor('blue')
    .expr(`${perService(inProgress)} == 1`)
    .step('1m')
    .titleFormat('Rollout of {{service}}')
    .textFormat('Pods were being replaced')
}

/** From a row of a table to the history of its service, in the same range. */
export function serviceLink(): string {
  // Without `percentencode`, Grafana leaves &, + and # in a service's name as they are.
  const cell = (heading: string) => `\${__data.fields.${heading}:percentencode}`
  return `${linkTo('service')}&var-namespace=${cell('Namespace')}&var-service=${cell('Service')}&\${__url_time_range}`
}

function letter(index: number): string {
  return String.fromCharCode(65 + index)
}
