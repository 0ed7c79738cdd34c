import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { Client } from 'undici'
import { nodeOptions } from '../../test/image/dockerfile.ts'
import { ROOT } from '../../test/support/files.ts'
import {
  type GuardCommand,
  startGuard as launchGuard,
  listening,
  untilReady
} from '../../test/support/guard-process.ts'
import { askProcess } from '../../test/support/node-process.ts'
import type { Stage } from '../../test/support/stage.ts'
import { cpuMs } from './process-cost.ts'

/** The real guard, serving. */
export interface Guard {
  readonly pid: number | undefined
  readonly child: ChildProcess
  readonly origin: string
  /** One scrape as Prometheus makes it, on a kept connection; the answer is still gzipped. */
  scrape(): Promise<Buffer>
  /**
   * In scrape mode: how long a scrape that runs a cycle takes, ms. A scrape within a second after a cycle runs none, so
   * this waits first. Rejects if the scrape ran no cycle.
   */
  cycleMs(): Promise<number>
}

/** A guard that also tells what only the process itself knows, for which it has some MB more. */
export interface InstrumentedGuard extends Guard {
  /** The longest block of the event loop since the last call; the first time: 0. */
  longestBlockMs(): Promise<number>
  /** The heap in use after a garbage collection. */
  heapMb(): Promise<number>
}

type Env = Readonly<Record<string, string>>

// As it ships: `npm run bench` builds it first.
const MAIN = join(ROOT, 'dist/main.js')
/** As the image sets it. */
export const IMAGE_ENV = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '32768' }
export const IMAGE_ARGV = nodeOptions()
const INSTRUMENT = ['--expose-gc', '--import', join(import.meta.dirname, 'processes/instrument.mjs')]
const READY_WITHIN_MS = 60_000
// The second, plus what two clocks may differ by.
const UNTIL_NEXT_CYCLE_MS = 1_050
const CYCLES_DONE = 'keybuzz_version_guard_cycle_duration_seconds_count'

/** Starts the guard as it ships on a free port; resolves when its first cycle is done. */
export function startGuard(stage: Stage, env: Env): Promise<Guard> {
  return start(stage, { env })
}

export async function startInstrumentedGuard(stage: Stage, env: Env): Promise<InstrumentedGuard> {
  const guard = await start(stage, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: INSTRUMENT })
  const ask = (instrument: 'loop' | 'heap') => askProcess(guard.child, { instrument })
  return {
    ...guard,
    longestBlockMs: async () => ((await ask('loop')) as { longestMs: number }).longestMs,
    heapMb: async () => ((await ask('heap')) as { heapMb: number }).heapMb
  }
}

async function start(stage: Stage, { env, stdio = ['ignore', 'pipe', 'inherit'], execArgv = [] }: GuardCommand) {
  const child = launchGuard(stage, {
    main: MAIN,
    env: { ...IMAGE_ENV, ...env },
    stdio,
    execArgv: [...IMAGE_ARGV, ...execArgv]
  })
  const origin = await listening(child)
  await untilReady(origin, { withinMs: READY_WITHIN_MS })
  const client = new Client(origin, { headersTimeout: 60_000 })
  stage.after(() => client.destroy())
  let cycles = 0
  const scrape = async () => {
    const { statusCode, body } = await client.request({
      method: 'GET',
      path: '/metrics',
      headers: { 'accept-encoding': 'gzip' }
    })
    if (statusCode !== 200) throw new Error(`/metrics: ${statusCode} ${await body.text()}`)
    return Buffer.from(await body.arrayBuffer())
  }
  return {
    pid: child.pid,
    child,
    origin,
    scrape,
    cycleMs: async () => {
      await wait(UNTIL_NEXT_CYCLE_MS)
      const start = performance.now()
      const answer = await scrape()
      const ms = performance.now() - start
      const before = cycles
      cycles = readSample(answer, CYCLES_DONE)
      if (cycles === before) throw new Error('the scrape ran no cycle')
      return ms
    }
  }
}

/** How long something takes, ms. */
export async function wallMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Lets the compiler optimise the code before anything is measured. */
export async function warmUp(turns: number, turn: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < turns; done += 1) await turn()
}

/** The CPU time that one turn costs a process, the mean of `turns`, in µs. */
export async function cpuPerTurnUs(
  running: Parameters<typeof cpuMs>[0],
  turns: number,
  turn: () => Promise<unknown>
): Promise<number> {
  const before = cpuMs(running)
  await warmUp(turns, turn)
  return ((cpuMs(running) - before) * 1000) / turns
}

/** How many cycles the guard has done so far. */
export async function cyclesDone(guard: Guard): Promise<number> {
  return readSample(await guard.scrape(), CYCLES_DONE)
}

/** One sample of the guard's own metrics in a scrape. */
export function readSample(scrape: Buffer, series: string): number {
  const line = gunzipSync(scrape)
    .toString()
    .split('\n')
    .find(one => one.startsWith(`${series} `))
  if (line === undefined) throw new Error(`${series} is not exposed`)
  return Number(line.slice(series.length + 1))
}

/** Fails if a service of the fleet is not found healthy: otherwise the benchmark would measure failures. */
export async function expectAllWell(guard: Guard, services: number): Promise<void> {
  const exposition = gunzipSync(await guard.scrape()).toString()
  const well = exposition.match(/^keybuzz_version_consistent\{.*\} 1$/gm)?.length ?? 0
  if (well !== services) throw new Error(`${well} of ${services} services are well`)
}
