import { withStage } from '../../test/support/stage.ts'
import { startFleet } from './fleet.ts'
import { expectAllWell, startGuard } from './guard.ts'
import { startServer } from './scrape.ts'
import { byTurns } from './statistics.ts'
import type { Row, Subject } from './subject.ts'
import { runWrk, wrkMissing, wrkVersion } from './wrk.ts'

const DELAY_MS = 50
const CASES = [
  { services: 1000, busy: 'a cycle each second', interval: '1s' },
  { services: 1000, busy: 'cycle after cycle', interval: '1ms' },
  { services: 10_000, busy: 'cycle after cycle', interval: '1ms' }
]
// A p99 takes thousands of scrapes.
const LOAD = { connections: 1, seconds: 6, gzip: true }
const WARM_UP = { ...LOAD, seconds: 3 }
const ROUNDS = 5

/** How long a scrape may have to wait while the guard does its work. */
export const busyScrape: Subject = {
  name: 'busy-scrape',
  title: 'The slowest of a hundred scrapes while cycles run',
  peer: 'a bare Node server',
  peerVersion: wrkVersion,
  notes:
    'p99 of wrk with one connection, gzip, one scrape after the other, while services that answer in 50 ms are checked; ' +
    '*cycle after cycle*: without a pause, so that the guard never rests; as shipped, a cycle comes every 20 seconds. The ' +
    'peer: `node:http` sends the same bytes in a process of its own, while the same guard goes on with its cycles.',
  missing: wrkMissing,
  measure: async (_stage, tell) => {
    const rows: Row[] = []
    for (const one of CASES) {
      tell(`${one.services} services, ${one.busy}`)
      rows.push(await measureCase(one))
    }
    return rows
  }
}

function measureCase({ services, busy, interval }: (typeof CASES)[number]): Promise<Row> {
  return withStage(async stage => {
    const { env } = await startFleet(stage, { services, delayMs: DELAY_MS, kept: true })
    const guard = await startGuard(stage, { ...env, CHECK_INTERVAL: interval })
    await expectAllWell(guard, services)
    const ours = `${guard.origin}/metrics`
    const peer = await startServer(stage, 'http-bytes.ts', ours, 'gzip')
    for (const url of [ours, peer]) await runWrk(url, WARM_UP)
    const p99Ms = (url: string) => async () => (await runWrk(url, LOAD)).p99Ms
    const samples = await byTurns(ROUNDS, p99Ms(ours), p99Ms(peer))
    const what = `${services.toLocaleString('en-US')} services, ${busy}`
    return { what, unit: 'ms', better: 'less', ...samples, limit: '' }
  })
}
