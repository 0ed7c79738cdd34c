import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { createBreaker } from '../../src/registry/breaker.ts'
import { createBudget } from '../../src/registry/budget.ts'
import { createPauses } from '../../src/registry/pause.ts'
import { createRegistryAccess } from '../../src/registry/registry-access.ts'
import { fuzz } from '../fuzz/fuzz.ts'
import { serveTcp } from '../support/hostile-servers.ts'
import { inShort, repositoryOf, startClient, startFake, testClock } from '../support/registry-fake.ts'

const TAGS = { body: { name: 'shop/app', tags: ['1.0'] } }

suite('the budget of a registry', () => {
  test('lets a limited number of requests out at once, and the next when the first is a minute old', async () => {
    const clock = testClock()
    const budget = createBudget(3, clock)
    const start = clock.now()
    const times: number[] = []
    for (let count = 0; count < 7; count += 1) {
      await budget()
      times.push(clock.now() - start)
      clock.pass(1000)
    }
    assert.deepEqual(times, [0, 1000, 2000, 60_000, 61_000, 62_000, 120_000])
  })

  fuzz(
    'is never more than it says within any minute, whenever requests come',
    fc.tuple(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat({ max: 40_000 }), { maxLength: 30 })),
    async ([perMinute, gaps]) => {
      const clock = testClock()
      const budget = createBudget(perMinute, clock)
      const times: number[] = []
      for (const gap of gaps) {
        clock.pass(gap)
        await budget()
        times.push(clock.now())
      }
      for (const [index, time] of times.entries()) {
        const earlier = times[index - perMinute]
        if (earlier !== undefined) assert.ok(time - earlier >= 60_000)
      }
    }
  )

  test('is one for all requests that wait: they go one after the other', async () => {
    const clock = testClock()
    const wakes: (() => void)[] = []
    const waits: number[] = []
    const budget = createBudget(2, {
      now: clock.now,
      sleep: ms => {
        waits.push(ms)
        return new Promise(resolve => wakes.push(resolve))
      }
    })
    const sent: number[] = []
    const all = Promise.all(Array.from({ length: 6 }, (_, index) => budget().then(() => sent.push(index))))
    assert.deepEqual(waits, [60_000, 60_000, 120_000, 120_000])
    await setImmediate()
    assert.deepEqual(sent, [0, 1], 'the others are not sent while they wait')
    wakes[0]?.()
    await setImmediate()
    assert.deepEqual(sent, [0, 1, 2])
    for (const wake of wakes) wake()
    await all
    assert.deepEqual(sent, [0, 1, 2, 3, 4, 5])
  })

  test('counts tokens and redirects, and is apart for each registry', async t => {
    const mirror = await startFake(t, 'mirror.test', () => TAGS)
    const registry = await startFake(t, 'registry.test', ({ path, headers }) => {
      if (path.startsWith('/token')) return { body: { token: 't' } }
      const challenge = `Bearer realm="http://${headers.host}/token"`
      if (headers.authorization === undefined) return { status: 401, headers: { 'www-authenticate': challenge } }
      return { status: 302, headers: { location: `http://${mirror.host}/` } }
    })
    const client = startClient(t, [registry, mirror], { perMinute: 4 })
    await client.listTags(repositoryOf(registry))
    assert.deepEqual(client.clock.waits, [], 'without, the token, with, the redirect')
    await client.listTags(repositoryOf(mirror))
    assert.deepEqual(client.clock.waits, [])
    await client.listTags(repositoryOf(registry))
    assert.equal(client.clock.waits.length, 1)
  })
})

