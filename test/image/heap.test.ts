import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { listening } from '../support/guard-process.ts'
import { askProcess } from '../support/node-process.ts'
import { withStage } from '../support/stage.ts'
import { bundleMissing, startSpied } from './bundle.ts'

// Keeps millions of objects, as if they were probes under way; then tells how large the young generation has become. They
// are small and alike, so that they fill most of its pages.
const PROBES_UNDER_WAY = `
const { getHeapSpaceStatistics } = require('node:v8')
process.on('message', () => {
  let kept = null
  for (let count = 0; count < 2_000_000; count += 1) kept = { kept }
  const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  process.send(kept && space_size)
})
process.channel.unref()`

// Keeps as many objects as it is told, and replaces one after the other, as answers replace answers; then tells how small
// and how large the heap was meanwhile. The first rounds are for V8 and the guard to learn how much lives.
const ANSWERS_REPLACED = `
const { setImmediate: nextTurn } = require('node:timers/promises')
const { getHeapStatistics } = require('node:v8')
const IN_A_TURN = 200
process.on('message', async ({ kept }) => {
  const answers = Array.from({ length: kept }, (_, count) => ({ count, next: { count } }))
  let least = Infinity
  let most = 0
  for (let count = 0; count < 8 * kept; count += 1) {
    answers[count % kept] = { count, next: { count } }
    if (count % IN_A_TURN !== 0) continue
    await nextTurn()
    if (count < 4 * kept) continue
    const { used_heap_size: used } = getHeapStatistics()
    least = Math.min(least, used)
    most = Math.max(most, used)
  }
  process.send({ least, most })
})
process.channel.unref()`

// What is copied from one half to the other does not fill its pages as well, and takes some more of them: 5 MB were seen.
const PAGES_MB = 12

suite('the heap of a guard that is started as the image starts it', { skip: bundleMissing }, () => {
  test('has a young generation that stays small under load', async () => {
    for (const env of [{}, { CHECK_CONCURRENCY: '256' }]) {
      const mb = await youngMb(env)
      assert.ok(mb < 2 * 3 + PAGES_MB, `${mb} MB`)
    }
  })

  test('has one that grows where more probes may be under way than it holds, as far as the image admits', async () => {
    const mb = await youngMb({ CHECK_CONCURRENCY: '257' })
    assert.ok(mb >= 2 * 32 && mb < 2 * 32 + PAGES_MB, `${mb} MB`)
  })

  test('lets 15 MB of garbage lie about in a small old generation', async () => {
    const { least, most } = await heapMb(100_000)
    const garbage = most - least
    // The young generation comes on top, and what is made while V8 marks: 19 to 23 MB were seen, and 14 without the rule.
    assert.ok(garbage >= 15 + 1 && garbage < 15 + PAGES_MB, `${least} to ${most} MB`)
  })

  test('lets less than half of a large one be garbage', async () => {
    const { least, most } = await heapMb(1_000_000)
    // The rule says 1.3 times of what lives. The young generation comes on top, and what is made while V8 marks: 1.6 times
    // was seen on a busy machine, and 2.1 to 2.2 without the rule.
    assert.ok(most < 1.85 * least, `${least} to ${most} MB`)
  })
})

/** Of both halves, of which one is in use. */
async function youngMb(env: Readonly<Record<string, string>>): Promise<number> {
  return ((await ask(PROBES_UNDER_WAY, {}, env)) as number) / 2 ** 20
}

async function heapMb(kept: number): Promise<{ readonly least: number; readonly most: number }> {
  const { least, most } = (await ask(ANSWERS_REPLACED, { kept })) as Record<'least' | 'most', number>
  return { least: least / 1e6, most: most / 1e6 }
}

function ask(spy: string, question: object, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  return withStage(async stage => {
    const guard = startSpied(stage, spy, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
    await listening(guard)
    return askProcess(guard, question)
  })
}
