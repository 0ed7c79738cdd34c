import { GATE_SECTIONS, type GateItem, type GateReport } from '../../domain/gate.ts'
import { type JunitCase, renderJunit } from '../../text/junit-xml.ts'
import { marksOf } from './words.ts'

/**
 * The report for GitLab and Jenkins: a suite for each section that has items. A failure that is waived is a failure all
 * the same.
 */
export function renderGateJunit({ date, items }: GateReport): string {
  const suites = GATE_SECTIONS.map(section => ({
    name: section,
    timestamp: date,
    cases: items.filter(item => item.section === section).map(toCase)
  }))
  return renderJunit(suites.filter(({ cases }) => cases.length > 0))
}

// The evidence says how long it took: several items are judged from one answer.
function toCase(item: GateItem): JunitCase {
  const { id, section, status, evidence, waiver } = item
  const words = [...marksOf(item), ...(waiver === null ? [] : [waiver.reason])].join(', ')
  const verdict = { type: status, message: `${evidence}${words === '' ? '' : ` (${words})`}` }
  return {
    name: id,
    classname: section,
    seconds: 0,
    ...(status === 'FAIL' ? { failure: verdict } : {}),
    ...(status === 'SKIP' ? { skipped: verdict } : {}),
    output: `${item.item}\n${evidence}`
  }
}
