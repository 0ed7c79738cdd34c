import { startFleet } from './fleet.ts'
import { expectAllWell, startGuard } from './guard.ts'
import { nextMessage, startNode } from './node-process.ts'
import { withStage } from './stage.ts'
import { alone, byTurns, type Samples } from './statistics.ts'
import type { Row, Subject } from './subject.ts'
import { runWrk, wrkMissing } from './wrk.ts'

const FLEETS = [1000, 10_000]
const DELAY_MS = 50
const ROUNDS = 3
const SECONDS = 2
// Of 10,000 the peer takes seconds for one answer, and compresses four at once for longer than anybody waits.
const MOST_WITH_PEER = 1000
const WARM_UP_SECONDS = 3

/** How quickly `/metrics` answers, beside prom-client's live rendering of the same series. */
export const scrape: Subject = {
  name: 'scrape',
  title: 'Scrapes of /metrics',
  peer: 'prom-client',
  peerVersion: () => 'prom-client 15, wrk 4',
  notes:
    'wrk with four connections for the rate and with one, as a Prometheus has, for the latency. The peer renders the ' +
    'same series for each scrape; of 10,000 services it gives no answer in two seconds. During a cycle: one cycle after ' +
    'the other, of services that answer in 50 ms, without a pause, so that the guard never rests.',
  missing: wrkMissing,
  measure: async (_stage, tell) => {
    const rows: Row[] = []
    for (const services of FLEETS) {
      for (const during of ['idle', 'during a cycle'] as const) {
        tell(`${services} services, ${during}`)
        rows.push(...(await measureFleet(services, during)))
      }
    }
    return rows
  }
}

function measureFleet(services: number, during: 'idle' | 'during a cycle'): Promise<readonly Row[]> {
  return withStage(async stage => {
    const { env } = await startFleet(stage, { services, delayMs: DELAY_MS, kept: true })
    const guard = await startGuard(stage, { ...env, CHECK_INTERVAL: during === 'idle' ? '1h' : '1ms' })
    await expectAllWell(guard, services)
    const ours = `${guard.origin}/metrics`
    const { child } = startNode(stage, { file: 'processes/prom-client.ts', args: [ours] })
    const { port } = (await nextMessage(child)) as { port: number }
    const peer = `http://127.0.0.1:${port}/`
    const rows: Row[] = []
    for (const gzip of [true, false]) {
      await runWrk(ours, { connections: 4, seconds: WARM_UP_SECONDS, gzip })
      const compare = async (connections: number, figure: 'perSecond' | 'p99Ms'): Promise<Samples> => {
        const measure = async (url: string) => (await runWrk(url, { connections, seconds: SECONDS, gzip }))[figure]
        if (during === 'idle' && services <= MOST_WITH_PEER)
          return byTurns(
            ROUNDS,
            () => measure(ours),
            () => measure(peer)
          )
        // A guard that never rests would take the peer's processor.
        return alone(ROUNDS, () => measure(ours))
      }
      const what = `${services.toLocaleString('en-US')} services, ${during}, ${gzip ? 'gzip' : 'plain'}`
      rows.push(
        { what: `${what}: rate`, unit: '/s', better: 'more', ...(await compare(4, 'perSecond')), limit: '' },
        { what: `${what}: p99`, unit: 'ms', better: 'less', ...(await compare(1, 'p99Ms')), limit: '' }
      )
    }
    return rows
  })
}
