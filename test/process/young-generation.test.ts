import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { nodeOptions } from '../image/dockerfile.ts'
import { listOf } from '../support/cluster-objects.ts'
import { listening, startGuard, watching } from '../support/guard-process.ts'
import { askProcess } from '../support/node-process.ts'
import { withStage } from '../support/stage.ts'

// The sources grow it as they are compiled, before they could say anything.
const skip = process.env.GUARD_MAIN === undefined && 'GUARD_MAIN names no bundle: npm run unit makes one'

// Keeps a million objects, as if they were probes under way; then tells how large the young generation has become.
const LOAD = `
const { getHeapSpaceStatistics } = require('node:v8')
process.on('message', () => {
  const kept = Array.from({ length: 1000 }, () => Array.from({ length: 1000 }, (_, at) => ({ at })))
  const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  process.send(kept.length && space_size)
})
process.channel.unref()`

suite('the young generation of a guard that is started as the image starts it', { skip }, () => {
  // Each number is that of its two halves, of which one is in use.
  test('stays small under load', async () => {
    for (const env of [{}, { CHECK_CONCURRENCY: '256' }]) {
      // What is copied from one to the other fills its last page less well.
      const mb = await youngMb(env)
      assert.ok(mb < 3 * 3, `${mb} MB`)
    }
  })

  test('grows where more probes may be under way than it holds, as far as the image admits', async () => {
    assert.equal(await youngMb({ CHECK_CONCURRENCY: '257' }), 2 * 16)
  })
})

function youngMb(env: Readonly<Record<string, string>>): Promise<number> {
  return withStage(async stage => {
    const load = join(stage.folder, 'load.cjs')
    writeFileSync(load, LOAD)
    const workloads = join(stage.folder, 'workloads.json')
    writeFileSync(workloads, JSON.stringify(listOf([])))
    const guard = startGuard(stage, {
      env: { ...watching(workloads), ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [...nodeOptions(), '--require', load]
    })
    await listening(guard)
    return ((await askProcess(guard, {})) as number) / 2 ** 20
  })
}
