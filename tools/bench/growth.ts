import { withStage } from '../../test/support/stage.ts'
import { startFleet } from './fleet.ts'
import { cpuPerTurnUs, expectAllWell, startGuard, warmUp } from './guard.ts'
import { peakMb } from './process-cost.ts'
import { alone } from './statistics.ts'
import type { Row, Subject } from './subject.ts'

// With fewer, what the process does at rest weighs more than the cycle.
const FLEETS = [100, 1000, 10_000]
const WARM_UP_CYCLES = 20
const CYCLES_IN_A_ROUND = 5
const ROUNDS = 5

/** Whether the cost grows linearly. */
export const growth: Subject = {
  name: 'growth',
  title: 'CPU time for each service and cycle, from 100 to 10,000 services',
  peer: '',
  peerVersion: () => '',
  notes:
    'A cycle in scrape mode with its scrape and the second before it, on kept connections to as many hosts, with the ' +
    'default concurrency.',
  missing: () => [],
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
    const guard = await startGuard(stage, { ...env, CHECK_MODE: 'scrape' })
    await expectAllWell(guard, services)
    await warmUp(WARM_UP_CYCLES, guard.cycleMs)
    const cpu = await alone(
      ROUNDS,
      async () => (await cpuPerTurnUs(guard, CYCLES_IN_A_ROUND, guard.cycleMs)) / services
    )
    const what = `${services.toLocaleString('en-US')} services`
    return [
      { what, unit: 'µs', better: 'less', ...cpu, limit: '' },
      { what: `${what}, peak memory`, unit: 'MB', better: 'less', ours: [peakMb(guard)], peer: [], limit: '' }
    ]
  })
}
