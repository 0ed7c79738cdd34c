import { setTimeout as wait } from 'node:timers/promises'
import { type Stage, withStage } from '../../test/support/stage.ts'
import { type Blackbox, blackboxMissing, blackboxVersion, expectAllProbed, startBlackbox } from './blackbox.ts'
import { startFleet } from './fleet.ts'
import { cyclesDone, expectAllWell, startGuard } from './guard.ts'
import { cpuMs, residentMb } from './process-cost.ts'
import type { Row, Subject } from './subject.ts'

const FLEETS = [1000, 10_000]
// With more, the peer does not finish a round in time.
const MOST_WITH_PEER = 1000
const INTERVAL_S = 2
const SECONDS = 40
// Until then memory still grows.
const SETTLED_AFTER_S = 20
const AT_ONCE = 50

/** How much resident memory the guard has at work, as `ps` and the limit of a container count it. */
export const memory: Subject = {
  name: 'memory',
  title: `Resident memory, a cycle every ${INTERVAL_S} seconds`,
  peer: 'blackbox_exporter',
  peerVersion: blackboxVersion,
  notes:
    `Looked at once a second, from second ${SETTLED_AFTER_S} to second ${SECONDS}; every setting but CHECK_INTERVAL is the ` +
    'default. The peer is asked to probe the same endpoints as often, 50 at a time; with 10,000 it does not come round ' +
    'in time. CPU time is that of all threads over the same seconds, for each cycle.',
  missing: blackboxMissing,
  measure: async (_stage, tell) => {
    const rows: Row[] = []
    for (const services of FLEETS) {
      tell(`${services} services`)
      rows.push(...(await withStage(stage => measureFleet(stage, services))))
    }
    return rows
  }
}

async function measureFleet(stage: Stage, services: number): Promise<readonly Row[]> {
  const { endpoints, env } = await startFleet(stage, { services, delayMs: 0, kept: true })
  const guard = await startGuard(stage, { ...env, CHECK_INTERVAL: `${INTERVAL_S}s` })
  const blackbox = services > MOST_WITH_PEER ? undefined : await startBlackbox(stage, AT_ONCE)
  const ended = new AbortController()
  stage.after(() => ended.abort())
  const probing = blackbox && probeAgainAndAgain(blackbox, endpoints, ended.signal)
  await wait(SETTLED_AFTER_S * 1000)
  await expectAllWell(guard, services)

  const ours: number[] = []
  const peer: number[] = []
  const turns = async () => ({ guard: await cyclesDone(guard), blackbox: probing?.rounds() ?? 0 })
  const before = { ...(await turns()), ours: cpuMs(guard), peer: blackbox === undefined ? 0 : cpuMs(blackbox) }
  for (let second = SETTLED_AFTER_S; second < SECONDS; second += 1) {
    await wait(1000)
    ours.push(residentMb(guard))
    if (blackbox !== undefined) peer.push(residentMb(blackbox))
  }
  const after = await turns()
  const ourCpuMs = (cpuMs(guard) - before.ours) / (after.guard - before.guard)
  const peerCpuMs = blackbox && (cpuMs(blackbox) - before.peer) / (after.blackbox - before.blackbox)
  ended.abort()
  await probing?.ended
  const what = `${services.toLocaleString('en-US')} services`
  const common = { better: 'less', limit: '' } as const
  return [
    { what, unit: 'MB', ...common, ours, peer },
    {
      what: `${what}, CPU time of a cycle`,
      unit: 'ms',
      ...common,
      ours: [ourCpuMs],
      peer: peerCpuMs === undefined ? [] : [peerCpuMs]
    }
  ]
}

/** Probes everything once in each interval, until the signal aborts. */
function probeAgainAndAgain({ probeAll }: Blackbox, endpoints: readonly string[], signal: AbortSignal) {
  let rounds = 0
  const probe = async () => {
    while (!signal.aborted) {
      const pause = wait(INTERVAL_S * 1000, undefined, { signal }).catch(() => {})
      expectAllProbed(await probeAll(endpoints))
      rounds += 1
      await pause
    }
  }
  return { rounds: () => rounds, ended: probe() }
}
