// npm run soak: a guard on a fleet that is never well, for twenty minutes; judges whether it stands it, and draws it.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { listening, startGuard } from '../../test/support/guard-process.ts'
import { nextMessage, startNode } from '../../test/support/node-process.ts'
import { type Stage, withStage } from '../../test/support/stage.ts'
import { plotSoak } from './plot.ts'
import { createRandom } from './random.ts'
import { judgeSoak, type Sample } from './verdict.ts'
import { createWorld } from './world.ts'

const INTERVAL_SECONDS = 1
const SAMPLE_MS = 1000
const DISTURB_MS = 7000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    targets: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    out: { type: 'string', default: 'soak-result' }
  }
})
const [minutes, targets, seed] = [values.minutes, values.targets, values.seed].map(Number)
if (!minutes || !targets || seed === undefined || Number.isNaN(seed)) {
  process.stderr.write('usage: npm run soak -- [--minutes 20] [--targets 1000] [--seed N] [--out soak-result]\n')
  process.exit(64)
}
process.exitCode = await soak({ minutes, targets, seed, out: values.out })

interface Wish {
  readonly minutes: number
  readonly targets: number
  readonly seed: number
  readonly out: string
}

function soak({ minutes, targets, seed, out }: Wish): Promise<number> {
  const title = `${targets} targets every ${INTERVAL_SECONDS} s for ${minutes} min, seed ${seed}`
  say(title)
  mkdirSync(out, { recursive: true })
  return withStage(async stage => {
    const file = join(import.meta.dirname, 'fleet-process.ts')
    const port = await nextMessage(startNode(stage, { file, args: [String(targets), String(seed)] }))
    const world = createWorld(stage.folder, `http://127.0.0.1:${port}`, targets)
    const guard = await startSoakedGuard(stage, world.env)
    const random = createRandom(seed)
    const disturbing = setInterval(() => world.disturb(random), DISTURB_MS)
    stage.after(() => clearInterval(disturbing))
    const samples = await collect(guard, { seconds: 60 * minutes, file: join(out, 'samples.jsonl') })
    const checks = judgeSoak({
      samples,
      intervalSeconds: INTERVAL_SECONDS,
      failures: guard.failures,
      survived: guard.lives()
    })
    for (const { rule, holds, words } of checks) say(`${holds ? 'ok  ' : 'FAIL'} ${rule}: ${words}`)
    draw(out, plotSoak(title, samples, checks))
    return checks.every(({ holds }) => holds) ? 0 : 1
  })
}

type Guard = Awaited<ReturnType<typeof startSoakedGuard>>

async function startSoakedGuard(stage: Stage, env: Readonly<Record<string, string>>) {
  const child = startGuard(stage, {
    env: { ...env, CHECK_INTERVAL: `${INTERVAL_SECONDS}s`, CHECK_TIMEOUT: '700ms', CHECK_CONCURRENCY: '1000' }
  })
  const failures: string[] = []
  if (child.stdout !== null) {
    createInterface(child.stdout).on('line', line => {
      const { level, message, service } = JSON.parse(line)
      // A check's line is about a service; a refused file is what was wanted.
      if (service === undefined && ['error', 'critical'].includes(level) && !/refused/.test(message))
        failures.push(line)
    })
  }
  child.stderr?.on('data', chunk => failures.push(String(chunk)))
  const url = await listening(child)
  return { url, failures, lives: () => child.exitCode === null && child.signalCode === null }
}

async function collect(guard: Guard, { seconds, file }: { seconds: number; file: string }): Promise<Sample[]> {
  writeFileSync(file, '')
  const start = performance.now()
  const samples: Sample[] = []
  for (let next = start; guard.lives(); next += SAMPLE_MS) {
    const elapsed = (performance.now() - start) / 1000
    if (elapsed > seconds) break
    const sample = readSample(await (await fetch(`${guard.url}/metrics`)).text(), elapsed)
    samples.push(sample)
    appendFileSync(file, `${JSON.stringify(sample)}\n`)
    if (samples.length % 60 === 0) say(`${Math.round(elapsed)} s: ${JSON.stringify(sample)}`)
    await wait(Math.max(0, next + SAMPLE_MS - performance.now()))
  }
  return samples
}

function readSample(text: string, seconds: number): Sample {
  const value = (series: string) => Number(text.split(`\n${series} `)[1]?.split('\n', 1)[0])
  return {
    seconds,
    rssBytes: value('process_resident_memory_bytes'),
    heapBytes: value('nodejs_heap_size_used_bytes'),
    fds: value('process_open_fds'),
    cycles: value('keybuzz_version_guard_cycle_duration_seconds_count'),
    cyclesInTime: value('keybuzz_version_guard_cycle_duration_seconds_bucket{le="1"}')
  }
}

function draw(out: string, svg: string): void {
  const [plot, picture] = [join(out, 'soak.svg'), join(out, 'soak.png')]
  writeFileSync(plot, svg)
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--window-size=1200,840', `--screenshot=${picture}`]
  const { status } = spawnSync('chromium', [...args, pathToFileURL(plot).href], { stdio: 'ignore' })
  say(`${plot}${status === 0 ? ` and ${picture}` : '; with chromium on the PATH there would be a picture too'}`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
