import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { lookLive } from '../../../src/gate/live/look-live.ts'
import { CONFIG, factsOf } from '../items/live-world.ts'
import { type Answering, clientOf, startFake, success, vector } from './fake-server.ts'

const { files } = factsOf({})
const EXPOSITION = '# TYPE shop_queue gauge\nshop_queue 1\n'

async function look(t: TestContext, service: Answering, alertmanager: Answering = () => undefined) {
  const [shop, prometheus, alerts] = await Promise.all([
    startFake(t, service),
    startFake(t, (_, query) => (query.has('query') ? success(vector()) : undefined)),
    startFake(t, alertmanager)
  ])
  const progress: string[] = []
  const live = await lookLive(CONFIG, files, {
    clients: {
      service: clientOf(t, shop.url),
      prometheus: clientOf(t, prometheus.url),
      alertmanager: clientOf(t, alerts.url)
    },
    signal: AbortSignal.timeout(60_000),
    onProgress: words => progress.push(words.replace(shop.url, 'SHOP').replace(/\d+ ms/, 'N ms'))
  })
  return { live, progress, shop, alerts }
}

suite('a look at the service', () => {
  test('parses its metrics, and offers what Prometheus offers', async t => {
    const { live } = await look(t, path =>
      path === '/metrics' ? { body: EXPOSITION, type: 'text/plain; version=0.0.4' } : undefined
    )
    const { metrics } = live.service
    assert.ok(metrics.answered && typeof metrics.exposition !== 'string')
    assert.equal(metrics.exposition.series.get('shop_queue')?.value, 1)
    assert.equal('body' in metrics, false)
  })

  test('reads checks behind a byte order mark', async t => {
    const body = '\ufeff{"status":"up","checks":{"database":"ok"}}'
    const { live } = await look(t, path => (path === '/readyz' ? { type: 'application/json', body } : undefined))
    const readyz = live.service.health.get('readyz')
    assert.ok(readyz?.answered)
    assert.deepEqual([readyz.overall, readyz.checks], ['up', { database: ['ok'] }])
  })

  for (const [shape, checks, expected] of [
    ['an object', { database: { status: 'ok' }, redis: 'up' }, ['ok']],
    ['a text', { database: 'up' }, ['up']],
    ['a flag', { database: false }, ['false']],
    ['an object with a flag', { database: { healthy: false } }, ['false']],
    ['an object with a flag of another name', { database: { latency: 3, ok: false } }, ['false']],
    ['an object with a state', { database: { status: null, state: 'down' } }, ['down']],
    ['an object that says nothing', { database: {} }, ['there']],
    ['a list, as in health+json', { database: [{ status: 'pass' }, { status: 'fail' }] }, ['pass', 'fail']],
    ['an item of a list', [{ name: 'redis' }, { name: 'database', status: 'UP' }], ['UP']],
    [
      'items of a list that share the name',
      ['DOWN', 'UP', 'UP'].map(status => ({ name: 'database', status })),
      ['DOWN', 'UP']
    ],
    ['the last of many', { ...Array.from({ length: 200 }, () => 'ok'), database: 'ok' }, ['ok']],
    ['missing', { redis: 'up' }, undefined],
    ['missing with all others', undefined, undefined]
  ] as const) {
    test(`reads a check of a health endpoint that is ${shape}`, async t => {
      const { live } = await look(t, path => (path === '/readyz' ? { status: 503, body: { checks } } : undefined))
      const readyz = live.service.health.get('readyz')
      assert.ok(readyz?.answered)
      const wanted = expected === undefined ? {} : { database: expected }
      assert.deepEqual([readyz.status, readyz.checks, readyz.isHtml], [503, wanted, false])
    })
  }

  for (const [framework, body] of [
    ['Spring Boot', { status: 'UP', components: { database: { status: 'UP', details: { database: 'H2' } } } }],
    ['NestJS', { status: 'ok', info: {}, error: {}, details: { database: { status: 'UP' } } }],
    ['ASP.NET Core', { status: 'Healthy', entries: { database: { data: {}, status: 'UP' } } }],
    ['Grafana', { database: 'UP', version: '12.0.0' }],
    ['GitLab', { status: 'ok', database: [{ status: 'UP' }] }],
    ['somebody who has details in words', { details: 'all is well', database: 'UP' }]
  ] as const) {
    test(`finds a check where ${framework} has it`, async t => {
      const { live } = await look(t, path => (path === '/readyz' ? { body } : undefined))
      const readyz = live.service.health.get('readyz')
      assert.ok(readyz?.answered)
      assert.deepEqual(readyz.checks, { database: ['UP'] })
    })
  }

  test('takes nothing at the top for a check where checks are below', async t => {
    const body = { checks: { redis: 'UP' }, database: 'postgres' }
    const { live } = await look(t, path => (path === '/readyz' ? { body } : undefined))
    const readyz = live.service.health.get('readyz')
    assert.ok(readyz?.answered)
    assert.deepEqual(readyz.checks, {})
  })

  test('knows HTML by its type and by its looks', async t => {
    for (const [type, body, isHtml] of [
      ['text/html; charset=utf-8', 'hello', true],
      ['text/plain', ' <!DOCTYPE html>', true],
      ['text/plain', 'ok', false]
    ] as const) {
      const { live } = await look(t, path => (path === '/health' ? { type, body } : undefined))
      const health = live.service.health.get('health')
      assert.ok(health?.answered)
      assert.deepEqual([health.isHtml, health.checks], [isHtml, null])
    }
  })

  test('tells its progress', async t => {
    const { progress } = await look(t, () => ({ body: 'ok' }))
    const own = progress.filter(words => words.startsWith('GET SHOP')).sort()
    assert.deepEqual(own, ['GET SHOP/health: 200, N ms', 'GET SHOP/metrics: 200, N ms', 'GET SHOP/readyz: 200, N ms'])
  })
})

