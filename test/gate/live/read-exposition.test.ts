import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseExposition } from '../../../src/gate/live/exposition/parse-exposition.ts'
import { readExposition } from '../../../src/gate/live/exposition/read-exposition.ts'

const contentType = 'text/plain; version=0.0.4'
const bodyOf = (samples: number) =>
  `# TYPE shop_up gauge\n${Array.from({ length: samples }, (_, index) => `shop_up{path="/${index}"} ${index}\n`).join('')}`
const calm = new AbortController().signal

suite('the exposition of a service', () => {
  for (const samples of [1, 20_000]) {
    test(`is parsed to the same wherever that is done: ${samples} samples`, async () => {
      const body = bodyOf(samples)
      assert.deepEqual(await readExposition({ body, contentType }, calm), parseExposition(body, contentType))
    })
  }

  test('keeps nobody waiting while a large one is parsed', async () => {
    const done = readExposition({ body: bodyOf(200_000), contentType }, calm).then(() => 'parsed')
    const turns = (async () => {
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate)
      return 'turned'
    })()
    assert.equal(await Promise.race([done, turns]), 'turned')
    assert.equal(await done, 'parsed')
  })

  test('is left alone when the look is stopped', async () => {
    const reason = new Error('stopped')
    await assert.rejects(readExposition({ body: bodyOf(200_000), contentType }, AbortSignal.abort(reason)), reason)
    const stopping = new AbortController()
    const reading = readExposition({ body: bodyOf(200_000), contentType }, stopping.signal)
    stopping.abort(reason)
    await assert.rejects(reading, reason)
  })
})
