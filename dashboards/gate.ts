import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { GraphDrawStyle, StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common'
import type { DashboardBuilder, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { GATE_STATUSES } from '../src/domain/gate.ts'
import { type Column, coloured, linked, showColumns } from './columns.ts'
import { stat, stateTimeline, steps, table, timeSeries } from './panels.ts'
import { GUARDS, gauge, perService, SERVICES_OF_GUARDS } from './queries.ts'
import { anyOf, guardVariables, labelVariable, runbookLink, runbookOf, scaffold } from './scaffold.ts'
import { words } from './states.ts'

const NO_GATE = 'No gate: GATE_CONFIG'
const VERDICTS = words({ '-1': ['Too old', 'purple'], 0: ['NO-GO', 'red'], 1: ['GO', 'green'] })

// The status codes of items: the higher, the worse.
const CODES = Object.fromEntries(GATE_STATUSES.toReversed().map((status, code) => [status, code]))
const ITEM_WORDS = words({ 0: ['PASS', 'green'], 1: ['SKIP', 'blue'], 2: ['FAIL', 'red'] })

/** Whether the gate says GO, what does not pass, and since when. */
export function gateDashboard(): DashboardBuilder {
  return scaffold({
    view: 'gate',
    description: 'Does the gate say GO, what does not pass, and since when?',
    from: 'now-24h',
    variables: [
      ...guardVariables(),
      anyOf(labelVariable('namespace', `keybuzz_gate_interval_seconds{${GUARDS}}`, 'Namespace')),
      anyOf(labelVariable('service', `keybuzz_gate_interval_seconds{${GUARDS}, namespace=~"$namespace"}`, 'Service'))
    ],
    sections: [
      { title: '', panels: [verdict(), lastRun(), passed(), reservations(), everyItem()] },
      { title: 'Over time', panels: [itemsOverTime(), countsOverTime()] }
    ]
  })
}

/** Several guards may run one gate: shows the worst verdict of those that ran. */
function verdict(): Builder<Panel> {
  const last = gauge('keybuzz_gate_last_run_timestamp_seconds', SERVICES_OF_GUARDS)
  const interval = gauge('keybuzz_gate_interval_seconds', SERVICES_OF_GUARDS)
  const isFresh = `abs(timestamp(${last}) - ${last}) <= 3 * ${interval}`
  const fresh = `min by (namespace, service) (${gauge('keybuzz_gate_go', SERVICES_OF_GUARDS)} and on (namespace, service, job, instance) (${isFresh}))`
  const frame = {
    title: 'Verdict',
    description:
      'What the last run says. Too old: it has not run for three intervals, so nothing is known about now. NO-GO also means that something required could not be looked at.',
    size: [6, 5] as const,
    unit: 'short',
    noValue: NO_GATE
  }
  const expr = `${fresh} or 0 * ${perService(interval)} - 1`
  return stat(frame, { expr, legend: '{{service}}' })
    .mappings([...VERDICTS])
    .dataLinks([{ build: () => runbookLink('KeyBuzzGateNoGo') }])
}

function lastRun(): Builder<Panel> {
  const frame = {
    title: 'Last run',
    description:
      'How long ago the gate last ran. If it is much more than GATE_INTERVAL, runs hang, or the guard is down.',
    size: [6, 5] as const,
    unit: 's',
    noValue: 'It has not run yet'
  }
  const last = gauge('keybuzz_gate_last_run_timestamp_seconds', SERVICES_OF_GUARDS)
  return stat(frame, { expr: `time() - ${perService(last)}`, legend: '{{service}}' })
}

function passed(): Builder<Panel> {
  const frame = {
    title: 'Passed',
    description: 'The share of all items that passed. What could not be looked at did not pass.',
    size: [6, 5] as const,
    unit: 'percentunit',
    noValue: 'It has not run yet'
  }
  const expr = `avg(${perItem(gauge('keybuzz_gate_item', `${SERVICES_OF_GUARDS}, status="PASS"`), 'min')})`
  return stat(frame, { expr, legend: 'passed' }).decimals(0)
}

function reservations(): Builder<Panel> {
  const frame = {
    title: 'Reservations',
    description: 'Optional items that fail, waivers that hold, and answers of Prometheus that were partial.',
    size: [6, 5] as const,
    unit: 'short',
    noValue: 'It has not run yet'
  }
  const expr = perService(gauge('keybuzz_gate_reservations', SERVICES_OF_GUARDS))
  return stat(frame, { expr, legend: '{{service}}' }).thresholds(
    steps([
      [null, 'transparent'],
      [1, 'yellow']
    ])
  )
}

function everyItem(): Builder<Panel> {
  const frame = {
    title: 'Every item, worst first',
    description: 'What the last run says of each item. The page /gate of the guard has its evidence and what to do.',
    size: [24, 16] as const,
    unit: 'short',
    noValue: NO_GATE
  }
  const columns: Column[] = [
    {
      field: 'Value #A',
      heading: 'Status',
      width: 110,
      properties: [...coloured(ITEM_WORDS), linked('Runbook', runbookOf('KeyBuzzGateNoGo'))]
    },
    { field: 'section', heading: 'Section', width: 200 },
    { field: 'item', heading: 'Item' },
    { field: 'service', heading: 'Service' },
    { field: 'namespace', heading: 'Namespace' }
  ]
  return showColumns(table(frame, [statusOfItems('section')]), columns).sortBy([
    { build: () => ({ displayName: 'Status', desc: true }) },
    { build: () => ({ displayName: 'Section', desc: false }) }
  ])
}

function itemsOverTime(): Builder<Panel> {
  const frame = {
    title: 'Items over time',
    description: 'What each item was over time. A gap means that the gate did not run, or was not scraped.',
    size: [24, 18] as const,
    unit: 'short',
    noValue: NO_GATE
  }
  return stateTimeline(frame, ITEM_WORDS, [{ expr: statusOfItems(), legend: '{{item}} ({{service}})' }])
}

function countsOverTime(): Builder<Panel> {
  const frame = {
    title: 'Items by status',
    description: 'How many items passed, failed, or could not be looked at.',
    size: [24, 9] as const,
    unit: 'short',
    noValue: NO_GATE
  }
  const expr = `sum by (status) (${perItem(gauge('keybuzz_gate_item', SERVICES_OF_GUARDS), 'max', 'status')})`
  const panel = timeSeries(frame, { expr, legend: '{{status}}' })
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(70)
    .decimals(0)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  const colours = { PASS: 'green', SKIP: 'blue', FAIL: 'red' }
  for (const [status, fixedColor] of Object.entries(colours)) {
    panel.overrideByName(status, [{ id: 'color', value: { mode: 'fixed', fixedColor } }])
  }
  return panel
}

function perItem(selected: string, aggregation: 'min' | 'max', ...more: readonly string[]): string {
  return `${aggregation} by (${['namespace, service', 'item', ...more].join(', ')}) (${selected})`
}

/** The code of each item's present status; where guards disagree, the code of the worst. */
function statusOfItems(...more: readonly string[]): string {
  const coded = GATE_STATUSES.map(
    status => `${CODES[status]} * ${gauge('keybuzz_gate_item', `${SERVICES_OF_GUARDS}, status="${status}"`)}`
  )
  return perItem(coded.join(' or '), 'max', ...more)
}