suite('the breaker of a host', () => {
  test('asks it no more after three failures in a row, for a minute, then twice as long each time, to an hour', async () => {
    const clock = testClock()
    const breaker = createBreaker(clock)
    const pauses: number[] = []
    for (let failure = 1; failure <= 12; failure += 1) {
      assert.equal(breaker.admit('a'), null)
      breaker.failed('a')
      const start = clock.now()
      while (breaker.admit('a') !== null) clock.pass(30_000)
      pauses.push((clock.now() - start) / 60_000)
    }
    assert.deepEqual(pauses, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
  })

  test('says when it is asked again', async () => {
    const breaker = createBreaker(testClock())
    for (const _ of [1, 2, 3]) breaker.failed('a')
    const refused = breaker.admit('a')
    assert.deepEqual(refused, {
      seen: false,
      reason: 'unreachable',
      message: 'a failed 3 times in a row: next attempt at 2025-04-30T12:01:00.000Z'
    })
    assert.equal(breaker.admit('b'), null)
  })

  test('forgets failures at a success', async () => {
    const breaker = createBreaker(testClock())
    for (const _ of [1, 2]) breaker.failed('a')
    breaker.succeeded('a')
    for (const _ of [1, 2]) breaker.failed('a')
    assert.equal(breaker.admit('a'), null)
  })

  test('counts what was asked at the same time once', async () => {
    const clock = testClock()
    const breaker = createBreaker(clock)
    for (let count = 0; count < 20; count += 1) breaker.failed('a')
    clock.pass(60_000)
    assert.equal(breaker.admit('a'), null)
  })

  test('remembers a thousand hosts, for a registry may lead to any number', () => {
    const breaker = createBreaker(testClock())
    for (let host = 0; host <= 1000; host += 1) {
      for (const _ of [1, 2, 3]) breaker.failed(String(host))
    }
    assert.equal(breaker.admit('0'), null)
    assert.notEqual(breaker.admit('1'), null)
  })

  test('forgets, of more than a thousand hosts, the one whose last failure is oldest, not the one that failed first', () => {
    const breaker = createBreaker(testClock())
    for (const _ of [1, 2]) breaker.failed('known')
    for (let host = 0; host < 999; host += 1) breaker.failed(String(host))
    breaker.failed('known')
    breaker.failed('one more')
    assert.notEqual(breaker.admit('known'), null)
  })
})

suite('the pause that a host asks for', () => {
  test('waits for a host that wants to be left alone for a minute, and no longer', async () => {
    const clock = testClock()
    const pauses = createPauses(clock)
    pauses.begin('a', clock.now() + 60_000)
    assert.equal(await pauses.admit('a'), null)
    assert.deepEqual(clock.waits, [60_000])
    pauses.begin('a', clock.now() + 60_001)
    assert.deepEqual(await pauses.admit('a'), {
      seen: false,
      reason: 'rate_limited',
      message: 'a: the registry limits requests, until 2025-04-30T12:02:00.001Z'
    })
    assert.notEqual(await pauses.admit('a'), null, 'nobody waits twice')
    clock.pass(60_001)
    assert.equal(await pauses.admit('a'), null)
  })

  test('is over before its host is asked', async () => {
    const { now, pass } = testClock()
    const wakes: (() => void)[] = []
    const sleep = (ms: number) =>
      new Promise<void>(resolve => {
        wakes.push(() => {
          pass(ms)
          resolve()
        })
      })
    const pauses = createPauses({ now, sleep })
    pauses.begin('a', now() + 7000)
    let answer: unknown = 'waits'
    const admitted = pauses.admit('a').then(admission => {
      answer = admission
    })
    await setImmediate()
    assert.equal(answer, 'waits')
    wakes[0]?.()
    await admitted
    assert.equal(answer, null)
  })

  test('is waited for to its end, though timers fire early', async t => {
    const rules = { realms: [], insecure: [] }
    const { clock, close } = createRegistryAccess({ perMinute: 1, rules, proxyFor: () => null, onProblem: () => {} })
    t.after(close)
    const pauses = createPauses(clock)
    for (let count = 0; count < 20; count += 1) {
      pauses.begin('host', clock.now() + 2.9)
      assert.equal(await pauses.admit('host'), null)
      pauses.answered('host')
    }
  })

  test('is not waited for right after another one, until the host has answered', async () => {
    const clock = testClock()
    const pauses = createPauses(clock)
    pauses.begin('a', clock.now() + 1000)
    pauses.begin('a', clock.now() + 2000)
    assert.equal(await pauses.admit('a'), null)
    assert.deepEqual(clock.waits, [2000], 'two questions at once were told the same')
    pauses.begin('a', clock.now() + 3000)
    assert.notEqual(await pauses.admit('a'), null)
    clock.pass(1000)
    pauses.begin('a', clock.now() + 4000)
    assert.notEqual(await pauses.admit('a'), null, 'nor after one that nobody waited for')
    pauses.answered('a')
    assert.equal(await pauses.admit('a'), null)
    pauses.answered('a')
    pauses.begin('a', clock.now() + 5000)
    assert.equal(await pauses.admit('a'), null)
    assert.deepEqual(clock.waits, [2000, 4000, 5000])
  })

  test('remembers a thousand hosts, for a registry may lead to any number', async () => {
    const clock = testClock()
    const pauses = createPauses(clock)
    for (let host = 0; host <= 1000; host += 1) pauses.begin(String(host), clock.now() + 3_600_000)
    assert.equal(await pauses.admit('0'), null)
    assert.notEqual(await pauses.admit('1'), null)
  })
})

suite('a registry that is asked too much', () => {
  const limited = (
    headers: Readonly<Record<string, string>>,
    body: string | object = 'Too Many Requests (HAP429)'
  ) => ({
    status: 429,
    headers,
    body
  })

  test('is asked again after a wait that it names, if it is short', async t => {
    let count = 0
    const registry = await startFake(t, 'registry.test', () => {
      count += 1
      return count === 1 ? limited({ 'retry-after': '7' }) : TAGS
    })
    const client = startClient(t, [registry])
    assert.ok((await client.listTags(repositoryOf(registry))).seen)
    assert.deepEqual(client.clock.waits, [7000])
  })

  test('is asked again once only', async t => {
    const registry = await startFake(t, 'registry.test', () => limited({ 'retry-after': '7' }))
    const client = startClient(t, [registry])
    const name = `${registry.host}/shop/app`
    assert.equal(
      inShort(await client.listTags(repositoryOf(registry))),
      `rate_limited: ${name}: the registry limits requests, until 2025-04-30T12:00:14.000Z`
    )
    assert.equal(registry.questions.length, 2)
  })

  for (const [rule, header, until] of [
    ['at once, and not again for an hour, whatever it asks for', '485009', '13:00:00'],
    ['until the second that Docker Hub names', '1746016136', '12:28:56'],
    ['until the time that it names', 'Wed, 30 Apr 2025 12:30:00 GMT', '12:30:00']
  ] as const) {
    test(`is rate-limited ${rule}`, async t => {
      const registry = await startFake(t, 'registry.test', () => limited({ 'retry-after': header }))
      const client = startClient(t, [registry])
      const message = `the registry limits requests, until 2025-04-30T${until}.000Z`
      for (const name of [registry.host, registry.host]) {
        assert.equal(inShort(await client.listTags(repositoryOf(registry))), `rate_limited: ${name}: ${message}`)
      }
      assert.equal(registry.questions.length, 1)
      assert.deepEqual(client.clock.waits, [])
    })
  }

  test('is left alone for a minute where it does not say for how long', async t => {
    const registry = await startFake(t, 'registry.test', () => limited({}))
    const client = startClient(t, [registry])
    const name = `${registry.host}/shop/app`
    assert.equal(
      inShort(await client.listTags(repositoryOf(registry))),
      `rate_limited: ${name}: the registry limits requests`
    )
    assert.deepEqual(client.clock.waits, [60_000])
  })

  test('costs one wait, not one for each image, where it never says anything else', async t => {
    const registry = await startFake(t, 'registry.test', () => limited({}))
    const client = startClient(t, [registry])
    for (let image = 0; image < 50; image += 1) {
      const list = await client.listTags(repositoryOf(registry))
      assert.equal(list.seen ? '' : list.reason, 'rate_limited')
    }
    assert.deepEqual(client.clock.waits, [60_000])
    assert.equal(registry.questions.length, 2)
    client.clock.pass(60_000)
    for (let image = 0; image < 50; image += 1) await client.listTags(repositoryOf(registry))
    assert.deepEqual(client.clock.waits, [60_000])
    assert.equal(registry.questions.length, 3)
  })

  test('is waited for again each time where the waits bring answers', async t => {
    const statuses = [429, 200, 429, 200, 429, 200]
    const registry = await startFake(t, 'registry.test', () =>
      statuses.shift() === 429 ? limited({ 'retry-after': '7' }) : TAGS
    )
    const client = startClient(t, [registry])
    for (const _ of [1, 2, 3]) assert.ok((await client.listTags(repositoryOf(registry))).seen)
    assert.deepEqual(client.clock.waits, [7000, 7000, 7000])
  })

  test('is asked for the digests of tags, but for no manifest, while it lets nobody pull', async t => {
    const digest = `sha256:${'a'.repeat(64)}`
    const registry = await startFake(t, 'registry.test', ({ method }) =>
      method === 'HEAD'
        ? { headers: { 'docker-content-digest': digest, 'ratelimit-remaining': '0;w=21600' } }
        : { status: 429, headers: { 'retry-after': '3600' } }
    )
    const client = startClient(t, [registry])
    const repository = repositoryOf(registry)
    assert.equal(inShort(await client.digestOf(repository, '1.0')), digest)
    assert.equal(
      inShort(await client.manifest(repository, digest)),
      `rate_limited: ${registry.host}/shop/app@${digest} is not read while no pulls are left`
    )
    assert.equal(inShort(await client.digestOf(repository, '2.0')), digest)
  })

  test('may say so with another status', async t => {
    const body = { errors: [{ code: 'TOOMANYREQUESTS' }] }
    const registry = await startFake(t, 'registry.test', () => ({ status: 400, body }))
    const list = await startClient(t, [registry]).listTags(repositoryOf(registry))
    assert.equal(list.seen ? '' : list.reason, 'rate_limited')
  })

  test('may be its token server', async t => {
    const registry = await startFake(t, 'registry.test', ({ path, headers }) =>
      path.startsWith('/token')
        ? limited({ 'retry-after': '600' })
        : { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` } }
    )
    const list = await startClient(t, [registry]).listTags(repositoryOf(registry))
    assert.equal(list.seen ? '' : list.reason, 'rate_limited')
  })
})

suite('a registry that is down', () => {
  for (const status of [502, 503, 504]) {
    test(`by its gateway's word, ${status}, is not asked again after three times`, async t => {
      const registry = await startFake(t, 'registry.test', () => ({ status }))
      const client = startClient(t, [registry])
      const found = []
      for (const _ of [1, 2, 3, 4]) found.push(inShort(await client.listTags(repositoryOf(registry))))
      assert.deepEqual(found.slice(2), [
        `unreachable: ${registry.host}/shop/app: the registry is down (HTTP ${status})`,
        `unreachable: ${registry.host} failed 3 times in a row: next attempt at 2025-04-30T12:01:00.000Z`
      ])
      assert.equal(registry.questions.length, 3)
    })
  }

  test('by its silence is not asked again after three times', async t => {
    const server = await serveTcp(socket => socket.destroy())
    t.after(server.close)
    const registry = { host: `registry.test:${server.port}`, questions: [] }
    const client = startClient(t, [registry])
    for (const _ of [1, 2, 3]) await client.listTags(repositoryOf(registry))
    const connections = server.connections()
    const list = inShort(await client.listTags(repositoryOf(registry)))
    assert.match(String(list), /^unreachable: .* failed 3 times in a row/)
    assert.equal(server.connections(), connections)
  })

  test('is not what a registry is that answers nonsense', async t => {
    const server = await serveTcp(socket => socket.end('hello\r\n\r\n'))
    t.after(server.close)
    const registry = { host: `registry.test:${server.port}`, questions: [] }
    const client = startClient(t, [registry])
    for (const _ of [1, 2, 3, 4, 5]) {
      assert.match(String(inShort(await client.listTags(repositoryOf(registry)))), /^invalid: /)
    }
  })

  for (const [server, body] of [
    ['Go', 'Client sent an HTTP request to an HTTPS server.\n'],
    ['nginx', '<center>The plain HTTP request was sent to HTTPS port</center>'],
    ['Apache', "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"],
    ['Tomcat', 'Bad Request\r\nThis combination of host and port requires TLS.\r\n']
  ] as const) {
    test(`that wants TLS after all is not named as one that does not: ${server}`, async t => {
      const registry = await startFake(t, 'registry.test', () => ({ status: 400, body }))
      const client = startClient(t, [registry])
      const list = await client.listTags(repositoryOf(registry))
      const digest = await client.digestOf(repositoryOf(registry), '1.0')
      for (const text of [inShort(list), inShort(digest)]) {
        assert.match(String(text), /^invalid: .*: the registry wants TLS: remove it from REGISTRY_INSECURE$/)
      }
    })
  }

  test('is asked again when it has answered, even with a mistake', async t => {
    const statuses = [502, 502, 500, 502, 502, 502]
    const registry = await startFake(t, 'registry.test', () => ({ status: statuses.shift() ?? 200 }))
    const client = startClient(t, [registry])
    for (const _ of [1, 2, 3, 4, 5, 6, 7]) await client.listTags(repositoryOf(registry))
    assert.equal(registry.questions.length, 6)
  })
})

suite('an answer that is not a success', () => {
  for (const [status, code, reason, words] of [
    [400, null, 'invalid', ': the registry answered HTTP 400'],
    [400, 'NAME_INVALID', 'invalid', ': the registry answered HTTP 400 (NAME_INVALID)'],
    [
      401,
      'UNAUTHORIZED',
      'unauthorized',
      ' is missing or private: if it is private, add credentials to REGISTRY_AUTH_FILE'
    ],
    [403, 'DENIED', 'forbidden', ' is forbidden: if it is private, add credentials to REGISTRY_AUTH_FILE'],
    [404, 'NAME_UNKNOWN', 'not_found', ' does not exist (NAME_UNKNOWN)'],
    [404, 'name_unknown', 'not_found', ' does not exist (NAME_UNKNOWN)'],
    [404, '<script>', 'not_found', ' does not exist'],
    [404, 'X'.repeat(65), 'not_found', ' does not exist'],
    [418, null, 'invalid', ': the registry answered HTTP 418'],
    [500, null, 'invalid', ': the registry answered HTTP 500'],
    [304, null, 'invalid', ': the registry answered HTTP 304'],
    [300, null, 'invalid', ': the registry answered HTTP 300']
  ] as const) {
    test(`has a reason and words: ${status} ${code?.slice(0, 12) ?? ''}`, async t => {
      const body = code === null ? 'secret' : { errors: [{ code, message: 'secret' }] }
      const registry = await startFake(t, 'registry.test', () => ({ status, body: status === 304 ? '' : body }))
      const list = inShort(await startClient(t, [registry]).listTags(repositoryOf(registry)))
      assert.equal(list, `${reason}: ${registry.host}/shop/app${words}`)
    })
  }
})
