import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { suite, test } from 'node:test'
import { createTeller } from '../../tools/demo/changes.ts'
import { FLEET } from '../../tools/demo/fleet.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'
import { untilReady } from '../support/guard-process.ts'
import { killed } from '../support/node-process.ts'
import { until } from '../support/until.ts'

/** The address that it says to open. */
async function opened({ stdout }: ChildProcess): Promise<string> {
  assert.ok(stdout !== null)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const lines = createInterface(stdout)
  lines.on('line', line => {
    const url = /open +(\S+)\/$/.exec(line)?.[1]
    if (url !== undefined) resolve(url)
  })
  lines.on('close', () => reject(new Error('it says nothing to open')))
  return promise
}

suite('npm run demo', () => {
  test('shows a service of each status, and leaves nothing behind when it is stopped', async t => {
    const folder = temporaryFolder(t)
    const env = { ...process.env, PORT: '0', TMPDIR: folder }
    const demo = spawn(process.execPath, [join(ROOT, 'tools/demo/main.ts')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    t.after(() => killed(demo))
    const url = await opened(demo)
    await untilReady(url)
    const { services } = (await (await fetch(`${url}/api/v1/status`)).json()) as { services: { status: string }[] }
    assert.equal(services.length, FLEET.length + 1)
    const shown = new Set(services.map(({ status }) => status))
    for (const status of ['OK', 'MISMATCH', 'ERROR', 'WARNING', 'UNKNOWN']) assert.ok(shown.has(status), status)
    // Registry and gate are asked beside the first cycle.
    await until(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      assert.match(metrics, /^keybuzz_workload_state\{.*service="keybuzz-orders",state="STUCK"\} 1$/m)
      assert.match(metrics, /^keybuzz_image_update_available\{.*service="keybuzz-portal".*\} 1$/m)
      assert.match(metrics, /^keybuzz_gate_go\{.*\} 0$/m)
    })
    const exit = once(demo, 'exit')
    demo.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
    assert.deepEqual(readdirSync(folder), [])
  })
})

suite("the demo's line for a change", () => {
  const check = (service: string, status: string) =>
    JSON.stringify({ timestamp: '2026-11-03T03:04:05.678Z', level: 'info', message: 'Words', service, status })

  test('is printed once for each change, and not for how things are at first', () => {
    const tell = createTeller()
    assert.equal(tell(check('mailer', 'OK')), null)
    assert.equal(tell(check('client', 'MISMATCH')), null)
    assert.equal(tell(check('mailer', 'ERROR')), '03:04:05  mailer: OK -> ERROR. Words')
    assert.equal(tell(check('mailer', 'ERROR')), null)
    assert.equal(tell(check('mailer', 'OK')), '03:04:05  mailer: ERROR -> OK. Words')
  })

  test('tells what went wrong, and nothing else of the log', () => {
    const tell = createTeller()
    const entry = (level: string) => JSON.stringify({ timestamp: '2026-11-03T03:04:05.678Z', level, message: 'Words' })
    assert.deepEqual(
      ['info', 'warning', 'error', 'critical'].map(level => tell(entry(level))),
      [null, null, '03:04:05  Words', '03:04:05  Words']
    )
  })
})
