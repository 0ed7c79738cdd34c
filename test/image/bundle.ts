import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listOf } from '../support/cluster-objects.ts'
import { type GuardCommand, startGuard, watching } from '../support/guard-process.ts'
import type { Stage } from '../support/stage.ts'
import { nodeOptions } from './dockerfile.ts'

/** Why a test of the bundle cannot run; `false`: it can. */
export const bundleMissing =
  process.env.GUARD_MAIN === undefined && 'GUARD_MAIN names no bundle: npm run unit makes one'

/** Starts a guard without workloads, as the image starts it, with this CommonJS loaded ahead of it. */
export function startSpied(
  stage: Stage,
  spy: string,
  { env, execArgv = [], ...command }: GuardCommand = {}
): ChildProcess {
  const path = join(stage.folder, 'spy.cjs')
  writeFileSync(path, spy)
  const workloads = join(stage.folder, 'workloads.json')
  writeFileSync(workloads, JSON.stringify(listOf([])))
  return startGuard(stage, {
    ...command,
    env: { ...watching(workloads), ...env },
    execArgv: [...nodeOptions(), ...execArgv, '--require', path]
  })
}
