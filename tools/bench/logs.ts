import { join } from 'node:path'
import { startFleet } from './fleet.ts'
import { cpuPerTurnUs, expectAllWell, type InstrumentedGuard, startInstrumentedGuard, warmUp } from './guard.ts'
import { byTurns } from './statistics.ts'
import type { Row, Subject } from './subject.ts'

const SERVICES = 1000
const WARM_UP_CYCLES = 20
const CYCLES = 10
const ROUNDS = 5

/** What it costs to log every check, twice. */
export const logs: Subject = {
  name: 'logs',
  title: 'Logs at full noise: every check of 1,000 services printed, and written to the daily files',
  peer: 'the guard by default',
  peerVersion: () => '',
  notes:
    'LOG_CHECKS=all and LOG_DIR beside neither, which logs nothing while nothing changes; in scrape mode, standard output ' +
    'read by this process.',
  missing: () => [],
  measure: async (stage, tell) => {
    const { env } = await startFleet(stage, { services: SERVICES, delayMs: 0, kept: true })
    const start = async (more: Readonly<Record<string, string>>): Promise<InstrumentedGuard> => {
      const guard = await startInstrumentedGuard(stage, { ...env, CHECK_MODE: 'scrape', ...more })
      await expectAllWell(guard, SERVICES)
      await warmUp(WARM_UP_CYCLES, guard.cycleMs)
      return guard
    }
    tell('warming up')
    const noisy = await start({ LOG_CHECKS: 'all', LOG_DIR: join(stage.folder, 'logs') })
    const quiet = await start({})
    tell('measuring')
    const compare = (of: (guard: InstrumentedGuard) => Promise<number>) =>
      byTurns(
        ROUNDS,
        () => of(noisy),
        () => of(quiet)
      )
    const common = { better: 'less', limit: '' } as const
    return [
      {
        what: 'CPU time for each service and cycle',
        unit: 'µs',
        ...common,
        ...(await compare(async guard => (await cpuPerTurnUs(guard, CYCLES, guard.cycleMs)) / SERVICES))
      },
      { what: 'a cycle', unit: 'ms', ...common, ...(await compare(guard => guard.cycleMs())) },
      {
        what: 'longest block of the event loop',
        unit: 'ms',
        ...common,
        ...(await compare(longestBlockMs))
      }
    ] satisfies readonly Row[]
  }
}

async function longestBlockMs(guard: InstrumentedGuard): Promise<number> {
  await guard.longestBlockMs()
  await guard.cycleMs()
  return guard.longestBlockMs()
}
