import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { createAllowance, renderingOf, shareRendering, shareRenderings } from '../../src/http/shared-rendering.ts'

suite('a rendering', () => {
  test('is the text as UTF-8, and compressed once', async () => {
    const { plain, gzip } = renderingOf('é')
    assert.deepEqual(plain, Buffer.from('é'))
    assert.equal(gunzipSync(await gzip()).toString(), 'é')
    assert.equal(await gzip(), await gzip())
  })
})

suite('a shared rendering', () => {
  function setUp() {
    const clock = { now: 0 }
    let rendered = 0
    const render = async () => {
      rendered += 1
      return `${rendered}`
    }
    return { clock, render, share: shareRendering(() => clock.now, 5_000) }
  }
  const services: readonly string[] = ['shop']

  test('is made once for the same inputs, also for those who ask while it is made', async () => {
    const { share, render } = setUp()
    const first = share([services, 1], render)
    assert.equal(share([services, 1], render), first)
    assert.equal(`${(await first).plain}`, '1')
    assert.equal(share([services, 1], render), first)
  })

  for (const [what, inputs] of [
    ['another list of the same', [[...services], 1]],
    ['another first input', [null, 1]],
    ['another last input', [services, 2]]
  ] as const) {
    test(`is made anew for ${what}`, async () => {
      const { share, render } = setUp()
      share([services, 1], render)
      assert.equal(`${(await share(inputs, render)).plain}`, '2')
    })
  }

  test('is made anew when it is old, and when the clock went back by as much', async () => {
    const { clock, share, render } = setUp()
    for (const [now, expected] of [
      [0, '1'],
      [4_999, '1'],
      [5_000, '2'],
      [0, '3']
    ] as const) {
      clock.now = now
      assert.equal(`${(await share([], render)).plain}`, expected)
    }
  })

  test('is not kept where it could not be made', async () => {
    const { share, render } = setUp()
    await assert.rejects(
      share([], () => Promise.reject(new Error('broken'))),
      /broken/
    )
    assert.equal(`${(await share([], render)).plain}`, '1')
  })

  test('is not kept for longer than it holds', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { share, render } = setUp()
    const first = share([], render)
    t.mock.timers.tick(4_999)
    assert.equal(share([], render), first)
    t.mock.timers.tick(1)
    assert.notEqual(share([], render), first)
  })
})

suite('renderings by key', () => {
  test('are kept for the keys that were asked for last', async () => {
    const shareFor = shareRenderings(() => 0, 5_000, 2)
    let rendered = 0
    const ask = async (key: string) => {
      const made = await shareFor(key)([], async () => {
        rendered += 1
        return `${rendered}`
      })
      return `${made?.plain}`
    }
    const keys = ['a', 'b', 'a', 'c', 'a', 'b']
    const answers: string[] = []
    for (const key of keys) answers.push(await ask(key))
    assert.deepEqual(answers, ['1', '2', '1', '3', '1', '4'])
  })

  test('are asked for again where there was no time', async () => {
    const share = shareRenderings(() => 0, 5_000, 2)('a')
    assert.equal(await share([], async () => undefined), undefined)
    assert.equal(`${(await share([], async () => 'a'))?.plain}`, 'a')
  })
})

suite('an allowance', () => {
  /** Does work that takes this many ms; tells whether it was done. */
  function setUp() {
    const clock = { now: 0 }
    const allow = createAllowance(() => clock.now)
    const work = async (ms: number) => {
      clock.now += ms
      return true
    }
    const isDone = async (ms: number) => (await allow(() => work(ms))) ?? false
    return { clock, allow, isDone }
  }

  test('lets a quarter of a second of work through, and then work for a fifth of the time', async () => {
    const { clock, isDone } = setUp()
    // Work that takes longer than there is time for is paid for afterwards: 250 - 1000 + 200 ms are left.
    assert.deepEqual([await isDone(1_000), await isDone(1)], [true, false])
    clock.now += 2_750
    assert.equal(await isDone(1), false)
    clock.now += 1
    assert.equal(await isDone(1), true)
  })

  test('never lets more than that through at once, however long nothing was done', async () => {
    const { clock, isDone } = setUp()
    clock.now += 1e9
    assert.deepEqual([await isDone(240), await isDone(240), await isDone(240)], [true, true, false])
  })

  test('lets one work at a time through; a few wait for it, failed or not, and the others are turned away', async () => {
    const { allow, isDone } = setUp()
    const { promise, reject } = Promise.withResolvers<boolean>()
    const first = allow(() => promise)
    const waiting = Array.from({ length: 8 }, () => isDone(1))
    assert.equal(await isDone(1), false)
    reject(new Error('broken'))
    await assert.rejects(first, /broken/)
    assert.deepEqual(await Promise.all(waiting), new Array(8).fill(true))
  })
})
