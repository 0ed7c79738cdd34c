import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { hashSync } from 'bcryptjs'
import type { FastifyInstance } from 'fastify'
import { createApp } from '../../../src/http/app.ts'
import { createTokenBucket, readBasicCredentials } from '../../../src/http/listener/auth.ts'
import { MOST_WAITING } from '../../../src/http/listener/passwords.ts'
import type { ListenerRules } from '../../../src/http/listener/rules.ts'
import { OPEN_PATHS, PATHS } from '../../../src/http/routes.ts'
import { basic } from '../../support/https.ts'
import { somePorts } from '../fixtures.ts'

const OPEN: ListenerRules = { tls: null, headers: {}, users: new Map(), rateLimit: null }
const USERS = new Map([['alice', hashSync('secret', 4)]])

function startApp(
  t: TestContext,
  rules: Partial<ListenerRules>
): FastifyInstance & { become(rules: Partial<ListenerRules>): void } {
  let current = { ...OPEN, ...rules }
  const app = createApp(somePorts({ listener: () => current }))
  t.after(() => app.close())
  return Object.assign(app, {
    become: (next: Partial<ListenerRules>) => {
      current = { ...OPEN, ...next }
    }
  })
}

suite('passwords of the listener', () => {
  for (const url of [
    ...PATHS.filter(path => !OPEN_PATHS.includes(path)),
    '/nowhere',
    '/metrics?/live',
    '/%6cive',
    '/live/',
    '//live'
  ]) {
    test(`are wanted for ${url}`, async t => {
      const app = startApp(t, { users: USERS })
      for (const headers of [{}, basic('alice', 'wrong'), basic('mallory', 'secret'), { authorization: 'Bearer x' }]) {
        const answer = await app.inject({ url, headers })
        assert.equal(answer.statusCode, 401)
        assert.equal(answer.headers['www-authenticate'], 'Basic realm="keybuzz-version-guard", charset="UTF-8"')
        assert.equal(answer.headers['x-content-type-options'], 'nosniff')
        assert.equal(answer.body, '{"error":"a user and a password are needed"}')
      }
      assert.notEqual((await app.inject({ url, headers: basic('alice', 'secret') })).statusCode, 401)
    })
  }

  for (const url of OPEN_PATHS) {
    test(`are not wanted for ${url}, nor is the pace limited there`, async t => {
      const app = startApp(t, { users: USERS, rateLimit: { intervalMs: 1e9, burst: 1 } })
      for (let turn = 0; turn < 3; turn += 1) assert.equal((await app.inject(url)).statusCode, 200)
    })
  }

  test('are wanted before a method is refused', async t => {
    const app = startApp(t, { users: USERS })
    assert.equal((await app.inject({ method: 'POST', url: '/metrics' })).statusCode, 401)
    const headers = basic('alice', 'secret')
    assert.equal((await app.inject({ method: 'POST', url: '/metrics', headers })).statusCode, 405)
  })

  test('hold from one request to the next as the rules are then', async t => {
    const app = startApp(t, {})
    assert.equal((await app.inject('/metrics')).statusCode, 200)
    app.become({ users: USERS })
    assert.equal((await app.inject('/metrics')).statusCode, 401)
    const headers = basic('alice', 'secret')
    assert.equal((await app.inject({ url: '/metrics', headers })).statusCode, 200)
    app.become({ users: new Map([['alice', hashSync('changed', 4)]]) })
    assert.equal((await app.inject({ url: '/metrics', headers })).statusCode, 401)
  })

  test('a thousand wrong ones at once keep neither health nor a known user waiting, and are bounded', async t => {
    const app = startApp(t, { users: new Map([['alice', hashSync('secret', 7)]]) })
    const known = { url: '/metrics', headers: basic('alice', 'secret') }
    assert.equal((await app.inject(known)).statusCode, 200)
    let answered = 0
    const flood = Array.from({ length: 1000 }, async (_, index) => {
      const { statusCode, headers } = await app.inject({ url: '/metrics', headers: basic('alice', `guess ${index}`) })
      if (statusCode === 401) answered += 1
      else assert.deepEqual([statusCode, headers['retry-after']], [503, '1'])
    })
    assert.equal((await app.inject('/live')).statusCode, 200)
    assert.equal((await app.inject(known)).statusCode, 200)
    // Both came before the comparisons that were waited for had ended.
    assert.ok(answered < MOST_WAITING, `${answered}`)
    await Promise.all(flood)
    assert.ok(answered < 1000, `${answered}`)
  })
})

suite('headers of the listener', () => {
  test('are on every answer, in place of ours', async t => {
    const headers = { 'Content-Security-Policy': "default-src 'self'", 'Strict-Transport-Security': 'max-age=1' }
    const app = startApp(t, { headers, users: USERS })
    for (const url of ['/live', '/metrics', '/%zz']) {
      const answer = await app.inject(url)
      assert.equal(answer.headers['content-security-policy'], "default-src 'self'", url)
      assert.equal(answer.headers['strict-transport-security'], 'max-age=1', url)
      assert.equal(answer.headers['referrer-policy'], 'same-origin', url)
    }
  })
})

suite('rate limit of the listener', () => {
  test('is kept, whoever asks', async t => {
    const app = startApp(t, { users: USERS, rateLimit: { intervalMs: 1e9, burst: 2 } })
    const statuses = []
    for (let turn = 0; turn < 3; turn += 1) statuses.push((await app.inject('/metrics')).statusCode)
    assert.deepEqual(statuses, [401, 401, 429])
  })
})

suite('basic credentials', () => {
  for (const [user, password] of [
    ['alice', 'secret'],
    ['alice', 'with:colons:'],
    ['', ''],
    ['älice', 'pässwört']
  ] as const) {
    test(`are read: ${user} and ${password}`, () => {
      assert.deepEqual(readBasicCredentials(basic(user, password).authorization), { user, password })
    })
  }

  test('are read whatever the case of the scheme', () => {
    assert.deepEqual(readBasicCredentials('bAsIc  YTpi'), { user: 'a', password: 'b' })
  })

  for (const header of [
    undefined,
    '',
    'Basic',
    'Basic ',
    'Bearer YTpi',
    'Basic YTpi!',
    'Basic YWI=',
    'Basic YTpi YTpi'
  ]) {
    test(`are not there in ${header}`, () => assert.equal(readBasicCredentials(header), null))
  }
})

const LIMIT = { intervalMs: 1000, burst: 2 }

suite('token bucket', () => {
  test('gives a burst, then one for each interval, and never more than a burst', () => {
    let now = 0
    const take = createTokenBucket(() => now)
    const takeThree = () => [take(LIMIT), take(LIMIT), take(LIMIT)]
    assert.deepEqual(takeThree(), [true, true, false])
    now += 999
    assert.equal(take(LIMIT), false)
    now += 1
    assert.deepEqual(takeThree(), [true, false, false])
    now += 1_000_000
    assert.deepEqual(takeThree(), [true, true, false])
  })

  test('is full again when its limit changes, and not when a new version of the file has the same', () => {
    const take = createTokenBucket(() => 0)
    assert.deepEqual([take(LIMIT), take({ ...LIMIT }), take({ ...LIMIT })], [true, true, false])
    assert.equal(take({ ...LIMIT, burst: 1 }), true)
  })

  test('always gives without a limit', () => {
    const take = createTokenBucket(() => 0)
    assert.deepEqual([take(null), take(null)], [true, true])
  })
})
