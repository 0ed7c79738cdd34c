import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { createAllowance, renderingOf, shareRendering } from '../../src/http/shared-rendering.ts'

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
    const render = () => {
      rendered += 1
      return `${rendered}`
    }
    return { clock, render, share: shareRendering(() => clock.now, 5_000) }
  }
  const services: readonly string[] = ['shop']

  test('is made once for the same inputs', () => {
    const { share, render } = setUp()
    const first = share([services, 1], render)
    assert.equal(share([services, 1], render), first)
    assert.equal(`${first.plain}`, '1')
  })

  for (const [what, inputs] of [
    ['another list of the same', [[...services], 1]],
    ['another first input', [null, 1]],
    ['another last input', [services, 2]]
  ] as const) {
    test(`is made anew for ${what}`, () => {
      const { share, render } = setUp()
      share([services, 1], render)
      assert.equal(`${share(inputs, render).plain}`, '2')
    })
  }

  test('is made anew when it is old, and when the clock went back by as much', () => {
    const { clock, share, render } = setUp()
    for (const [now, expected] of [
      [0, '1'],
      [4_999, '1'],
      [5_000, '2'],
      [0, '3']
    ] as const) {
      clock.now = now
      assert.equal(`${share([], render).plain}`, expected)
    }
  })
})

suite('an allowance', () => {
  /** Does work that takes so many ms; tells whether it was done. */
  function setUp() {
    const clock = { now: 0 }
    const allow = createAllowance(() => clock.now)
    const isDone = (ms: number) =>
      allow(() => {
        clock.now += ms
        return true
      }) ?? false
    return { clock, isDone }
  }

  test('lets a quarter of a second of work through, and then work for a fifth of the time', () => {
    const { clock, isDone } = setUp()
    // What takes longer than there is time for is paid for afterwards: 250 - 1000 + 200 ms are left.
    assert.deepEqual([isDone(1_000), isDone(1)], [true, false])
    clock.now += 2_750
    assert.equal(isDone(1), false)
    clock.now += 1
    assert.equal(isDone(1), true)
  })

  test('never lets more than that through at once, however long nothing was done', () => {
    const { clock, isDone } = setUp()
    clock.now += 1e9
    assert.deepEqual([isDone(240), isDone(240), isDone(240)], [true, true, false])
  })
})
