import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { suite, type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { createApp } from '../../src/http/app.ts'
import type { AppPorts } from '../../src/http/ports.ts'
import { until } from '../support/until.ts'
import { aReport, aService, somePorts } from './fixtures.ts'

const AT_ONCE = 8
// More than the kernel takes for a client that does not read.
const PIECES = [Buffer.alloc(16 * 1024 * 1024, 'first'), Buffer.alloc(16 * 1024 * 1024, 'second')]
const FLEET = Array.from({ length: 8_000 }, (_, index) => aService({ service: `shop-${index}` }))

const REPORT = aReport(FLEET)

interface Asked {
  readonly path: string
  readonly method?: string
  readonly headers?: IncomingHttpHeaders
  /** Where the client is. */
  readonly localAddress?: string
}

/** An app whose answers are large; `ask` gives an answer of which nothing is read yet. */
async function listen(t: TestContext, changes: Partial<AppPorts> = {}) {
  // No client counts as stalled before its test says so, however slow the machine is.
  t.mock.timers.enable({ apis: ['setInterval'] })
  const app = createApp(somePorts({ metrics: { body: async () => PIECES }, report: () => REPORT, ...changes }))
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  t.after(() => {
    app.server.closeAllConnections()
    return app.close()
  })
  const ask = async ({ path, method = 'GET', headers = {}, localAddress = '127.0.0.1' }: Asked) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, localAddress, agent: false }).end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    // Cut off, like every client that does not read.
    for (const end of [asked, answer]) end.on('error', () => {})
    return answer
  }
  return { ask }
}

suite('a large answer', () => {
  test('comes whole, with its length', async t => {
    const { ask } = await listen(t)
    const answer = await ask({ path: '/metrics' })
    const whole = Buffer.concat(PIECES)
    assert.equal(answer.headers['content-length'], `${whole.length}`)
    assert.ok((await buffer(answer)).equals(whole))
  })

  test('has no body for HEAD, but the length, and takes up no place', async t => {
    const { ask } = await listen(t)
    const length = (await ask({ path: '/metrics' })).headers['content-length']
    for (let turn = 0; turn <= AT_ONCE; turn += 1) {
      const head = await ask({ path: '/metrics', method: 'HEAD' })
      assert.deepEqual([head.statusCode, head.headers['content-length']], [200, length])
      assert.equal((await buffer(head)).length, 0)
    }
  })

  for (const [path, other] of [
    ['/metrics', '/'],
    ['/?show=all', '/metrics'],
    ['/api/v1/status', '/metrics']
  ] as const) {
    test(`of ${path} is refused for now where enough are under way; ${other} has places of its own`, async t => {
      const { ask } = await listen(t)
      const headers = { 'accept-encoding': 'identity' }
      // The answer is made once for all: a client must not count as one that reads nothing while it waits for that.
      await buffer(await ask({ path, headers }))
      for (let turn = 0; turn < AT_ONCE; turn += 1) assert.equal((await ask({ path, headers })).statusCode, 200)
      const refused = await ask({ path, headers })
      assert.deepEqual(
        [refused.statusCode, refused.headers['retry-after'], refused.headers['content-type']],
        [503, '1', 'application/json; charset=utf-8']
      )
      assert.equal((await buffer(refused)).toString(), '{"error":"too many large answers at once; try again"}')
      assert.equal((await ask({ path: other, headers })).statusCode, 200)
      for (const small of ['/live', '/debug/version']) assert.equal((await ask({ path: small })).statusCode, 200)
    })
  }

  test('is refused without the encoding that it would have had', async t => {
    const { ask } = await listen(t)
    const asked = { path: '/metrics', headers: { 'accept-encoding': 'gzip' } }
    for (let turn = 0; turn < AT_ONCE; turn += 1) assert.equal((await ask(asked)).headers['content-encoding'], 'gzip')
    const { statusCode, headers } = await ask(asked)
    assert.deepEqual([statusCode, headers['content-encoding']], [503, undefined])
  })

  test('takes the place of an unread one of an address that has more of them', async t => {
    const { ask } = await listen(t)
    const unread: IncomingMessage[] = []
    for (let turn = 0; turn < AT_ONCE; turn += 1) unread.push(await ask({ path: '/metrics' }))
    const answer = await ask({ path: '/metrics', localAddress: '127.0.0.2' })
    assert.equal(answer.statusCode, 200)
    assert.equal((await buffer(answer)).length, 32 * 1024 * 1024)
    const outcomes = await Promise.all(unread.map(each => buffer(each).catch(() => 'cut off')))
    assert.equal(outcomes.filter(outcome => outcome === 'cut off').length, 1)
  })

  test('takes the place of one that nobody has read for a second', async t => {
    const { ask } = await listen(t)
    for (let turn = 0; turn < AT_ONCE; turn += 1) await ask({ path: '/metrics' })
    assert.equal((await ask({ path: '/metrics' })).statusCode, 503)
    let seconds = 0
    await until(async () => {
      t.mock.timers.tick(1_000)
      seconds += 1
      assert.equal((await ask({ path: '/metrics' })).statusCode, 200)
    })
    // After five, any connection that stalls is cut off.
    assert.ok(seconds < 5, `${seconds} s`)
  })

  test('gives its place back, read or not', async t => {
    const { ask } = await listen(t)
    for (let turn = 0; turn < 3 * AT_ONCE; turn += 1) {
      const answer = await ask({ path: '/metrics' })
      assert.equal(answer.statusCode, 200)
      if (turn % 2 === 0) await buffer(answer)
      else answer.destroy()
    }
  })
})

