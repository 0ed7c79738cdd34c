import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { suite, type TestContext, test } from 'node:test'
import { lookAtDrill } from '../../../src/gate/drill/look-at-drill.ts'
import type { Show } from '../../../src/gate/gate-config.ts'
import { createGateClient } from '../../../src/gate/live/http-client.ts'

type Answers = Readonly<Record<string, readonly [status: number, body: unknown]>>

/** A real server with these answers by path; everything else is 404. */
async function serve(t: TestContext, answers: Answers) {
  const asked: string[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(`${request.method} ${request.url}`)
    const [status, body] = answers[String(request.url).split('?')[0] ?? ''] ?? [404, 'not there']
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const client = clientOf(`http://127.0.0.1:${port}`)
  t.after(async () => {
    await client.close()
    server.close()
  })
  return { client, asked }
}

function clientOf(url: string) {
  const access = { url, headers: async () => ({}), caFile: null, clientCertFile: null, clientKeyFile: null }
  return createGateClient(access, { timeoutMs: 5_000, version: '0.0.0' })
}

const get = (changes: Partial<Extract<Show, { kind: 'get' }>> = {}): Show => ({
  kind: 'get',
  path: '/readyz',
  status: 503,
  json: {},
  prefix: null,
  ...changes
})

const vector = (...result: readonly (readonly [labels: object, value: string])[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: result.map(([metric, value]) => ({ metric, value: [1, value] })) }
})

const NOT_READY = { status: 'not_ready', checks: { database: { status: 'error' } } }

