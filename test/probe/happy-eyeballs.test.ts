import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { suite, type TestContext, test } from 'node:test'
import { connectToAny } from '../../src/probe/happy-eyeballs.ts'
import { serveTcp } from '../support/hostile-servers.ts'
import { during } from '../support/probing.ts'

/** Attempts in the test's hands, at addresses that nobody needs to have. */
function startAttempts(t: TestContext, addresses: readonly string[], timeoutMs = 10_000) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const attempts = new Map<string, Socket>()
  const outcomes: unknown[] = []
  const end = connectToAny(
    { addresses, port: 80, timeoutMs },
    (error, socket) => outcomes.push(error ?? [...attempts].find(([, attempt]) => attempt === socket)?.[0]),
    host => {
      const socket = new Socket()
      attempts.set(host, socket)
      return socket
    }
  )
  return {
    end,
    outcomes,
    tried: () => [...attempts.keys()],
    alive: () => [...attempts].filter(([, attempt]) => !attempt.destroyed).map(([host]) => host),
    connect: (host: string) => attempts.get(host)?.emit('connect'),
    fail: (host: string, error: Error) => attempts.get(host)?.emit('error', error),
    pass: (ms: number) => t.mock.timers.tick(ms)
  }
}

const NO_ROUTE = Object.assign(new Error('no route'), { code: 'ENETUNREACH' })
const REFUSED = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })

suite('attempts at the addresses of a name', () => {
  test('take turns between the families, the preferred one first', t => {
    const { tried, pass } = startAttempts(t, ['fd00::1', 'fd00::2', 'fd00::3', '10.0.0.1', '10.0.0.2'])
    for (let moment = 0; moment < 5; moment += 1) pass(250)
    assert.deepEqual(tried(), ['fd00::1', '10.0.0.1', 'fd00::2', '10.0.0.2', 'fd00::3'])
  })

  test('begin with the other family where that is preferred', t => {
    const { tried, pass } = startAttempts(t, ['10.0.0.1', 'fd00::1', 'fd00::2'])
    for (let moment = 0; moment < 3; moment += 1) pass(250)
    assert.deepEqual(tried(), ['10.0.0.1', 'fd00::1', 'fd00::2'])
  })

  test('begin a quarter of a second after each other, and go on meanwhile', t => {
    const { tried, alive, pass } = startAttempts(t, ['fd00::1', '10.0.0.1'])
    pass(249)
    assert.deepEqual(tried(), ['fd00::1'])
    pass(1)
    assert.deepEqual(alive(), ['fd00::1', '10.0.0.1'])
  })

  test('win however late, and end the others', t => {
    const { outcomes, alive, connect, pass } = startAttempts(t, ['fd00::1', '10.0.0.1', '10.0.0.2'])
    pass(250)
    connect('fd00::1')
    assert.deepEqual(outcomes, ['fd00::1'])
    pass(10_000)
    assert.deepEqual(alive(), ['fd00::1'])
  })

  test('that have won may fail later, while nobody else listens, and begin no others', t => {
    const { outcomes, tried, connect, fail } = startAttempts(t, ['fd00::1', '10.0.0.1'])
    connect('fd00::1')
    fail('fd00::1', REFUSED)
    assert.deepEqual([outcomes, tried()], [['fd00::1'], ['fd00::1']])
  })

  test('begin at once when the one before has failed', t => {
    const { outcomes, tried, fail, connect } = startAttempts(t, ['fd00::1', '10.0.0.1'])
    fail('fd00::1', NO_ROUTE)
    assert.deepEqual(tried(), ['fd00::1', '10.0.0.1'])
    connect('10.0.0.1')
    assert.deepEqual(outcomes, ['10.0.0.1'])
  })

  test('fail when the last one has, with all errors', t => {
    const { outcomes, fail, pass } = startAttempts(t, ['fd00::1', '10.0.0.1'])
    pass(250)
    fail('10.0.0.1', REFUSED)
    assert.deepEqual(outcomes, [])
    fail('fd00::1', NO_ROUTE)
    assert.deepEqual((outcomes as AggregateError[])[0]?.errors, [REFUSED, NO_ROUTE])
  })

  test('fail with its own error where there is one address', t => {
    const { outcomes, fail } = startAttempts(t, ['10.0.0.1'])
    fail('10.0.0.1', REFUSED)
    assert.deepEqual(outcomes, [REFUSED])
  })

  test('have all begun by half of the time, however many there are', t => {
    const many = Array.from({ length: 20 }, (_, index) => `10.0.0.${index}`)
    const { tried, pass } = startAttempts(t, many, 1000)
    for (let ms = 0; ms < 500; ms += 1) pass(1)
    assert.deepEqual(tried(), many)
  })

  test('are 32 at most', t => {
    const { tried, pass } = startAttempts(
      t,
      Array.from({ length: 200 }, (_, index) => `10.0.0.${index}`)
    )
    for (let ms = 0; ms < 10_000; ms += 10) pass(10)
    assert.equal(tried().length, 32)
  })

  test('all end when nobody waits for them any more, and none begins', t => {
    const { end, outcomes, tried, alive, pass } = startAttempts(t, ['fd00::1', '10.0.0.1', '10.0.0.2'])
    pass(250)
    end()
    pass(10_000)
    assert.deepEqual([tried().length, alive(), outcomes], [2, [], []])
  })

  test('reach a real server by whichever family it has', async t => {
    const server = await during(
      t,
      serveTcp(() => {})
    )
    const { promise, resolve } = Promise.withResolvers<unknown>()
    connectToAny({ addresses: ['::1', '127.0.0.1'], port: server.port, timeoutMs: 10_000 }, (error, socket) => {
      resolve(error ?? socket?.remoteAddress)
      socket?.destroy()
    })
    assert.equal(await promise, '127.0.0.1')
  })
})