suite('the page and its JSON', () => {
  for (const path of ['/', '/api/v1/status', '/?filter=shop-1']) {
    test(`${path} is compressed for clients that take gzip`, async t => {
      const app = createApp(somePorts())
      t.after(() => app.close())
      const plain = await app.inject(path)
      const packed = await app.inject({ url: path, headers: { 'accept-encoding': 'gzip, br' } })
      assert.deepEqual(
        [plain, packed].map(({ headers }) => [headers['content-encoding'], headers.vary, headers['content-type']]),
        [
          [undefined, 'Accept-Encoding', plain.headers['content-type']],
          ['gzip', 'Accept-Encoding', plain.headers['content-type']]
        ]
      )
      assert.equal(gunzipSync(packed.rawPayload).toString(), plain.body)
    })
  }

  for (const path of ['/', '/api/v1/status']) {
    // What is changed without a new list is not seen, so the answer is the one of before.
    test(`${path} is rendered once for a report, for five seconds at most`, async t => {
      let now = 0
      const services = [aService({ service: 'shop-1' })]
      const report = aReport(services)
      const app = createApp(somePorts({ report: () => report, clock: () => now }))
      t.after(() => app.close())
      const names = async () => (await app.inject(path)).body.match(/shop-\d/)?.[0]
      assert.equal(await names(), 'shop-1')
      services[0] = aService({ service: 'shop-2' })
      now = 4_999
      assert.equal(await names(), 'shop-1')
      now = 5_000
      assert.equal(await names(), 'shop-2')
    })

    for (const [what, changed] of [
      ['services', aReport([aService({ service: 'it-has-changed' })])],
      ['warnings', aReport([], { warnings: ['it-has-changed'] })],
      [
        'targets left out',
        aReport([], { leftOut: { services: new Set(), of: 2, namespace: 'it-has-changed', inNamespace: 1 } })
      ],
      [
        'a source that fails',
        aReport([], {
          source: { up: false, lastSyncAt: 1, problems: [{ message: 'it-has-changed', withholds: 'workloads' }] }
        })
      ]
    ] as const) {
      test(`${path} is rendered anew at once for other ${what}`, async t => {
        let report = aReport([])
        const app = createApp(somePorts({ report: () => report }))
        t.after(() => app.close())
        assert.doesNotMatch((await app.inject(path)).body, /it-has-changed/)
        report = changed
        assert.match((await app.inject(path)).body, /it-has-changed/)
      })
    }
  }

  test('the page is rendered anew at once when the guard is no longer ready', async t => {
    let ready = true
    const checks = { file: { status: 'error', message: 'it-has-changed' } } as const
    const app = createApp(somePorts({ readiness: () => ({ ready, checks }) }))
    t.after(() => app.close())
    assert.doesNotMatch((await app.inject('/')).body, /it-has-changed/)
    ready = false
    assert.match((await app.inject('/')).body, /it-has-changed/)
  })

  test('a filtered page is its own, and refused for now where too many are asked for', async t => {
    const report = aReport(Array.from({ length: 500 }, (_, index) => aService({ service: `shop-${index}` })))
    const app = createApp(somePorts({ report: () => report }))
    t.after(() => app.close())
    const shown = async (filter: string) =>
      (await app.inject(`/?filter=${filter}`)).body.match(/(\d+) of 500 found/)?.[1]
    assert.deepEqual([await shown('shop-499'), await shown('shop-49')], ['1', '11'])
    const many = await Promise.all(Array.from({ length: 500 }, (_, index) => app.inject(`/?filter=${index}`)))
    const refused = many.filter(({ statusCode }) => statusCode === 503)
    assert.ok(refused.length > 0)
    for (const { headers } of refused) assert.equal(headers['retry-after'], '1')
    assert.equal((await app.inject('/')).statusCode, 200)
  })
})
