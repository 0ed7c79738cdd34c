import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { listening } from '../support/guard-process.ts'
import { askProcess } from '../support/node-process.ts'
import { withStage } from '../support/stage.ts'
import { bundleMissing, startSpied } from './bundle.ts'

// Keeps millions of objects, as if they were probes under way; then tells how large the young generation has become. They
// are small and alike, so that they fill most of its pages.
const LOAD = `
const { getHeapSpaceStatistics } = require('node:v8')
process.on('message', () => {
  let kept = null
  for (let count = 0; count < 2_000_000; count += 1) kept = { kept }
  const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  process.send(kept && space_size)
})
process.channel.unref()`

// What is copied from one half to the other does not fill its pages as well, and takes some more of them: 5 MB were seen.
const PAGES_MB = 12

suite('the young generation of a guard that is started as the image starts it', { skip: bundleMissing }, () => {
  test('stays small under load', async () => {
    for (const env of [{}, { CHECK_CONCURRENCY: '256' }]) {
      const mb = await youngMb(env)
      assert.ok(mb < 2 * 3 + PAGES_MB, `${mb} MB`)
    }
  })

  test('grows where more probes may be under way than it holds, as far as the image admits', async () => {
    const mb = await youngMb({ CHECK_CONCURRENCY: '257' })
    assert.ok(mb >= 2 * 32 && mb < 2 * 32 + PAGES_MB, `${mb} MB`)
  })
})

/** Of both halves, of which one is in use. */
function youngMb(env: Readonly<Record<string, string>>): Promise<number> {
  return withStage(async stage => {
    const guard = startSpied(stage, LOAD, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    await listening(guard)
    return ((await askProcess(guard, {})) as number) / 2 ** 20
  })
}
