import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { controlPlaneMissing, startControlPlane } from '../../test/support/control-plane.ts'
import { ROOT } from '../../test/support/files.ts'
import { listening } from '../../test/support/guard-process.ts'
import { IMAGE_ARGV, IMAGE_ENV } from './guard.ts'
import { cpuMs, residentMb } from './process-cost.ts'
import type { Row, Subject } from './subject.ts'

interface Layout {
  readonly name: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

interface Start {
  readonly listeningMs: number
  readonly cpuMs: number
  readonly idleMb: number
}

const ROUNDS = 15
const IDLE_MS = 2_000
const LISTENING = JSON.stringify({ message: 'Listening', address: 'nowhere' })
const NODE_ALONE: Layout = {
  name: 'Node alone',
  args: ['--eval', `console.log('${LISTENING}'); setInterval(() => {}, 1000)`]
}

/** What a start takes: from the sources, from the bundle, and from the bundle as the image has it. */
export const start: Subject = {
  name: 'start',
  title: 'A start, with the source kubernetes',
  peer: NODE_ALONE.name,
  peerVersion: () => '',
  notes:
    'From the start of the process to its line "Listening"; the CPU time until then, of all threads, in steps of 10 ms; ' +
    `the memory that is resident ${IDLE_MS / 1000} s later, on a real API server. The image has the bundle and a compile cache, and starts it as the last three rows do.`,
  missing: () => (controlPlaneMissing === undefined ? [] : [controlPlaneMissing]),
  measure: async (stage, tell) => {
    const app = join(stage.folder, 'app')
    for (const name of ['dist', 'package.json']) cpSync(join(ROOT, name), join(app, name), { recursive: true })
    const bundle = join(app, 'dist/main.js')
    // Node writes the cache at the end of the first run, which does not count.
    const cache = { NODE_COMPILE_CACHE: join(app, 'compile-cache'), NODE_COMPILE_CACHE_PORTABLE: '1' }
    const layouts: readonly Layout[] = [
      { name: 'the sources', args: [join(ROOT, 'src/main.ts')] },
      { name: 'the bundle', args: [bundle] },
      { name: 'the bundle with its compile cache', args: [...IMAGE_ARGV, bundle], env: { ...cache, ...IMAGE_ENV } }
    ]

    const controlPlane = await startControlPlane()
    stage.after(controlPlane.close)
    const measureOne = (layout: Layout) => measure(layout, controlPlane.adminKubeconfig)
    tell('warming up')
    for (const layout of [NODE_ALONE, ...layouts]) await measureOne(layout)
    const alone: Start[] = []
    const starts = new Map<Layout, Start[]>(layouts.map(layout => [layout, []]))
    for (let round = 0; round < ROUNDS; round += 1) {
      tell(`round ${round + 1} of ${ROUNDS}`)
      alone.push(await measureOne(NODE_ALONE))
      for (const [layout, of] of starts) of.push(await measureOne(layout))
    }
    return [...starts].flatMap(([{ name }, of]) => {
      const row = (what: string, unit: Row['unit'], figure: keyof Start): Row => ({
        what: `${name}: ${what}`,
        unit,
        better: 'less',
        ours: of.map(one => one[figure]),
        peer: alone.map(one => one[figure]),
        limit: ''
      })
      return [
        row('start to listening', 'ms', 'listeningMs'),
        row('CPU time until then', 'ms', 'cpuMs'),
        row('idle', 'MB', 'idleMb')
      ]
    })
  }
}

async function measure({ args, env }: Layout, kubeconfig: string): Promise<Start> {
  const begin = performance.now()
  const guard = spawn(process.execPath, args, {
    env: { HOST: '127.0.0.1', PORT: '0', KUBECONFIG: kubeconfig, ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  await listening(guard)
  const listeningMs = performance.now() - begin
  const used = cpuMs(guard)
  await pause(IDLE_MS)
  const idleMb = residentMb(guard)
  guard.kill('SIGTERM')
  await once(guard, 'exit')
  return { listeningMs, cpuMs: used, idleMb }
}
