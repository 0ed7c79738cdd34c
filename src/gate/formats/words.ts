import { type GateItem, type GateReport, type GateSection, isBlocking } from '../../domain/gate.ts'
import { counted } from '../../text/lines.ts'

/** The verdict as people say it. */
export function verdictOf({ verdict, reservations }: Pick<GateReport, 'verdict' | 'reservations'>): string {
  if (verdict === 'GO' && reservations.length > 0) return 'GO with reservations'
  return verdict
}

/** Why it is what it is, in one sentence. */
export function reasonOf({ verdict, items }: Pick<GateReport, 'verdict' | 'items'>): string {
  const required = items.filter(item => item.required)
  const blocking = required.filter(isBlocking)
  const count = (status: GateItem['status']) => blocking.filter(item => item.status === status).length
  if (blocking.length > 0) {
    return `of ${counted(required.length, 'required item')} ${count('FAIL')} failed and ${count('SKIP')} could not be looked at`
  }
  if (verdict === 'NO-GO') {
    return items.every(({ status }) => status === 'SKIP')
      ? 'nothing could be looked at'
      : 'nothing shows that the service runs'
  }
  return required.every(({ status }) => status === 'PASS')
    ? `all required items passed (${required.length})`
    : `all required items passed or are waived (${required.length})`
}

/** All sections together. */
export function totalOf(sections: readonly GateSection[]): Omit<GateSection, 'section'> {
  const sum = (key: 'total' | 'pass' | 'fail' | 'skip') => sections.reduce((all, section) => all + section[key], 0)
  const [total, pass] = [sum('total'), sum('pass')]
  return { total, pass, fail: sum('fail'), skip: sum('skip'), rate: total === 0 ? null : pass / total }
}

/** A rate in per cent, rounded down, so that only all of them are 100 %. */
export function percent(rate: number | null): string {
  return rate === null ? '-' : `${Math.floor(rate * 100)} %`
}

/** What is told about an item besides its status and its evidence. */
export function marksOf({ required, waiver }: GateItem): string[] {
  return [
    ...(required ? [] : ['optional']),
    ...(waiver === null ? [] : [waiver.expired ? `waiver ended ${waiver.until}` : `waived until ${waiver.until}`])
  ]
}
