import assert from 'node:assert/strict'
import { once } from 'node:events'
import { builtinModules } from 'node:module'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import { listening } from '../support/guard-process.ts'
import { withStage } from '../support/stage.ts'
import { bundleMissing, startSpied } from './bundle.ts'

// What Node has loaded of itself when a guard has ended, and which of it had to be compiled.
const SPY = `
const { internalBinding } = require('internal/test/binding')
process.on('exit', () => {
  const { compiledWithoutCache } = internalBinding('builtins').getCacheUsage()
  const loaded = process.moduleLoadList.flatMap(one => one.startsWith('NativeModule ') ? one.slice(13) : [])
  process.stderr.write(JSON.stringify({ loaded, compiled: [...compiledWithoutCache] }))
})`

suite('a start of the bundle', { skip: bundleMissing }, () => {
  test('takes from the cache what Node has compiled of itself', async () => {
    const { compiled } = await serveAndStop()
    assert.deepEqual(
      compiled.filter(name => builtinModules.includes(name)),
      []
    )
  })

  test("loads neither Node's own undici nor Web Crypto", async () => {
    const { loaded } = await serveAndStop()
    assert.ok(loaded.includes('crypto'))
    for (const name of ['internal/deps/undici/undici', 'internal/crypto/webcrypto']) assert.ok(!loaded.includes(name))
  })
})

/** What Node says of its own modules, of a guard that has listened. */
function serveAndStop(): Promise<{ loaded: readonly string[]; compiled: readonly string[] }> {
  return withStage(async stage => {
    const guard = startSpied(stage, SPY, { execArgv: ['--no-warnings', '--expose-internals'] })
    const said = guard.stderr === null ? '' : text(guard.stderr)
    await listening(guard)
    guard.kill('SIGTERM')
    await once(guard, 'close')
    return JSON.parse(await said)
  })
}
