import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import { createApp } from '../../src/http/app.ts'
import type { AppPorts } from '../../src/http/ports.ts'
import { PATHS } from '../../src/http/routes.ts'
import { aStanding, LOOKED_AT } from '../support/gate-report.ts'
import { somePorts } from './fixtures.ts'

function startApp(t: TestContext, changes?: Partial<AppPorts>): FastifyInstance {
  const app = createApp(somePorts(changes))
  t.after(() => app.close())
  return app
}

suite('HTTP', () => {
  for (const path of PATHS) {
    test(`answers ${path} with GET and, without a body, with HEAD`, async t => {
      const app = startApp(t, { checkNow: () => {} })
      const get = await app.inject(path)
      const head = await app.inject({ method: 'HEAD', url: path })
      assert.equal(get.statusCode, path === '/check-now' ? 202 : 200)
      assert.equal(head.statusCode, get.statusCode)
      assert.equal(head.body, '')
      assert.equal(head.headers['content-type'], get.headers['content-type'])
    })

    test(`secures the answer of ${path} and keeps it out of caches`, async t => {
      const { headers } = await startApp(t).inject(path)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['referrer-policy'], 'same-origin')
      assert.equal(headers['cache-control'], 'no-store')
      assert.match(String(headers['content-security-policy']), /^default-src 'none'; .*frame-ancestors 'none'$/)
      assert.doesNotMatch(String(headers['content-security-policy']), /unsafe/)
    })

    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
      test(`refuses ${method} ${path}, whatever it carries`, async t => {
        const headers = { 'content-type': 'application/json' }
        const answer = await startApp(t).inject({ method, url: path, headers, payload: '{"broken' })
        assert.equal(answer.statusCode, 405)
        assert.equal(answer.headers.allow, 'GET, HEAD')
      })
    }
  }

  for (const path of ['/nowhere', '/metrics/', '/__proto__', '/debug/version/../../etc/passwd']) {
    test(`says which paths there are for ${path}`, async t => {
      const answer = await startApp(t).inject(path)
      assert.equal(answer.statusCode, 404)
      assert.deepEqual(answer.json(), { error: 'no such path', paths: PATHS })
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    })
  }

  for (const path of ['/gate', '/api/v1/gate']) {
    test(`says what to set where ${path} has no gate to tell of`, async t => {
      const { gate: _, ...ports } = somePorts()
      const app = createApp(ports)
      t.after(() => app.close())
      const answer = await app.inject(path)
      assert.equal(answer.statusCode, 404)
      assert.deepEqual(answer.json(), { error: 'no gate runs here: set GATE_CONFIG, and ask shard 0' })
    })
  }

  test('answers the gate as JSON, whole, with its age judged', async t => {
    const standing = aStanding({ refusals: ['gate.yaml:1: no such key'] })
    const answer = await startApp(t, { gate: () => standing }).inject('/api/v1/gate')
    assert.deepEqual(answer.json(), {
      service: 'veza-backend-api',
      namespace: 'veza',
      intervalSeconds: 300,
      refusals: ['gate.yaml:1: no such key'],
      old: false,
      report: standing.report
    })
    const clock = () => LOOKED_AT + 3 * standing.intervalMs + 1
    assert.equal((await startApp(t, { gate: () => standing, clock }).inject('/api/v1/gate')).json().old, true)
  })

  test('links the gate on the page where one runs', async t => {
    const link = /<a id="gate-link" href="gate">veza\/veza-backend-api: GO<\/a>/
    assert.match((await startApp(t).inject('/')).body, link)
    const { gate: _, ...ports } = somePorts()
    const app = createApp(ports)
    t.after(() => app.close())
    assert.doesNotMatch((await app.inject('/')).body, /gate-link/)
  })

  test('has no such path for another method either', async t => {
    assert.equal((await startApp(t).inject({ method: 'POST', url: '/nowhere' })).statusCode, 404)
  })

  test('does not repeat a malformed address', async t => {
    const answer = await startApp(t).inject('/%zz<script>')
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.body, '{"error":"the address is malformed"}')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  })

  test('logs an unexpected failure once and keeps its words to itself', async t => {
    const lines: string[] = []
    const log = pino({}, { write: line => void lines.push(line) })
    const body = () => Promise.reject(new Error('secret words'))
    const app = startApp(t, { log, metrics: { body } })
    const answer = await app.inject({ url: '/metrics?a=b', headers: { 'accept-encoding': 'gzip' } })
    assert.equal(answer.statusCode, 500)
    assert.equal(answer.body, '{"error":"internal error; the log has more"}')
    assert.equal(answer.headers['content-encoding'], undefined)
    assert.equal(lines.length, 1)
    const { msg, path, err } = JSON.parse(lines[0] ?? '')
    assert.deepEqual([msg, path, err.message], ['The request failed', '/metrics', 'secret words'])
  })

  test('does not log what it answered', async t => {
    const lines: string[] = []
    const app = startApp(t, { log: pino({ level: 'trace' }, { write: line => void lines.push(line) }) })
    for (const path of [...PATHS, '/nowhere']) await app.inject(path)
    assert.deepEqual(lines, [])
  })
})

