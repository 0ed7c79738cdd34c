import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { listening, startGuard } from '../../test/support/guard-process.ts'
import { nextMessage, startNode } from '../../test/support/node-process.ts'
import type { Stage } from '../../test/support/stage.ts'
import { createRandom } from './random.ts'
import type { Sample, Soak } from './verdict.ts'
import { createWorld, STEADY } from './world.ts'

export const INTERVAL_SECONDS = 1
const SAMPLE_MS = 1000
const DISTURB_MS = 7000

export interface SoakWish {
  readonly seconds: number
  /** Honest services; the hostile namespace comes on top. */
  readonly targets: number
  readonly seed: number
  /** The time from one change of the files to the next; absent: 7 s. */
  readonly disturbMs?: number
  /** A command that starts the guard, such as one that limits its memory. */
  readonly through?: readonly [string, ...string[]]
  readonly onSample?: (sample: Sample) => void
}

/** Runs a guard in a world that is never well, and looks at it each second. */
export async function runSoak(stage: Stage, wish: SoakWish): Promise<Soak> {
  const { targets, seed, disturbMs = DISTURB_MS } = wish
  const file = join(import.meta.dirname, 'fleet-process.ts')
  const port = await nextMessage(startNode(stage, { file, args: [targets, STEADY, seed].map(String) }))
  const world = createWorld(stage.folder, `http://127.0.0.1:${port}`, targets)
  const child = startGuard(stage, {
    env: { ...world.env, CHECK_INTERVAL: `${INTERVAL_SECONDS}s`, CHECK_TIMEOUT: '700ms' },
    ...(wish.through && { through: wish.through })
  })
  const failures: string[] = []
  if (child.stdout !== null) {
    createInterface(child.stdout).on('line', line => {
      const { level, message, service } = JSON.parse(line)
      // Lines with a service are results of checks; a refused file is what the soak provokes.
      if (service === undefined && ['error', 'critical'].includes(level) && !/refused/.test(message))
        failures.push(line)
    })
  }
  child.stderr?.on('data', chunk => failures.push(String(chunk)))
  const guard = { url: await listening(child), lives: () => child.exitCode === null && child.signalCode === null }
  const random = createRandom(seed)
  const disturbing = setInterval(() => world.disturb(random), disturbMs)
  stage.after(() => clearInterval(disturbing))
  const samples = await collect(guard, wish)
  return { samples, intervalSeconds: INTERVAL_SECONDS, failures, survived: guard.lives() }
}

interface Guard {
  readonly url: string
  lives(): boolean
}

async function collect(guard: Guard, { seconds, onSample }: SoakWish): Promise<Sample[]> {
  const start = performance.now()
  const samples: Sample[] = []
  for (let next = start; guard.lives(); next += SAMPLE_MS) {
    const elapsed = (performance.now() - start) / 1000
    if (elapsed > seconds) break
    const sample = readSample(await (await fetch(`${guard.url}/metrics`)).text(), elapsed)
    samples.push(sample)
    onSample?.(sample)
    await wait(Math.max(0, next + SAMPLE_MS - performance.now()))
  }
  return samples
}

const CHECKED = /^keybuzz_version_check_timestamp_seconds\{[^}]*service="service-(\d+)"[^}]*\} (\S+)$/gm
const CONSISTENT = /^keybuzz_version_consistent\{[^}]*service="service-(\d+)"[^}]*\} 1$/gm

function readSample(text: string, seconds: number): Sample {
  const value = (series: string) => Number(text.split(`\n${series} `)[1]?.split('\n', 1)[0])
  const ofSteady = (series: RegExp) => [...text.matchAll(series)].filter(([, index]) => Number(index) < STEADY)
  const now = Date.now() / 1000
  return {
    seconds,
    rssBytes: value('process_resident_memory_bytes'),
    heapBytes: value('nodejs_heap_size_used_bytes'),
    fds: value('process_open_fds'),
    cycles: value('keybuzz_version_guard_cycle_duration_seconds_count'),
    cyclesInTime: value('keybuzz_version_guard_cycle_duration_seconds_bucket{le="1"}'),
    wronged: STEADY - ofSteady(CONSISTENT).length,
    oldestSeconds: Math.max(0, ...ofSteady(CHECKED).map(([, , checkedAt]) => now - Number(checkedAt)))
  }
}
