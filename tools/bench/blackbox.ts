import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Pool } from 'undici'
import { freePort } from '../../test/support/address.ts'
import { startServer } from '../../test/support/child.ts'
import { findProgram } from '../../test/support/component.ts'
import type { Stage } from '../../test/support/stage.ts'

const PROGRAM = 'prometheus-blackbox-exporter'
const CONFIG = {
  modules: {
    version: {
      prober: 'http',
      timeout: '10s',
      http: { preferred_ip_protocol: 'ip4', fail_if_body_not_matches_regexp: ['"version":"v1.2.3"'] }
    }
  }
}

/** A running blackbox_exporter. */
export interface Blackbox {
  readonly pid: number | undefined
  /** One probe of each endpoint, all at once, as Prometheus asks: gzip, on kept connections. Answers are still gzipped. */
  probeAll(endpoints: readonly string[]): Promise<readonly Buffer[]>
}

export function blackboxMissing(): readonly string[] {
  if (findProgram(PROGRAM) !== undefined) return []
  return [`${PROGRAM} is not on the PATH; Debian has it in its package ${PROGRAM}`]
}

/** `blackbox_exporter 0.23.0` */
export function blackboxVersion(): string {
  const { stdout, stderr } = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' })
  return `blackbox_exporter ${/version (\S+)/.exec(stdout + stderr)?.[1]?.replace(/,$/, '')}`
}

/** Starts one on a free port; at most `atOnce` probes run at a time. */
export async function startBlackbox(stage: Stage, atOnce: number): Promise<Blackbox> {
  const file = join(stage.folder, 'blackbox.yml')
  writeFileSync(file, JSON.stringify(CONFIG))
  const origin = `http://127.0.0.1:${await freePort()}`
  const args = [`--config.file=${file}`, `--web.listen-address=${new URL(origin).host}`, '--log.level=error']
  const child = await startServer({ program: PROGRAM, args }, async () => (await fetch(`${origin}/-/healthy`)).ok)
  stage.after(() => child.kill())
  const pool = new Pool(origin, { connections: atOnce, pipelining: 1, headersTimeout: 60_000 })
  stage.after(() => pool.destroy())
  return {
    pid: child.pid,
    probeAll: endpoints => Promise.all(endpoints.map(endpoint => probe(pool, endpoint)))
  }
}

/** Fails if a probe failed: otherwise the benchmark would measure failures. */
export function expectAllProbed(answers: readonly Buffer[]): void {
  for (const answer of answers) {
    const metrics = gunzipSync(answer).toString()
    if (!/^probe_success 1$/m.test(metrics)) throw new Error(`a probe of ${PROGRAM} failed: ${metrics}`)
  }
}

async function probe(pool: Pool, endpoint: string): Promise<Buffer> {
  const path = `/probe?module=version&target=${encodeURIComponent(endpoint)}`
  const headers = { accept: 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'accept-encoding': 'gzip' }
  const { statusCode, body } = await pool.request({ method: 'GET', path, headers })
  const packed = Buffer.from(await body.arrayBuffer())
  if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`)
  return packed
}
