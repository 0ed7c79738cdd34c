import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { Pool } from 'undici'
import { killed } from '../../test/support/node-process.ts'
import type { Stage } from '../../test/support/stage.ts'

const PROGRAM = 'prometheus-blackbox-exporter'
const STARTED_WITHIN_MS = 10_000
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
  readonly pid: number
  /** One probe of each endpoint as Prometheus asks for it, all at once: gzip, on kept connections. The answers, packed. */
  probeAll(endpoints: readonly string[]): Promise<readonly Buffer[]>
}

export function blackboxMissing(): readonly string[] {
  if (spawnSync(PROGRAM, ['--version']).error === undefined) return []
  return [`${PROGRAM} is not on the PATH; Debian has it in its package ${PROGRAM}`]
}

/** `blackbox_exporter 0.23.0` */
export function blackboxVersion(): string {
  const { stdout, stderr } = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' })
  return `blackbox_exporter ${/version (\S+)/.exec(stdout + stderr)?.[1]?.replace(/,$/, '')}`
}

/** Starts one on a free port that sends so many probes at once at the most. */
export async function startBlackbox(stage: Stage, atOnce: number): Promise<Blackbox> {
  const file = join(stage.folder, 'blackbox.yml')
  writeFileSync(file, JSON.stringify(CONFIG))
  const origin = `http://127.0.0.1:${await freePort()}`
  const listen = `--web.listen-address=${new URL(origin).host}`
  const child = spawn(PROGRAM, [`--config.file=${file}`, listen, '--log.level=error'], { stdio: 'ignore' })
  stage.after(() => killed(child))
  const pool = new Pool(origin, { connections: atOnce, pipelining: 1, headersTimeout: 60_000 })
  stage.after(() => pool.destroy())
  await started(origin)
  return {
    pid: child.pid ?? 0,
    probeAll: endpoints => Promise.all(endpoints.map(endpoint => probe(pool, endpoint)))
  }
}

/** Fails where a probe did: else one would measure failures. */
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

async function started(origin: string): Promise<void> {
  const end = performance.now() + STARTED_WITHIN_MS
  for (;;) {
    const answers = await fetch(`${origin}/-/healthy`).then(
      ({ ok }) => ok,
      () => false
    )
    if (answers) return
    if (performance.now() > end) throw new Error(`${PROGRAM} does not answer at ${origin}`)
    await wait(20)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
