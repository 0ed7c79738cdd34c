import { join } from 'node:path'
import { askProcess, startNode } from '../../test/support/node-process.ts'
import type { Stage } from '../../test/support/stage.ts'
import { blackboxMissing, blackboxVersion, expectAllProbed, startBlackbox } from './blackbox.ts'
import { startFleet } from './fleet.ts'
import { cpuPerTurnUs, expectAllWell, startGuard, warmUp } from './guard.ts'
import { alone, byTurns, spreadOf } from './statistics.ts'
import type { Row, Subject } from './subject.ts'
import { renderSpread } from './table.ts'

const SERVICES = 500
const WARM_UP_CYCLES = 20
const CYCLES = 10
const ROUNDS = 5

/** What one probe costs, everything that a cycle and its scrape do included. */
export const probeCpu: Subject = {
  name: 'probe-cpu',
  title: 'CPU time for each probe',
  peer: 'blackbox_exporter',
  peerVersion: blackboxVersion,
  notes:
    `${SERVICES} services, asked 50 at a time. The guard: CPU time of its process for a cycle in scrape mode, the ` +
    'scrape itself and the second before it, judgement, rendering and gzip included, divided by the services. blackbox_exporter: CPU time of ' +
    'its process for one `/probe` each, as Prometheus asks; it connects anew for each probe, whatever the endpoint offers. ' +
    'The limit: a client in Node that writes the bytes of a request and waits for the first of the answer.',
  missing: blackboxMissing,
  measure: async (stage, tell) => [
    await measureOn(stage, tell, { what: 'on a kept connection', kept: true }),
    await measureOn(stage, tell, { what: 'on a new connection', kept: false })
  ]
}

const AT_ONCE = 50

async function measureOn(
  stage: Stage,
  tell: (line: string) => void,
  { what, kept }: { readonly what: string; readonly kept: boolean }
): Promise<Row> {
  const { endpoints, env } = await startFleet(stage, { services: SERVICES, delayMs: 0, kept })
  const guard = await startGuard(stage, { ...env, CHECK_MODE: 'scrape', CHECK_CONCURRENCY: String(AT_ONCE) })
  const blackbox = await startBlackbox(stage, AT_ONCE)
  tell(`${what}: warming up`)
  await expectAllWell(guard, SERVICES)
  await warmUp(WARM_UP_CYCLES, guard.cycleMs)
  expectAllProbed(await blackbox.probeAll(endpoints))
  tell(`${what}: measuring`)
  const samples = await byTurns(
    ROUNDS,
    async () => (await cpuPerTurnUs(guard, CYCLES, guard.cycleMs)) / SERVICES,
    async () => (await cpuPerTurnUs(blackbox, CYCLES, () => blackbox.probeAll(endpoints))) / SERVICES
  )
  const byHand = startNode(stage, {
    file: join(import.meta.dirname, 'processes/by-hand.ts'),
    args: [String(SERVICES), new URL(endpoints[0] ?? '').port, kept ? 'kept' : 'closed']
  })
  const askAll = () => askProcess(byHand, {})
  await warmUp(WARM_UP_CYCLES, askAll)
  const least = await alone(ROUNDS, async () => (await cpuPerTurnUs(byHand, CYCLES, askAll)) / SERVICES)
  return { what, unit: 'µs', better: 'less', ...samples, limit: renderSpread(spreadOf(least.ours), 'µs') }
}
