import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { FLEET } from '../../tools/demo/fleet.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'
import { listening, untilReady } from '../support/guard-process.ts'
import { killed } from '../support/node-process.ts'

suite('npm run demo', () => {
  test('shows a service of each status, and leaves nothing behind when it is stopped', async t => {
    const folder = temporaryFolder(t)
    const env = { ...process.env, PORT: '0', TMPDIR: folder }
    const demo = spawn(process.execPath, [join(ROOT, 'tools/demo/main.ts')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    t.after(() => killed(demo))
    const url = await listening(demo)
    await untilReady(url)
    const { services } = (await (await fetch(`${url}/api/v1/status`)).json()) as { services: { status: string }[] }
    assert.equal(services.length, FLEET.length)
    const shown = new Set(services.map(({ status }) => status))
    for (const status of ['OK', 'MISMATCH', 'ERROR', 'WARNING', 'UNKNOWN']) assert.ok(shown.has(status), status)
    const exit = once(demo, 'exit')
    demo.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
    assert.deepEqual(readdirSync(folder), [])
  })
})
