import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { run } from '../support/guard-process.ts'
import { manifests, silent, startService } from '../support/services.ts'

// Loaded ahead of the program: sends it a signal at its first file but one.
const SIGNAL_WHILE_LOADING = `data:text/javascript,
  import { registerHooks } from 'node:module'
  registerHooks({
    load (url, context, nextLoad) {
      if (/\\/process\\.[jt]s$/.test(url)) process.kill(process.pid, 'SIGTERM')
      return nextLoad(url, context)
    }
  })`
const env = { NODE_OPTIONS: `--import=${encodeURI(SIGNAL_WHILE_LOADING)}`, HOST: '127.0.0.1', PORT: '0' }

suite('a signal while the program is loading', { concurrency: true }, () => {
  test('stops serve in good order', async t => {
    const { code, stdout } = await run(t, ['serve'], env)
    assert.equal(code, 0)
    assert.match(stdout, /"message":"Stopped"/)
  })

  test('ends check, and not as one that found all well', async t => {
    const workloads = join(temporaryFolder(t), 'workloads.json')
    writeFileSync(workloads, manifests({ shop: { image: 'app:v1', endpoint: await startService(t, silent) } }))
    const settings = { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: workloads, ENDPOINT_ALLOW: '127.0.0.0/8' }
    const { code, stdout } = await run(t, ['check'], { ...env, ...settings })
    assert.deepEqual([code, stdout], [128 + 15, ''])
  })
})
