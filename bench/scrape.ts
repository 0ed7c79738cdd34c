import { startFleet } from './fleet.ts'
import { expectAllWell, startGuard } from './guard.ts'
import { versionOf } from './machine.ts'
import { nextMessage, startNode } from './node-process.ts'
import { type Stage, withStage } from './stage.ts'
import { alone, byTurns, type Samples } from './statistics.ts'
import type { Row, Subject, Unit } from './subject.ts'
import { renderSamples } from './table.ts'
import { runWrk, wrkMissing, wrkVersion } from './wrk.ts'

const FLEETS = [1000, 10_000]
const DELAY_MS = 50
const BUSY = [
  { name: 'idle', interval: '1h', hasPeer: true },
  // A guard at work would take the processor of whoever stands beside it.
  { name: 'a cycle each second', interval: '1s', hasPeer: false },
  { name: 'cycle after cycle', interval: '1ms', hasPeer: false }
] as const
const WARM_UP_SECONDS = 3

interface Figure {
  readonly name: string
  readonly of: 'perSecond' | 'p99Ms'
  readonly unit: Unit
  readonly better: Row['better']
  readonly connections: number
  readonly seconds: number
  readonly rounds: number
}

const FIGURES: readonly Figure[] = [
  { name: 'rate', of: 'perSecond', unit: '/s', better: 'more', connections: 4, seconds: 3, rounds: 3 },
  // The slowest of a hundred takes thousands to be found.
  { name: 'p99', of: 'p99Ms', unit: 'ms', better: 'less', connections: 1, seconds: 6, rounds: 5 }
]

/** How quickly `/metrics` answers, beside prom-client's live rendering of the same series. */
export const scrape: Subject = {
  name: 'scrape',
  title: 'Scrapes of /metrics',
  peer: 'prom-client',
  peerVersion: () => `prom-client ${versionOf('prom-client')}, ${wrkVersion()}`,
  notes:
    'wrk with four connections for the rate and with one, as a Prometheus has, for the latency, one scrape after the ' +
    'other. The peer renders the same series for each scrape. Services answer in 50 ms; *cycle after cycle*: without a ' +
    'pause, so that the guard never rests; as shipped, a cycle comes every 20 seconds. The limit: a server in Node that ' +
    'writes the same bytes and does nothing else.',
  missing: wrkMissing,
  measure: async (_stage, tell) => {
    const rows: Row[] = []
    for (const services of FLEETS) {
      for (const busy of BUSY) {
        tell(`${services} services, ${busy.name}`)
        rows.push(...(await measureFleet(services, busy)))
      }
    }
    return rows
  }
}

function measureFleet(services: number, busy: (typeof BUSY)[number]): Promise<readonly Row[]> {
  return withStage(async stage => {
    const { env } = await startFleet(stage, { services, delayMs: DELAY_MS, kept: true })
    const guard = await startGuard(stage, { ...env, CHECK_INTERVAL: busy.interval })
    await expectAllWell(guard, services)
    const ours = `${guard.origin}/metrics`
    const peer = await startServer(stage, 'prom-client.ts', ours)
    const rows: Row[] = []
    for (const encoding of ['gzip', 'identity'] as const) {
      const gzip = encoding === 'gzip'
      const least = await startServer(stage, 'bytes.ts', ours, encoding)
      for (const url of [ours, least, ...(busy.hasPeer ? [peer] : [])]) {
        await runWrk(url, { connections: 4, seconds: WARM_UP_SECONDS, gzip })
      }
      for (const { name, of, unit, better, rounds, ...load } of FIGURES) {
        const measure = async (url: string) => (await runWrk(url, { ...load, gzip }))[of]
        const samples: Samples = busy.hasPeer
          ? await byTurns(
              rounds,
              () => measure(ours),
              () => measure(peer)
            )
          : await alone(rounds, () => measure(ours))
        const limit = renderSamples([await measure(least)], unit)
        const what = `${services.toLocaleString('en-US')} services, ${busy.name}, ${gzip ? 'gzip' : 'plain'}: ${name}`
        rows.push({ what, unit, better, ...samples, limit })
      }
    }
    return rows
  })
}

/** Starts a server of `processes/`; resolves to its URL. */
async function startServer(stage: Stage, file: string, ...args: readonly string[]): Promise<string> {
  const { child } = startNode(stage, { file: `processes/${file}`, args })
  const { port } = (await nextMessage(child)) as { port: number }
  return `http://127.0.0.1:${port}/`
}
