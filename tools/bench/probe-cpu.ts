import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { askProcess, startNode } from '../../test/support/node-process.ts'
import { type Stage, withStage } from '../../test/support/stage.ts'
import { blackboxMissing, blackboxVersion, expectAllProbed, startBlackbox } from './blackbox.ts'
import { startFleet } from './fleet.ts'
import { cpuPerTurnUs, cyclesDone, expectAllWell, type Guard, startGuard, warmUp } from './guard.ts'
import { cpuMs } from './process-cost.ts'
import { alone, byTurns, spreadOf } from './statistics.ts'
import type { Row, Subject } from './subject.ts'
import { renderSpread } from './table.ts'

const SERVICES = 500
const AT_ONCE = 50
// How long the compiler keeps working.
const WARM_UP_MS = 20_000
const SCRAPES = 8
const PEER_CYCLES = 10
const ROUNDS = 5
const CASES = [
  { what: 'on a kept connection', kept: true, interval: '1ms', scrapedEveryMs: 250 },
  { what: 'on a kept connection, a cycle each second', kept: true, interval: '1s', scrapedEveryMs: 1000 },
  { what: 'on a new connection', kept: false, interval: '1ms', scrapedEveryMs: 250 }
]

/** What one probe costs, including everything that a cycle and its scrape do. */
export const probeCpu: Subject = {
  name: 'probe-cpu',
  title: 'CPU time for each probe',
  peer: 'blackbox_exporter',
  peerVersion: blackboxVersion,
  notes:
    `${SERVICES} services, asked ${AT_ONCE} at a time, both sides without a pause, but where it says *a cycle each second*. ` +
    'The guard: CPU time of all threads of its process for each probe that it makes meanwhile, with judgement, rendering, ' +
    'and a scrape with gzip now and then. blackbox_exporter: CPU time of its process for one `/probe` each, as ' +
    'Prometheus asks; it connects anew for each probe, whatever the endpoint offers. ' +
    'The limit: a client in Node that writes the bytes of a request and waits for the first of the answer.',
  missing: blackboxMissing,
  measure: async (_stage, tell) => {
    const rows: Row[] = []
    for (const one of CASES) rows.push(await withStage(stage => measureCase(stage, tell, one)))
    return rows
  }
}

async function measureCase(
  stage: Stage,
  tell: (line: string) => void,
  { what, kept, interval, scrapedEveryMs }: (typeof CASES)[number]
): Promise<Row> {
  const { endpoints, env } = await startFleet(stage, { services: SERVICES, delayMs: 0, kept })
  const guard = await startGuard(stage, { ...env, CHECK_INTERVAL: interval, CHECK_CONCURRENCY: String(AT_ONCE) })
  const blackbox = await startBlackbox(stage, AT_ONCE)
  tell(`${what}: warming up`)
  await expectAllWell(guard, SERVICES)
  await wait(WARM_UP_MS)
  guard.child.kill('SIGSTOP')
  expectAllProbed(await blackbox.probeAll(endpoints))
  tell(`${what}: measuring`)
  const samples = await byTurns(
    ROUNDS,
    () => cpuPerProbeUs(guard, scrapedEveryMs),
    async () => (await cpuPerTurnUs(blackbox, PEER_CYCLES, () => blackbox.probeAll(endpoints))) / SERVICES
  )
  const byHand = startNode(stage, {
    file: join(import.meta.dirname, 'processes/by-hand.ts'),
    args: [String(SERVICES), new URL(endpoints[0] ?? '').port, kept ? 'kept' : 'closed']
  })
  const askAll = () => askProcess(byHand, {})
  await warmUp(PEER_CYCLES, askAll)
  const least = await alone(ROUNDS, async () => (await cpuPerTurnUs(byHand, PEER_CYCLES, askAll)) / SERVICES)
  return { what, unit: 'µs', better: 'less', ...samples, limit: renderSpread(spreadOf(least.ours), 'µs') }
}

/** Continues a stopped guard for some seconds, and stops it again, so that it does not slow its peer down. */
async function cpuPerProbeUs(guard: Guard, scrapedEveryMs: number): Promise<number> {
  guard.child.kill('SIGCONT')
  const cycles = await cyclesDone(guard)
  const before = cpuMs(guard)
  for (let scrape = 0; scrape < SCRAPES; scrape += 1) {
    await wait(scrapedEveryMs)
    await guard.scrape()
  }
  const spent = cpuMs(guard) - before
  const probes = ((await cyclesDone(guard)) - cycles) * SERVICES
  guard.child.kill('SIGSTOP')
  return (spent * 1000) / probes
}
