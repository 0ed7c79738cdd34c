import { join } from 'node:path'
import { nextMessage, startNode } from '../../test/support/node-process.ts'
import { type Stage, withStage } from '../../test/support/stage.ts'
import { startFleet } from './fleet.ts'
import { expectAllWell, startGuard } from './guard.ts'
import { versionOf } from './machine.ts'
import { alone, byTurns, type Samples } from './statistics.ts'
import type { Row, Subject, Unit } from './subject.ts'
import { renderValue } from './table.ts'
import { runWrk, wrkMissing, wrkVersion } from './wrk.ts'

const FLEETS = [1000, 10_000]
// With more, the peer takes half a second for one answer.
const MOST_WITH_PEER = 1000
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
  // A p99 takes thousands of scrapes.
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
    'other; no cycle runs. The peer renders the same series for each scrape; of 10,000 services it takes half a second ' +
    'for one answer, and is left out. The limit: a server in Node that writes the same bytes and does nothing else.',
  missing: wrkMissing,
  measure: async (_stage, tell) => {
    const rows: Row[] = []
    for (const services of FLEETS) {
      tell(`${services} services`)
      rows.push(...(await measureFleet(services)))
    }
    return rows
  }
}

function measureFleet(services: number): Promise<readonly Row[]> {
  return withStage(async stage => {
    const { env } = await startFleet(stage, { services, delayMs: 0, kept: true })
    const guard = await startGuard(stage, { ...env, CHECK_INTERVAL: '1h' })
    await expectAllWell(guard, services)
    const ours = `${guard.origin}/metrics`
    const peer = services > MOST_WITH_PEER ? undefined : await startServer(stage, 'prom-client.ts', ours)
    const rows: Row[] = []
    for (const encoding of ['gzip', 'identity'] as const) {
      const gzip = encoding === 'gzip'
      const least = await startServer(stage, 'bytes.ts', ours, encoding)
      for (const url of [ours, least, ...(peer === undefined ? [] : [peer])]) {
        await runWrk(url, { connections: 4, seconds: WARM_UP_SECONDS, gzip })
      }
      for (const { name, of, unit, better, rounds, ...load } of FIGURES) {
        const measure = async (url: string) => (await runWrk(url, { ...load, gzip }))[of]
        const samples: Samples =
          peer === undefined
            ? await alone(rounds, () => measure(ours))
            : await byTurns(
                rounds,
                () => measure(ours),
                () => measure(peer)
              )
        const limit = renderValue(await measure(least), unit)
        const what = `${services.toLocaleString('en-US')} services, ${gzip ? 'gzip' : 'plain'}: ${name}`
        rows.push({ what, unit, better, ...samples, limit })
      }
    }
    return rows
  })
}

/** Starts a server of `processes/`; resolves to its URL. */
export async function startServer(stage: Stage, file: string, ...args: readonly string[]): Promise<string> {
  const child = startNode(stage, { file: join(import.meta.dirname, 'processes', file), args })
  const { port } = (await nextMessage(child)) as { port: number }
  return `http://127.0.0.1:${port}/`
}
