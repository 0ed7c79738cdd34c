import { withStage } from '../../test/support/stage.ts'
import { startFleet } from './fleet.ts'
import { expectAllWell, startInstrumentedGuard, warmUp } from './guard.ts'
import { alone } from './statistics.ts'
import type { Row, Subject } from './subject.ts'

const CASES = [
  { services: 1000, concurrency: 1000 },
  { services: 1000, concurrency: 256 },
  { services: 10_000, concurrency: 256 }
]
const DELAY_MS = 50
const WARM_UP_CYCLES = 15
const ROUNDS = 9

/** How long the guard blocks its event loop. */
export const loop: Subject = {
  name: 'loop',
  title: 'The longest block of the event loop in a cycle',
  peer: '',
  peerVersion: () => '',
  notes:
    'Services that answer in 50 ms; from the scrape that runs the cycle to the last byte of its answer. Wall time, ' +
    'by a timer of 1 ms within the process: on a busy machine the kernel adds to it.',
  missing: () => [],
  measure: async (_stage, tell) => {
    const rows: Row[] = []
    for (const example of CASES) {
      const what = `${example.services.toLocaleString('en-US')} services, ${example.concurrency} at once`
      tell(what)
      rows.push({ what, unit: 'ms', better: 'less', ...(await longestBlocks(example)), limit: '' })
    }
    return rows
  }
}

function longestBlocks({ services, concurrency }: (typeof CASES)[number]) {
  return withStage(async stage => {
    const { env } = await startFleet(stage, { services, delayMs: DELAY_MS, kept: true })
    const guard = await startInstrumentedGuard(stage, {
      ...env,
      CHECK_MODE: 'scrape',
      CHECK_CONCURRENCY: String(concurrency)
    })
    await expectAllWell(guard, services)
    await warmUp(WARM_UP_CYCLES, guard.cycleMs)
    await guard.longestBlockMs()
    return alone(ROUNDS, async () => {
      await guard.cycleMs()
      return guard.longestBlockMs()
    })
  })
}
