import { blackboxMissing, blackboxVersion, expectAllProbed, startBlackbox } from './blackbox.ts'
import { startFleet } from './fleet.ts'
import { expectAllWell, startGuard, wallMs, warmUp } from './guard.ts'
import { peakMb } from './process-cost.ts'
import { byTurns } from './statistics.ts'
import type { Subject } from './subject.ts'

const SERVICES = 1000
const DELAY_MS = 50
const WARM_UP_CYCLES = 20
const ROUNDS = 9

/** A thousand services at once: how close a cycle comes to the time of the slowest service. */
export const atOnce: Subject = {
  name: 'at-once',
  title: '1,000 services that answer in 50 ms, all at once',
  peer: 'blackbox_exporter',
  peerVersion: blackboxVersion,
  notes:
    'The guard: CHECK_CONCURRENCY=1000, from the scrape that runs the cycle to the last byte of its answer. ' +
    'blackbox_exporter: 1,000 scrapes of `/probe` at once, on kept connections, to the last answer.',
  missing: blackboxMissing,
  measure: async (stage, tell) => {
    const { endpoints, env } = await startFleet(stage, { services: SERVICES, delayMs: DELAY_MS, kept: true })
    const guard = await startGuard(stage, { ...env, CHECK_MODE: 'scrape', CHECK_CONCURRENCY: String(SERVICES) })
    const blackbox = await startBlackbox(stage, SERVICES)
    tell('warming up')
    await expectAllWell(guard, SERVICES)
    await warmUp(WARM_UP_CYCLES, guard.cycleMs)
    await warmUp(2, async () => expectAllProbed(await blackbox.probeAll(endpoints)))
    tell('measuring')
    const wall = await byTurns(ROUNDS, guard.cycleMs, async () => {
      let answers: readonly Buffer[] = []
      const ms = await wallMs(async () => {
        answers = await blackbox.probeAll(endpoints)
      })
      expectAllProbed(answers)
      return ms
    })
    return [
      { what: 'a cycle', unit: 'ms', better: 'less', ...wall, limit: `${DELAY_MS} ms` },
      {
        what: 'peak memory',
        unit: 'MB',
        better: 'less',
        ours: [peakMb(guard)],
        peer: [peakMb(blackbox)],
        limit: ''
      }
    ]
  }
}
