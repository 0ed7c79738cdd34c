import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { listening } from '../support/guard-process.ts'
import { askProcess } from '../support/node-process.ts'
import { withStage } from '../support/stage.ts'
import { bundleMissing, startSpied } from './bundle.ts'

// Keeps a million objects, as if they were probes under way; then tells how large the young generation has become.
const LOAD = `
const { getHeapSpaceStatistics } = require('node:v8')
process.on('message', () => {
  const kept = Array.from({ length: 1000 }, () => Array.from({ length: 1000 }, (_, at) => ({ at })))
  const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  process.send(kept.length && space_size)
})
process.channel.unref()`

suite('the young generation of a guard that is started as the image starts it', { skip: bundleMissing }, () => {
  // Each number is that of its two halves, of which one is in use.
  test('stays small under load', async () => {
    for (const env of [{}, { CHECK_CONCURRENCY: '256' }]) {
      // What is copied from one to the other does not fill its pages as well: both take a page or some more.
      const mb = await youngMb(env)
      assert.ok(mb < 2 * 6, `${mb} MB`)
    }
  })

  test('grows where more probes may be under way than it holds, as far as the image admits', async () => {
    assert.equal(await youngMb({ CHECK_CONCURRENCY: '257' }), 2 * 16)
  })
})

function youngMb(env: Readonly<Record<string, string>>): Promise<number> {
  return withStage(async stage => {
    const guard = startSpied(stage, LOAD, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    await listening(guard)
    return ((await askProcess(guard, {})) as number) / 2 ** 20
  })
}