suite('a look at a drill', () => {
  async function look(
    t: TestContext,
    show: Show,
    servers: { service?: Answers; prometheus?: Answers; alertmanager?: Answers }
  ) {
    const service = await serve(t, servers.service ?? {})
    const prometheus = servers.prometheus === undefined ? null : await serve(t, servers.prometheus)
    const alertmanager = servers.alertmanager === undefined ? null : await serve(t, servers.alertmanager)
    const clients = {
      service: service.client,
      prometheus: prometheus?.client ?? null,
      alertmanager: alertmanager?.client ?? null
    }
    const drill = { name: 'd', break: '', restore: '', timeoutMs: 1, shows: [show] }
    const alerts = show.kind === 'alert' ? [show.alert] : []
    const seen = await lookAtDrill(drill, { clients, alerts, signal: AbortSignal.timeout(10_000) })
    const asked = [service, prometheus, alertmanager].flatMap(server => server?.asked ?? [])
    assert.ok(asked.every(line => line.startsWith('GET ')))
    return { show: seen.shows[0], alert: seen.alerts[0], asked }
  }

  for (const [rule, show, body, state, words] of [
    ['sees a status', get(), NOT_READY, 'shows', /^503 in \d+ ms$/],
    ['sees another status', get({ status: 500 }), NOT_READY, 'absent', /^503 in/],
    ['takes any status where none is awaited', get({ status: null }), '', 'shows', /^503 in/],
    [
      'sees values in JSON',
      get({ json: { '/status': 'not_ready', '/checks/database': { status: 'error' } } }),
      NOT_READY,
      'shows',
      /, \/status "not_ready", \/checks\/database {"status":"error"}$/
    ],
    [
      'sees what nests too deep to be shown',
      get({ json: { '/a': 1 } }),
      `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
      'absent',
      /, \/a nests too deep to be shown$/
    ],
    [
      'cannot tell what stands behind the part that is read',
      get({ prefix: 'veza_' }),
      `other 1\n${'x'.repeat(16 * 1024 * 1024)}\nveza_x 1\n`,
      'unseen',
      /, no sample veza_\*$/
    ],
    [
      'knows the status of what is larger than it reads',
      get({ status: 500 }),
      'x'.repeat(17 * 1024 * 1024),
      'absent',
      /^503 in \d+ ms$/
    ],
    ['sees other values', get({ json: { '/status': 'ready' } }), NOT_READY, 'absent', /, \/status "not_ready"$/],
    ['sees that a value is not there', get({ json: { '/a': 1 } }), NOT_READY, 'absent', /, \/a is not there$/],
    [
      'reads JSON behind a byte order mark',
      get({ json: { '/status': 'not_ready' } }),
      '\ufeff{"status":"not_ready"}',
      'shows',
      /, \/status "not_ready"$/
    ],
    ['sees that it is no JSON', get({ json: { '/a': 1 } }), '<html>', 'absent', /, \/a is not there$/],
    [
      'does not take a longer list for the awaited one',
      get({ json: { '/a': [1] } }),
      { a: [1, 2] },
      'absent',
      /\/a \[1,2\]/
    ],
    ['sees a list', get({ json: { '/a': [1, { b: 2 }] } }), { a: [1, { b: 2 }] }, 'shows', /\/a /],
    ['takes keys in any order', get({ json: { '/a': { b: 1, c: 2 } } }), { a: { c: 2, b: 1 } }, 'shows', /\/a /],
    ['does not take more keys', get({ json: { '/a': { b: 1 } } }), { a: { c: 2, b: 1 } }, 'absent', /\/a /],
    ['sees samples with a prefix', get({ prefix: 'veza_' }), '# HELP veza_x x\nveza_x 1\n', 'shows', /^503 in \d+ ms$/],
    ['sees such a sample in the first line', get({ prefix: 'veza_' }), 'veza_x 1\n', 'shows', /ms$/],
    ['does not take HELP for a sample', get({ prefix: 'veza_' }), '# HELP veza_x x\n', 'absent', /, no sample veza_\*$/]
  ] as const) {
    test(rule, async t => {
      const { show: seen } = await look(t, show, { service: { '/readyz': [503, body] } })
      assert.equal(seen?.state, state)
      assert.equal(seen?.status, 503)
      assert.match(String(seen?.words), words)
    })
  }

  test('cannot tell where nothing answers', async () => {
    const drill = { name: 'd', break: '', restore: '', timeoutMs: 1, shows: [get()] }
    const clients = { service: clientOf('http://127.0.0.1:1'), prometheus: null, alertmanager: null }
    const seen = await lookAtDrill(drill, { clients, alerts: [], signal: AbortSignal.timeout(10_000) })
    assert.equal(seen.shows[0]?.state, 'unclear')
    assert.equal(seen.shows[0]?.status, null)
  })

  test('says that neither Prometheus nor Alertmanager answers', async () => {
    const show: Show = { kind: 'alert', alert: 'Down', state: 'firing' }
    const drill = { name: 'd', break: '', restore: '', timeoutMs: 1, shows: [show] }
    const nobody = clientOf('http://127.0.0.1:1')
    const clients = { service: nobody, prometheus: nobody, alertmanager: nobody }
    const seen = await lookAtDrill(drill, { clients, alerts: ['Down'], signal: AbortSignal.timeout(10_000) })
    const words = seen.shows[0]?.words
    assert.equal(seen.shows[0]?.state, 'unseen')
    assert.match(String(words), /^Prometheus: .*refused.*; Alertmanager: .*refused/)
    assert.deepEqual(seen.alerts, [{ alert: 'Down', state: null, isReceived: false, failure: words }])
  })

  for (const [rule, show] of [
    ['does not take a series that a partial answer lacks for gone', { kind: 'query', query: 'up', value: 0 }],
    ['does not take an alert that a partial answer lacks for gone', { kind: 'alert', alert: 'Down', state: 'firing' }]
  ] as const) {
    test(rule, async t => {
      const partial = { ...vector(), warnings: ['store 1 did not answer'] }
      const { show: seen } = await look(t, show, { prometheus: { '/api/v1/query': [200, partial] } })
      assert.equal(seen?.state, 'unseen')
      assert.match(String(seen?.words), /, of a partial answer: store 1 did not answer$/)
    })
  }

  test('asks each address once', async t => {
    const { client, asked } = await serve(t, { '/readyz': [200, 'ok'] })
    const drill = { name: 'd', break: '', restore: '', timeoutMs: 1, shows: [get(), get({ status: 200 })] }
    const clients = { service: client, prometheus: null, alertmanager: null }
    await lookAtDrill(drill, { clients, alerts: [], signal: AbortSignal.timeout(10_000) })
    assert.deepEqual(asked, ['GET /readyz'])
  })

  const query = { kind: 'query', query: 'max(state{a="b"})', value: 2 } as const
  for (const [rule, answer, state, words] of [
    ['sees the value of a query', [200, vector([{}, '2'])], 'shows', 'value 2'],
    ['sees it in any series', [200, vector([{}, '0'], [{ a: 'b' }, '2'])], 'shows', 'value 0, 2'],
    ['sees another value', [200, vector([{}, '0'])], 'absent', 'value 0'],
    ['sees no series', [200, vector()], 'absent', 'no series'],
    ['names three values', [200, vector([{}, '0'], [{}, '1'], [{}, '3'], [{}, '2'])], 'shows', 'value 0, 1, 3, …'],
    [
      'sees a scalar',
      [200, { status: 'success', data: { resultType: 'scalar', result: [1, '2'] } }],
      'shows',
      'value 2'
    ],
    [
      'cannot tell where Prometheus refuses the query',
      [400, { status: 'error', errorType: 'bad_data', error: 'parse error' }],
      'unseen',
      'Prometheus: 400 bad_data: parse error'
    ],
    [
      'cannot tell where a login page answers',
      [200, '<html>'],
      'unseen',
      'Prometheus: 200 with HTML: a login page, or not Prometheus'
    ]
  ] as const) {
    test(rule, async t => {
      const { show, asked } = await look(t, query, { prometheus: { '/api/v1/query': answer } })
      assert.deepEqual([show?.state, show?.words, show?.status], [state, words, null])
      assert.deepEqual(asked, ['GET /api/v1/query?query=max(state%7Ba%3D%22b%22%7D)'])
    })
  }

  test('cannot tell where no Prometheus is configured', async t => {
    const { show } = await look(t, query, {})
    assert.deepEqual([show?.state, show?.words], ['unseen', 'prometheus.url is not configured'])
  })

  const alert = (state: 'pending' | 'firing'): Show => ({ kind: 'alert', alert: 'Down', state })
  const active = (...states: readonly string[]): Answers => ({
    '/api/v1/query': [200, vector(...states.map(alertstate => [{ alertstate }, '1'] as const))]
  })
  const received = (...names: readonly string[]): Answers => ({
    '/api/v2/alerts': [200, names.map(alertname => ({ labels: { alertname } }))]
  })
  for (const [rule, awaited, prometheus, alertmanager, state, words] of [
    ['sees an alert fire', 'firing', active('firing'), undefined, 'shows', 'firing'],
    ['sees that one of several fires', 'firing', active('pending', 'firing'), undefined, 'shows', 'firing'],
    ['sees an alert on its way', 'firing', active('pending'), undefined, 'unclear', 'pending'],
    ['sees it pending', 'pending', active('pending'), undefined, 'shows', 'pending'],
    ['takes one that fires for pending', 'pending', active('firing'), undefined, 'shows', 'firing'],
    ['sees it quiet', 'firing', active(), undefined, 'absent', 'inactive'],
    [
      'awaits it in Alertmanager too',
      'firing',
      active('firing'),
      received('Other'),
      'unclear',
      'firing, not in Alertmanager'
    ],
    ['sees it there', 'firing', active('firing'), received('Down'), 'shows', 'firing, in Alertmanager'],
    [
      'does not await a pending one there',
      'pending',
      active('pending'),
      received(),
      'shows',
      'pending, not in Alertmanager'
    ],
    [
      'sees that Alertmanager still has it',
      'firing',
      active(),
      received('Down'),
      'unclear',
      'inactive, in Alertmanager'
    ],
    [
      'cannot tell where Alertmanager does not answer',
      'firing',
      active('firing'),
      {},
      'unseen',
      'Alertmanager: it answers 404'
    ],
    [
      'cannot tell where something else answers for Alertmanager',
      'firing',
      active('firing'),
      { '/api/v2/alerts': [200, {}] },
      'unseen',
      'Alertmanager: 200 with no JSON: not Alertmanager'
    ],
    [
      'cannot tell where a list has no alerts in it',
      'firing',
      active('firing'),
      { '/api/v2/alerts': [200, [null]] },
      'unseen',
      'Alertmanager: 200 with no JSON: not Alertmanager'
    ],
    [
      'does not take a list that comes with an error for an answer',
      'firing',
      active('firing'),
      { '/api/v2/alerts': [500, []] },
      'unseen',
      'Alertmanager: it answers 500'
    ]
  ] as const) {
    test(rule, async t => {
      const { show, asked } = await look(t, alert(awaited), { prometheus, ...(alertmanager && { alertmanager }) })
      assert.deepEqual([show?.state, show?.words], [state, words])
      assert.equal(asked[0], 'GET /api/v1/query?query=ALERTS%7Balertname%3D%22Down%22%7D')
    })
  }
})
