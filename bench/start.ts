/**
 * `node bench/start.ts [RUNS]`: from the start of the process to its log line "Listening", and its memory some seconds
 * later, with the source kubernetes on a real API server. The natural layout, the bundle, and the bundle with its
 * compile cache take turns with Node alone, the least there can be.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { startControlPlane } from '../test/support/control-plane.ts'

interface Layout {
  readonly name: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

interface Measure {
  readonly startMs: number
  readonly cpuMs: number
  readonly megabytes: number
}

const ROOT = join(import.meta.dirname, '..')
const CLOCK_TICKS_PER_SECOND = 100
const IDLE_MS = 2_000
const runs = Number(process.argv[2] ?? 15)
const print = (line: string) => process.stdout.write(`${line}\n`)

const folder = mkdtempSync(join(tmpdir(), 'keybuzz-bench-'))
execFileSync(process.execPath, [join(ROOT, 'build/bundle.ts')])
const app = join(folder, 'app')
for (const name of ['dist', 'package.json']) cpSync(join(ROOT, name), join(app, name), { recursive: true })

// Written at the end of the first run, which does not count.
const cache = { NODE_COMPILE_CACHE: join(app, 'compile-cache'), NODE_COMPILE_CACHE_PORTABLE: '1' }
const layouts: readonly Layout[] = [
  { name: 'Node alone', args: ['--eval', `console.log('{"message":"Listening"}'); setInterval(() => {}, 1000)`] },
  { name: 'the sources', args: [join(ROOT, 'src/main.ts')] },
  { name: 'the bundle', args: [join(app, 'dist/main.js')] },
  { name: 'the bundle, compile cache', args: [join(app, 'dist/main.js')], env: cache }
]

async function measure({ args, env }: Layout, kubeconfig: string): Promise<Measure> {
  const start = performance.now()
  const guard = spawn(process.execPath, args, {
    env: { HOST: '127.0.0.1', PORT: '0', KUBECONFIG: kubeconfig, ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const lines = createInterface(guard.stdout)
  for await (const line of lines) if (JSON.parse(line).message === 'Listening') break
  const startMs = performance.now() - start
  const cpuMs = readCpuMs(guard.pid)
  await pause(IDLE_MS)
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${guard.pid}/status`, 'utf8')) ?? []
  guard.kill('SIGTERM')
  await once(guard, 'exit')
  return { startMs, cpuMs, megabytes: (Number(kilobytes) * 1024) / 1e6 }
}

/** User's and system's time of all threads, in steps of 10 ms; steadier than the clock where others work too. */
function readCpuMs(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND
}

function summarize(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0)
  return `${at(0.5)} (${at(0)}–${at(1)})`
}

const controlPlane = await startControlPlane()
try {
  const measures = new Map<string, Measure[]>(layouts.map(({ name }) => [name, []]))
  for (const layout of layouts) await measure(layout, controlPlane.adminKubeconfig)
  for (let run = 0; run < runs; run++) {
    for (const layout of layouts) measures.get(layout.name)?.push(await measure(layout, controlPlane.adminKubeconfig))
  }
  print(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}; medians of ${runs} (least–most), taking turns\n`
  )
  print('| layout | start to listening, ms | CPU until then, ms | idle, MB |')
  print('| --- | --- | --- | --- |')
  for (const [name, values] of measures) {
    const column = (key: keyof Measure) => summarize(values.map(value => value[key]))
    print(`| ${name} | ${column('startMs')} | ${column('cpuMs')} | ${column('megabytes')} |`)
  }
} finally {
  await controlPlane.close()
  rmSync(folder, { recursive: true })
}
