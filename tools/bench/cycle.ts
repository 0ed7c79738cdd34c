import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { listOf } from '../../test/support/cluster-objects.ts'
import { findProgram } from '../../test/support/component.ts'
import { type ControlPlane, controlPlaneMissing, startControlPlane } from '../../test/support/control-plane.ts'
import { type Stage, withStage } from '../../test/support/stage.ts'
import { deploymentOf, endpointOf, NAMESPACE, nameOf, startEndpoints } from './fleet.ts'
import { expectAllWell, type Guard, readSample, startGuard, wallMs, warmUp } from './guard.ts'
import { alone, byTurns } from './statistics.ts'
import type { Row, Subject } from './subject.ts'

const FLEETS = [2, 50, 200]
const DELAYS_MS = [0, 50]
const WARM_UP_CYCLES = 20
const ROUNDS = 3
const COLD_ROUNDS = 5
const SCRAPES = 9
const CYCLE_SECONDS = 'keybuzz_version_guard_cycle_duration_seconds'
const SCRIPT = join(import.meta.dirname, 'script.py')

const runProgram = promisify(execFile)

/** A whole cycle, from the question to the answer, beside the script that the guard replaces. */
export const cycle: Subject = {
  name: 'cycle',
  title: 'A cycle, from the question to the last verdict',
  peer: 'the script',
  peerVersion: () => spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout.trim(),
  notes:
    'Both read a real API server. The script asks for one service after the other, by kubectl and then by urllib. ' +
    'The guard follows the API server and answers a scrape in scrape mode, which runs a cycle; its first cycle, ' +
    'without a connection and before the compiler has done its work, is told apart: by the guard itself, until the last ' +
    'answer, without the judgement.',
  missing: () => [
    ...(controlPlaneMissing === undefined ? [] : [controlPlaneMissing]),
    ...(findProgram('python3') === undefined ? ['python3 is not on the PATH'] : [])
  ],
  measure: async (stage, tell) => {
    const controlPlane = await startControlPlane()
    stage.after(controlPlane.close)
    await controlPlane.kubectl(['create', 'namespace', NAMESPACE])
    const items = Array.from({ length: Math.max(...FLEETS) }, (_, index) => deploymentOf(index))
    await controlPlane.kubectl(['create', '-f=-'], JSON.stringify(listOf(items)))
    const rows: Row[] = []
    for (const delayMs of DELAYS_MS) {
      const port = await startEndpoints(stage, { delayMs, kept: true })
      for (const services of FLEETS) {
        tell(`${services} services that answer in ${delayMs} ms`)
        const fleet = { services, endpoints: Array.from({ length: services }, (_, index) => endpointOf(index, port)) }
        rows.push(...(await measureFleet(stage, fleet, { delayMs, controlPlane })))
      }
    }
    return rows
  }
}

interface Fleet {
  readonly services: number
  readonly endpoints: readonly string[]
}

interface Surroundings {
  readonly delayMs: number
  readonly controlPlane: ControlPlane
}

async function measureFleet(
  stage: Stage,
  { services, endpoints }: Fleet,
  { delayMs, controlPlane }: Surroundings
): Promise<readonly Row[]> {
  const targetsFile = join(stage.folder, `targets-${services}-${delayMs}.json`)
  const targets = endpoints.map((endpoint, index) => ({ service: nameOf(index), namespace: NAMESPACE, endpoint }))
  writeFileSync(targetsFile, JSON.stringify({ targets }))
  const env = { KUBECONFIG: controlPlane.adminKubeconfig, WATCH_NAMESPACES: NAMESPACE, TARGETS_FILE: targetsFile }

  // With an interval of an hour, only the first cycle runs.
  const cold = await alone(COLD_ROUNDS, () =>
    withStage(async own => firstCycleMs(await startGuard(own, { ...env, CHECK_INTERVAL: '1h' })))
  )
  const guard = await startGuard(stage, { ...env, CHECK_MODE: 'scrape' })
  await expectAllWell(guard, services)
  await warmUp(WARM_UP_CYCLES, guard.cycleMs)
  const samples = await byTurns(
    ROUNDS,
    async () => (await alone(SCRAPES, guard.cycleMs)).ours,
    () => wallMs(() => runScript(endpoints, controlPlane))
  )
  guard.child.kill('SIGKILL')
  const what = `${services} services that answer in ${delayMs} ms`
  const common = { unit: 'ms', better: 'less', peer: samples.peer, limit: `${delayMs} ms` } as const
  return [
    { ...common, what, ours: samples.ours },
    { ...common, what: `${what}, first cycle`, ours: cold.ours }
  ]
}

async function firstCycleMs(guard: Guard): Promise<number> {
  const scrape = await guard.scrape()
  const cycles = readSample(scrape, `${CYCLE_SECONDS}_count`)
  if (cycles !== 1) throw new Error(`${cycles} cycles instead of one`)
  return readSample(scrape, `${CYCLE_SECONDS}_sum`) * 1000
}

async function runScript(endpoints: readonly string[], { adminKubeconfig }: ControlPlane): Promise<void> {
  const kubectl = join(process.env.KUBEBUILDER_ASSETS ?? '', 'kubectl')
  const services = endpoints.map((endpoint, index) => `${NAMESPACE}/${nameOf(index)}=${endpoint}`)
  const { stdout } = await runProgram('python3', [SCRIPT, kubectl, adminKubeconfig, ...services])
  const well = stdout.match(/"status": "OK"/g)?.length ?? 0
  if (well !== endpoints.length) throw new Error(`the script finds ${well} of ${endpoints.length} services well`)
}