suite('/metrics', () => {
  test('gives text, uncompressed, to who asks for nothing', async t => {
    const answer = await startApp(t).inject('/metrics')
    assert.equal(answer.body, 'text identity\n')
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    assert.equal(answer.headers['content-encoding'], undefined)
    assert.equal(answer.headers.vary, 'Accept, Accept-Encoding')
  })

  test('gives OpenMetrics and gzip to clients that ask for them', async t => {
    const headers = { accept: 'application/openmetrics-text;version=1.0.0', 'accept-encoding': 'gzip' }
    const answer = await startApp(t).inject({ url: '/metrics', headers })
    assert.equal(answer.body, 'openmetrics gzip\n')
    assert.equal(answer.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    assert.equal(answer.headers['content-encoding'], 'gzip')
  })

  test('waits for what comes before a scrape, and hands it the timeout', async t => {
    const seen: unknown[] = []
    const app = startApp(t, {
      beforeScrape: async timeoutMs => {
        await nextTurn()
        seen.push(timeoutMs)
      },
      metrics: { body: async () => [Buffer.from(seen.length === 0 ? 'too early' : 'in time')] }
    })
    const headers = { 'x-prometheus-scrape-timeout-seconds': '2.5' }
    assert.equal((await app.inject({ url: '/metrics', headers })).body, 'in time')
    await app.inject('/metrics')
    assert.deepEqual(seen, [2500, undefined])
  })
})

suite('health', () => {
  const checks = { kubernetes: { status: 'error', message: 'never read: no access' } } as const
  const notReady = { readiness: () => ({ ready: false, checks }) }

  for (const path of ['/readyz', '/-/ready']) {
    test(`${path} says ready with its checks`, async t => {
      const answer = await startApp(t).inject(path)
      assert.equal(answer.body, '{"status":"ready","checks":{"kubernetes":{"status":"ok"}}}')
    })

    test(`${path} says not ready, and why`, async t => {
      const answer = await startApp(t, notReady).inject(path)
      assert.equal(answer.statusCode, 503)
      assert.deepEqual(answer.json(), { status: 'not_ready', checks })
    })
  }

  for (const path of ['/health', '/live', '/-/healthy', '/', '/metrics', '/api/v1/status']) {
    test(`${path} answers while the guard is not ready`, async t => {
      assert.equal((await startApp(t, notReady).inject(path)).statusCode, 200)
    })
  }

  test('/debug/version is a report as the guard itself reads them', async t => {
    assert.equal(
      (await startApp(t).inject('/debug/version')).body,
      '{"version":"1.2.3","gitSha":"abc1234def5678","buildDate":"2026-11-01T00:00:00Z"}'
    )
  })
})