suite('a look at Alertmanager', () => {
  const seenBy = async (t: TestContext, alertmanager: Answering) =>
    (await look(t, () => undefined, alertmanager)).live.alertmanager?.answer

  test('counts the alert, and knows since when', async t => {
    const alerts = [
      { labels: { alertname: 'ShopDown' }, startsAt: '2026-03-31T12:00:00Z' },
      { labels: { alertname: 'ShopDown' }, startsAt: '2026-03-31T11:00:00Z' }
    ]
    const { live, alerts: fake } = await look(
      t,
      () => undefined,
      () => ({ body: alerts })
    )
    assert.deepEqual(live.alertmanager?.answer, {
      seen: true,
      value: { count: 2, since: Date.parse('2026-03-31T11:00:00Z') }
    })
    assert.deepEqual(fake.asked, ['/api/v2/alerts?filter=alertname="ShopDown"'])
  })

  test('asks whether it answers where no alert is followed, too', async t => {
    const silent = clientOf(t, 'http://127.0.0.1:1')
    const clients = { service: silent, prometheus: null, alertmanager: silent }
    const { alertmanager } = await lookLive({ ...CONFIG, alert: null }, files, {
      clients,
      signal: AbortSignal.timeout(60_000)
    })
    assert.equal(alertmanager?.answer.seen, false)
  })

  for (const [rule, answer, expected] of [
    [
      'none among others, where the filter is not obeyed',
      { body: [{ labels: { alertname: 'Other' }, startsAt: '2026-03-31T12:00:00Z' }] },
      { seen: true, value: { count: 0, since: null } }
    ],
    [
      'more than a call takes arguments',
      {
        type: 'application/json',
        body: `[${'{"labels":{"alertname":"ShopDown"},"startsAt":"2026-03-31T12:00:00Z"},'.repeat(150_000)}{"labels":{}}]`
      },
      { seen: true, value: { count: 150_000, since: Date.parse('2026-03-31T12:00:00Z') } }
    ],
    ['none', { body: [] }, { seen: true, value: { count: 0, since: null } }],
    [
      'a login page',
      { type: 'text/html', body: '<html>' },
      { seen: false, reason: 'not_the_api', message: '200 with text/html: not Alertmanager' }
    ],
    [
      'a list of something else',
      { body: [{ labels: { alertname: 'Other' } }, null] },
      { seen: false, reason: 'not_the_api', message: '200 with application/json: not Alertmanager' }
    ],
    [
      'more than the gate reads',
      { body: `[${'"alert",'.repeat(2_200_000)}]` },
      { seen: false, reason: 'refused', message: 'its answer is too large' }
    ],
    ['an older one', { status: 404, body: 'no' }, { seen: false, reason: 'missing', message: 'it answers 404' }],
    ['a failing one', { status: 500, body: 'no' }, { seen: false, reason: 'refused', message: 'it answers 500' }],
    [
      'a redirect to https',
      { status: 301, location: 'https://127.0.0.1/api/v2/alerts', body: '' },
      {
        seen: false,
        reason: 'not_the_api',
        message: '301, as it wants https: set its url to https://127.0.0.1'
      }
    ],
    [
      'a redirect',
      { status: 302, location: 'https://login.example/', body: '' },
      { seen: false, reason: 'not_the_api', message: '302, a redirect to https://login.example/: it wants a login' }
    ]
  ] as const) {
    test(`tells ${rule}`, async t => assert.deepEqual(await seenBy(t, () => answer), expected))
  }
})
