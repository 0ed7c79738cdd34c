import { GATE_STATUSES, type GateStanding } from '../domain/gate.ts'
import { shown } from '../domain/text.ts'
import { escapeLabel, type Family, renderFamilies, single } from './family.ts'

/** Every gauge of the gate; the labels `namespace`, where its file names one, and `service` are on each. */
export const GATE_FAMILIES: readonly Family<GateStanding>[] = [
  {
    name: 'keybuzz_gate_item',
    help: 'What the last run of the gate says about each item: 1 for the current status only.',
    type: 'gauge',
    labels: ['section', 'item', 'status'],
    samples: ({ report }) =>
      (report?.items ?? []).flatMap(({ section, id, status }) =>
        GATE_STATUSES.map(one => [[section, id, one], one === status ? 1 : 0] as const)
      )
  },
  {
    name: 'keybuzz_gate_go',
    help: 'Whether the last run of the gate says GO, with reservations or without; absent: it has not run yet.',
    type: 'gauge',
    labels: [],
    samples: ({ report }) => (report === null ? [] : single(Number(report.verdict === 'GO')))
  },
  {
    name: 'keybuzz_gate_reservations',
    help: 'How many reservations the last run of the gate has.',
    type: 'gauge',
    labels: [],
    samples: ({ report }) => (report === null ? [] : single(report.reservations.length))
  },
  {
    name: 'keybuzz_gate_last_run_timestamp_seconds',
    help: 'When the last run of the gate looked, in seconds since the epoch; absent: it has not run yet.',
    type: 'gauge',
    labels: [],
    samples: ({ report }) => (report === null ? [] : single(Date.parse(report.date) / 1000))
  },
  {
    name: 'keybuzz_gate_interval_seconds',
    help: 'The configured GATE_INTERVAL: a last run that is much older says nothing about the present.',
    type: 'gauge',
    labels: [],
    samples: ({ intervalMs }) => single(intervalMs / 1000)
  }
]

/** Renders the gate's gauges; once for each report. */
export function createGateText(standing: () => GateStanding): () => string {
  let last: { readonly inputs: readonly unknown[]; readonly text: string } | undefined
  return () => {
    const now = standing()
    const inputs = [now.report, now.service, now.namespace]
    if (last === undefined || inputs.some((input, index) => input !== last?.inputs[index])) {
      last = { inputs, text: render(now) }
    }
    return last.text
  }
}

// All are gauges, whose text is the same in both formats.
function render(standing: GateStanding): string {
  const { service, namespace } = standing
  const identity = [...(namespace === null ? [] : [label('namespace', namespace)]), label('service', service)].join()
  return renderFamilies(GATE_FAMILIES, standing, { identity, format: 'text' })
}

function label(name: string, value: string): string {
  return `${name}="${escapeLabel(shown(value))}"`
}
