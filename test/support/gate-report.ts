import type { GateItem, GateReport, GateStanding } from '../../src/domain/gate.ts'

/** When the gate of the tests looked: a minute before the moment of the page's tests. */
export const LOOKED_AT = Date.parse('2026-11-03T03:03:05.000Z')

export function anItem(changes: Partial<GateItem> = {}): GateItem {
  return {
    id: 'metrics-endpoint-answers',
    section: 'Prometheus scrape',
    item: '/metrics answers',
    status: 'PASS',
    required: true,
    evidence: 'GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms',
    waiver: null,
    ...changes
  }
}

/** GO with one item that passed, but for the changes. */
export function aGateReport(changes: Partial<GateReport> = {}): GateReport {
  const { items = [anItem()] } = changes
  const section = (name: GateItem['section']) => {
    const own = items.filter(item => item.section === name)
    const count = (status: GateItem['status']) => own.filter(item => item.status === status).length
    const counts = { total: own.length, pass: count('PASS'), fail: count('FAIL'), skip: count('SKIP') }
    return { section: name, ...counts, rate: own.length === 0 ? null : counts.pass / own.length }
  }
  return {
    verdict: 'GO',
    reservations: [],
    date: new Date(LOOKED_AT).toISOString(),
    commit: null,
    environment: null,
    validator: null,
    sections: [section('Prometheus scrape'), section('Drills'), section('Documentation')],
    items,
    actions: [],
    ...changes
  }
}

export function aStanding(changes: Partial<GateStanding> = {}): GateStanding {
  return {
    service: 'veza-backend-api',
    namespace: 'veza',
    report: aGateReport(),
    refusals: [],
    intervalMs: 300_000,
    ...changes
  }
}

/** NO-GO, with everything that a report may hold. */
export const NO_GO: GateReport = aGateReport({
  verdict: 'NO-GO',
  commit: 'abc1234',
  environment: 'staging',
  validator: 'jane',
  reservations: ['drill-database-down is SKIP and waived by jane until 2026-11-30: no time yet'],
  items: [
    anItem({ status: 'FAIL', evidence: 'connection refused' }),
    anItem({ id: 'metrics-have-prefix', item: 'Metrics with the prefix are there', status: 'SKIP' }),
    anItem({
      id: 'drill-database-down',
      section: 'Drills',
      item: 'Drill database-down',
      status: 'SKIP',
      required: false,
      waiver: { reason: 'no time yet', by: 'jane', until: '2026-11-30', expired: false }
    }),
    anItem({
      id: 'document-prometheus',
      section: 'Documentation',
      item: 'The Prometheus documentation is there',
      status: 'FAIL',
      required: false,
      waiver: { reason: 'moved', by: null, until: '2026-10-01', expired: true }
    })
  ],
  actions: [
    { action: 'Start the service', blocking: true, items: ['metrics-endpoint-answers', 'metrics-have-prefix'] },
    { action: 'Write the documentation', blocking: false, items: ['document-prometheus'] }
  ]
})
