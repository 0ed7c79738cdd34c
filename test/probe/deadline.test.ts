import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Deadline, durationInWords } from '../../src/probe/deadline.ts'

suite('deadline', () => {
  for (const [ms, words] of [
    [0, '0 ms'],
    [0.4, '0 ms'],
    [500, '500 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [1500, '1.5 s'],
    [9950, '10 s'],
    [10_000, '10 s'],
    [90_000, '90 s']
  ] as const) {
    test(`${ms} ms are ${words}`, () => assert.equal(durationInWords(ms), words))
  }

  test('ends what is bound to it when the time is up, after what has come by then was read', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { deadline, ended } = startBound(1500)
    t.mock.timers.tick(375)
    t.mock.timers.tick(1124)
    await turn()
    assert.deepEqual([deadline.endedBy(), ended], [null, []])
    t.mock.timers.tick(1)
    assert.deepEqual([deadline.endedBy(), ended], [null, []])
    await turn()
    assert.equal(deadline.endedBy()?.message, 'no answer within 1.5 s')
    assert.deepEqual(ended, ['no answer within 1.5 s'])
  })

  test('leaves alone what was released', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { deadline, ended, one } = startBound(1500)
    deadline.release(one)
    t.mock.timers.tick(375)
    t.mock.timers.tick(1125)
    await turn()
    assert.deepEqual(ended, [])
  })

  test('tells when a quarter of what is left is gone, where a quarter of the whole was gone before', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const now = t.mock.method(performance, 'now', () => 0)
    const { deadline } = startBound(1000)
    t.mock.timers.tick(250)
    await turn()
    now.mock.mockImplementation(() => 400)
    const told: string[] = []
    deadline.onQuarter(() => told.push('replaced'))
    deadline.onQuarter(() => told.push('second'))
    t.mock.timers.tick(149)
    await turn()
    assert.equal(told.join(), '')
    t.mock.timers.tick(1)
    assert.equal(told.join(), '')
    await turn()
    assert.equal(told.join(), 'second')
    deadline.onQuarter(() => told.push('taken back'))
    deadline.onQuarter(null)
    t.mock.timers.tick(150)
    await turn()
    assert.equal(told.join(), 'second')
  })

  test('tells when a quarter of the time is gone, once, after what has come by then was read', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { deadline } = startBound(1000)
    let told = 0
    deadline.onQuarter(() => {
      told += 1
    })
    t.mock.timers.tick(249)
    await turn()
    assert.equal(told, 0)
    t.mock.timers.tick(1)
    assert.equal(told, 0)
    await turn()
    t.mock.timers.tick(749)
    await turn()
    assert.equal(told, 1)
  })

  test('does not take a very long time for none', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { deadline } = startBound(365 * 24 * 3_600_000)
    t.mock.timers.tick(24 * 3_600_000)
    await turn()
    assert.equal(deadline.endedBy(), null)
  })

  test('ends what is bound to it when it is stopped', () => {
    const { deadline, ended } = startBound(60_000)
    deadline.stop()
    assert.deepEqual(deadline.endedBy()?.failure, { seen: false, reason: 'timeout', message: 'stopped' })
    assert.deepEqual(ended, ['stopped'])
    deadline.end()
  })

  test('ends what nobody waits for, and has time left all the same', () => {
    const { deadline, ended } = startBound(60_000)
    deadline.endBound()
    assert.deepEqual([deadline.endedBy(), ended], [null, ['stopped']])
    deadline.end()
  })

  test('knows how much time is left', t => {
    const now = t.mock.method(performance, 'now', () => 5000)
    const { deadline } = startBound(1000)
    now.mock.mockImplementation(() => 5400)
    assert.equal(deadline.leftMs(), 600)
    now.mock.mockImplementation(() => 9000)
    assert.equal(deadline.leftMs(), 0)
    deadline.end()
  })

  test('keeps the reason that came first', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { deadline, ended } = startBound(1500)
    t.mock.timers.tick(375)
    t.mock.timers.tick(1125)
    await turn()
    deadline.stop()
    assert.equal(deadline.endedBy()?.message, 'no answer within 1.5 s')
    assert.deepEqual(ended, ['no answer within 1.5 s', 'no answer within 1.5 s'])
  })

  test('ends nothing that has ended while what had come by then was read', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { deadline, ended } = startBound(1500)
    t.mock.timers.tick(375)
    t.mock.timers.tick(1125)
    deadline.end()
    await turn()
    assert.deepEqual([deadline.endedBy(), ended], [null, []])
  })

  test('ends nothing once it has ended', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { deadline, ended } = startBound(1000)
    deadline.end()
    t.mock.timers.tick(250)
    t.mock.timers.tick(750)
    await turn()
    assert.deepEqual([deadline.endedBy(), ended], [null, []])
  })
})

function startBound(timeoutMs: number) {
  const ended: string[] = []
  const deadline = new Deadline(timeoutMs)
  const one = { destroy: (error: Error) => ended.push(error.message) }
  deadline.bind(one)
  return { deadline, ended, one }
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
