import { advantage } from './statistics.ts'
import type { KeptResult, KeptRow, Unit } from './subject.ts'
import { renderNumber, renderTable, renderValue } from './table.ts'

/** A figure that is asked of the guard. */
interface Asked {
  readonly what: string
  /** The name of the subject. */
  readonly subject: string
  /** `undefined`: it was not measured. */
  readonly figure: (find: FindRow) => number | undefined
  /** `times`: how many times better than the peer, or how many times as much. */
  readonly unit: Unit | 'times'
  readonly bound: { readonly atLeast: number } | { readonly atMost: number }
}

/** Finds a row of the subject. */
type FindRow = (what: string) => KeptRow | undefined

const ofRow = (what: string, read: (row: KeptRow) => number | null) => (find: FindRow) => {
  const row = find(what)
  return row === undefined ? undefined : (read(row) ?? undefined)
}
const median = (what: string) => ofRow(what, ({ ours }) => ours.median)
const worst = (what: string) => ofRow(what, ({ ours }) => ours.most)
const advantageIn = (what: string) =>
  ofRow(what, ({ ours, peer, better }) => peer && advantage(ours.median, peer.median, better))

const atLeast = (times: number) => ({ unit: 'times', bound: { atLeast: times } }) as const
const atMost = (value: number, unit: Asked['unit']) => ({ unit, bound: { atMost: value } }) as const

const cycleOf = (fleet: string) => ({ subject: 'cycle', figure: advantageIn(fleet) })
const atOnceOf = (figure: string) => ({ subject: 'at-once', figure: median(figure) })
const probeCpu = (connection: string) => ({ subject: 'probe-cpu', figure: advantageIn(connection) })
const memoryOf = (fleet: string) => ({ subject: 'memory', figure: median(fleet) })
const busyScrapeOf = (busy: string) => ({ subject: 'busy-scrape', figure: median(`1,000 services, ${busy}`) })
const podsOf = (figure: string) => ({ subject: 'pods', figure: median(figure) })
const startOf = (figure: string) => ({
  subject: 'start',
  figure: median(`the bundle with its compile cache: ${figure}`)
})

const ASKED: readonly Asked[] = [
  { what: 'a cycle of 50 services in 50 ms', ...cycleOf('50 services that answer in 50 ms'), ...atLeast(80) },
  { what: 'a cycle of 200 services at once', ...cycleOf('200 services that answer in 0 ms'), ...atLeast(300) },
  { what: '1,000 services in 50 ms, at once', ...atOnceOf('a cycle'), ...atMost(110, 'ms') },
  { what: 'peak memory meanwhile', subject: 'at-once', figure: advantageIn('peak memory'), ...atLeast(1) },
  {
    what: 'longest block of the loop meanwhile',
    subject: 'loop',
    figure: worst('1,000 services, 1000 at once'),
    ...atMost(50, 'ms')
  },
  { what: 'CPU time of a probe, kept connection', ...probeCpu('on a kept connection'), ...atLeast(8) },
  { what: 'CPU time of a probe, new connection', ...probeCpu('on a new connection'), ...atLeast(3) },
  {
    what: 'scrapes in a second, 1,000 services',
    subject: 'scrape',
    figure: advantageIn('1,000 services, gzip: rate'),
    ...atLeast(100)
  },
  { what: 'p99 of a scrape, idle', subject: 'scrape', figure: median('1,000 services, gzip: p99'), ...atMost(2, 'ms') },
  { what: 'p99 of a scrape, a cycle each second', ...busyScrapeOf('a cycle each second'), ...atMost(5, 'ms') },
  { what: 'resident memory, 1,000 services', ...memoryOf('1,000 services'), ...atMost(130, 'MB') },
  { what: 'resident memory, 10,000 services', ...memoryOf('10,000 services'), ...atMost(350, 'MB') },
  {
    what: 'CPU time of one change among 10,000 services',
    subject: 'event',
    figure: median('until it is published'),
    ...atMost(10, 'ms')
  },
  { what: 'peak memory of a sync', subject: 'sync', figure: advantageIn('peak memory'), ...atLeast(2.5) },
  { what: 'heap kept after it', subject: 'sync', figure: advantageIn('heap kept'), ...atLeast(20) },
  {
    what: 'an event, until it shows',
    subject: 'sync',
    figure: median('one event, until it shows'),
    ...atMost(1000, 'ms')
  },
  { what: 'heap kept with 30,000 pods', ...podsOf('2 ReplicaSets each: heap kept'), ...atMost(60, 'MB') },
  { what: 'peak memory with 30,000 pods', ...podsOf('2 ReplicaSets each: peak memory'), ...atMost(400, 'MB') },
  { what: 'heap kept, 11 ReplicaSets each', ...podsOf('11 ReplicaSets each: heap kept'), ...atMost(60, 'MB') },
  { what: 'peak memory, 11 ReplicaSets each', ...podsOf('11 ReplicaSets each: peak memory'), ...atMost(400, 'MB') },
  { what: 'start to listening', ...startOf('start to listening'), ...atMost(250, 'ms') },
  { what: 'memory when idle', ...startOf('idle'), ...atMost(90, 'MB') },
  {
    what: 'CPU time of a service, 10,000 to 1,000',
    subject: 'growth',
    figure: find => {
      const [many, few] = [median('10,000 services')(find), median('1,000 services')(find)]
      return many === undefined || few === undefined ? undefined : many / few
    },
    ...atMost(1.3, 'times')
  }
]

/** What was asked beside what was measured, as a table in Markdown; a figure without a measurement says so. */
export function renderAsked(results: readonly KeptResult[]): string {
  const lines = ASKED.map(({ what, subject, figure, unit, bound }) => {
    const value = (of: number) => (unit === 'times' ? `${renderNumber(of)} ×` : renderValue(of, unit))
    const asked = 'atLeast' in bound ? `at least ${value(bound.atLeast)}` : `at most ${value(bound.atMost)}`
    const rows = results.find(one => one.subject === subject)?.rows ?? []
    const measured = figure(wanted => rows.find(row => row.what === wanted))
    if (measured === undefined) return [what, asked, 'not measured', '']
    const isMet = 'atLeast' in bound ? measured >= bound.atLeast : measured <= bound.atMost
    return [what, asked, value(measured), isMet ? 'yes' : '**no**']
  })
  return renderTable([['', 'asked', 'measured', 'met'], ...lines])
}
