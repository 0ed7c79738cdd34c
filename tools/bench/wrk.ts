import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '../../test/support/component.ts'

const runProgram = promisify(execFile)
const UNITS_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

export interface Load {
  readonly connections: number
  readonly seconds: number
  readonly gzip: boolean
}

export interface Answered {
  readonly perSecond: number
  readonly p99Ms: number
}

export function wrkMissing(): readonly string[] {
  return findProgram('wrk') === undefined ? ['wrk is not on the PATH; Debian has it in its package wrk'] : []
}

/** `wrk 4.1.0` */
export function wrkVersion(): string {
  const { stdout } = spawnSync('wrk', ['-v'], { encoding: 'utf8' })
  return `wrk ${/wrk \w*\/?(\d[\d.]*)/.exec(stdout)?.[1]}`
}

/** Requests a URL again and again. Fails if an answer is not 2xx. */
export async function runWrk(url: string, { connections, seconds, gzip }: Load): Promise<Answered> {
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '30s']
  const { stdout } = await runProgram('wrk', [...flags, ...(gzip ? ['-H', 'Accept-Encoding: gzip'] : []), url])
  return readWrk(stdout)
}

/** Reads what wrk printed; throws if answers were not 2xx, or if there were none. */
export function readWrk(output: string): Answered {
  const [, p99 = '', unit = ''] = /^\s+99%\s+([\d.]+)(us|ms|s|m) *$/m.exec(output) ?? []
  const [, rate = ''] = /^Requests\/sec:\s+([\d.]+) *$/m.exec(output) ?? []
  const p99Ms = Number(p99) * (UNITS_MS[unit] ?? Number.NaN)
  if (/Non-2xx|Socket errors/.test(output) || !(Number(rate) > 0) || !(p99Ms > 0)) throw new Error(`wrk: ${output}`)
  return { perSecond: Number(rate), p99Ms }
}
