import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { withStage } from '../../test/support/stage.ts'
import { until } from '../../test/support/until.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { startEndpoints } from './fleet.ts'
import { expectAllWell, type InstrumentedGuard, startInstrumentedGuard } from './guard.ts'
import { cpuMs } from './process-cost.ts'
import { byTurns } from './statistics.ts'
import type { Row, Subject } from './subject.ts'

const MANY = 10_000
const FEW = 100
const ROUNDS = 3
const EVENTS = 10
// Longer than the guard takes to publish a change, and longer than it waits between two reports.
const PAUSE_MS = 1500

/** What one change costs where most things stay as they are. */
export const event: Subject = {
  name: 'event',
  title: `One changed Deployment among ${MANY.toLocaleString('en-US')} services: CPU time until it is published`,
  peer: `among ${FEW} services`,
  peerVersion: () => '',
  notes:
    `The image of one Deployment changes, ${EVENTS} times, ${PAUSE_MS / 1000} seconds apart; nothing else happens, and no ` +
    'cycle runs; as many changes before do not count. CPU time of the process over these seconds, less that of as many ' +
    'seconds without a change, for each change. Scraped: with one scrape, gzip, after each, less as many scrapes without a change.',
  missing: () => [],
  measure: async (_stage, tell) =>
    withStage(async stage => {
      const port = await startEndpoints(stage, { delayMs: 0, kept: true })
      const start = async (services: number) => {
        const cluster = await startCluster(stage, { deployments: services, port, asked: 'all' })
        const env = { KUBECONFIG: cluster.kubeconfig, ENDPOINT_ALLOW: '127.0.0.0/8', CHECK_INTERVAL: '1h' }
        const guard = await startInstrumentedGuard(stage, env)
        await expectAllWell(guard, services)
        return { cluster, guard, changes: 0 }
      }
      tell('a large cluster and a small one')
      const many = await start(MANY)
      const few = await start(FEW)
      // Warms up the compiler.
      await cpuPerEventMs(many, false)
      await cpuPerEventMs(few, false)
      const rows: Row[] = []
      for (const isScraped of [false, true]) {
        tell(isScraped ? 'changes, each scraped' : 'changes')
        const samples = await byTurns(
          ROUNDS,
          () => cpuPerEventMs(many, isScraped),
          () => cpuPerEventMs(few, isScraped)
        )
        rows.push({
          what: isScraped ? 'until it is scraped' : 'until it is published',
          unit: 'ms',
          better: 'less',
          ...samples,
          limit: ''
        })
      }
      return rows
    })
}

interface Watched {
  readonly cluster: Cluster
  readonly guard: InstrumentedGuard
  /** The number of changes so far. */
  changes: number
}

async function cpuPerEventMs(watched: Watched, isScraped: boolean): Promise<number> {
  const { cluster, guard } = watched
  const spend = async (change: () => Promise<unknown>) => {
    const before = cpuMs(guard)
    for (let turn = 0; turn < EVENTS; turn += 1) {
      await change()
      await wait(PAUSE_MS)
      if (isScraped) await guard.scrape()
    }
    return cpuMs(guard) - before
  }
  // What earlier work left behind would be collected in some seconds or others, and that takes 400 ms.
  await guard.heapMb()
  const idle = await spend(async () => {})
  // Three tags by turns: if they were always new, the guard would hold the labels back.
  const tag = () => `v${watched.changes % 3}`
  const busy = await spend(() => {
    watched.changes += 1
    return cluster.change({ change: 'last', tag: tag() })
  })
  await until(async () => {
    const isPublished = gunzipSync(await guard.scrape()).includes(`image_tag="${tag()}"`)
    if (!isPublished) throw new Error('the last change is not published')
  })
  return (busy - idle) / EVENTS
}
