import type { Values } from './promtool.ts'
import { row, type TrafficRow } from './traffic-rows.ts'

export const GATE = 'job="guard",instance="a:1",namespace="veza",service="api"'
const OTHER = GATE.replace('a:1', 'b:1')
const NO_GO = ['KeyBuzzGateNoGo', 'warning', 'veza', 'api'] as const

/** What one guard exposes about its gate; absent: it does not expose that. Scraped every 15 seconds. */
interface Told {
  readonly go?: Values
  /** When the last run looked, in seconds. */
  readonly last?: Values
  /** In seconds. */
  readonly interval?: Values
}

/** Runs all the time: every sample comes from a run of its own moment. */
export const FRESH: Values = '0+15x240'

export function gateSeries({ go, last = FRESH, interval = '300x240' }: Told, labels = GATE): Record<string, Values> {
  return {
    [`keybuzz_gate_interval_seconds{${labels}}`]: interval,
    ...(go === undefined
      ? {}
      : { [`keybuzz_gate_go{${labels}}`]: go, [`keybuzz_gate_last_run_timestamp_seconds{${labels}}`]: last })
  }
}

/** The rules about the gate: what there is, and what fires when. */
export const GATE_ROWS: readonly TrafficRow[] = [
  row('GO is quiet', 'gate', gateSeries({ go: '1x240' }), ['5m'], ['50m']),
  row('a guard without a gate is quiet', 'gate', { 'keybuzz_version_guard_build_info{job="guard"}': '1x240' }, ['50m']),
  row('NO-GO fires after three minutes', 'gate', gateSeries({ go: '0x240' }), ['2m45s'], ['3m', NO_GO], ['50m', NO_GO]),
  row('NO-GO that ended fires ten minutes on', 'gate', gateSeries({ go: '0x20 1x240' }), ['14m', NO_GO], ['16m']),
  row(
    'a start is quiet while the first run is under way',
    'gate',
    {
      [`keybuzz_gate_interval_seconds{${GATE}}`]: '300x240',
      [`keybuzz_gate_go{${GATE}}`]: '_x8 1x240',
      [`keybuzz_gate_last_run_timestamp_seconds{${GATE}}`]: '_x8 135+15x240'
    },
    ['2m'],
    ['10m']
  ),
  row('a gate that never runs fires', 'gate', gateSeries({}), ['2m45s'], ['3m', NO_GO], ['50m', NO_GO]),
  // The last run was at 0: its GO is too old after 15 minutes, and the alert waits for three more.
  row('an old GO is none', 'gate', gateSeries({ go: '1x240', last: '0x240' }), ['15m'], ['18m'], ['18m15s', NO_GO]),
  row(
    'how old is too old is three intervals',
    'gate',
    gateSeries({ go: '1x240', last: '0x240', interval: '60x240' }),
    ['6m'],
    ['6m15s', NO_GO]
  ),
  row('a run in the future is none', 'gate', gateSeries({ go: '1x240', last: '100000x240' }), ['3m', NO_GO]),
  row(
    'of two guards one that runs is enough',
    'gate',
    { ...gateSeries({ go: '1x240' }), ...gateSeries({ go: '0x240', last: '0x240' }, OTHER) },
    ['40m']
  ),
  row(
    'of two guards that run, the one that says NO-GO counts',
    'gate',
    { ...gateSeries({ go: '1x240' }), ...gateSeries({ go: '0x240' }, OTHER) },
    ['2m45s'],
    ['3m', NO_GO]
  ),
  row(
    'of two services only the one fires that has no GO',
    'gate',
    { ...gateSeries({ go: '0x240' }), ...gateSeries({ go: '1x240' }, GATE.replace('"api"', '"web"')) },
    ['10m', NO_GO]
  )
]
