import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { PrometheusFacts } from '../../../src/gate/live/live-facts.ts'
import { lookAtPrometheus } from '../../../src/gate/live/look-at-prometheus.ts'
import type { Asked } from '../../../src/gate/live/prometheus-api.ts'
import { serveRaw, serveTcp } from '../../support/hostile-servers.ts'
import { CONFIG } from '../items/live-world.ts'
import { type Answering, apiError, clientOf, type FakeServer, startFake, success, vector } from './fake-server.ts'

const NO_FILES = { rules: null }
const RULE = { name: 'ShopDown', query: 'up == 0', type: 'alerting', health: 'ok', state: 'inactive' }

type Files = Parameters<typeof lookAtPrometheus>[0]['files']

function lookAt(
  t: TestContext,
  url: string,
  { files = NO_FILES, timeoutMs = 30_000 }: { files?: Files; timeoutMs?: number } = {}
) {
  const { metrics, alert } = CONFIG
  return lookAtPrometheus({
    config: { metrics, alert, selector: 'job="shop"' },
    files,
    client: clientOf(t, url, timeoutMs),
    signal: AbortSignal.timeout(60_000)
  })
}

async function look(t: TestContext, answer: Answering): Promise<{ facts: PrometheusFacts; fake: FakeServer }> {
  const fake = await startFake(t, answer)
  return { facts: await lookAt(t, fake.url), fake }
}

/** The reason and words of what was not seen. */
function whyOf({ answer }: Asked<unknown>): string {
  return answer.seen ? 'seen' : `${answer.reason}: ${answer.message.replace(/:\d{4,5}/, ':PORT')}`
}

function seenIn<Value>({ answer }: Asked<Value>): Value {
  assert.ok(answer.seen, answer.seen ? '' : answer.message)
  return answer.value
}

const PROMETHEUS: Answering = (path, query) => {
  if (path === '/api/v1/status/buildinfo') return success({ version: '3.5.0', revision: 'a', goVersion: 'go1.24' })
  if (path === '/api/v1/query')
    return query.get('query') === 'time()'
      ? success({ resultType: 'scalar', result: [1700000000.5, '1700000000.5'] })
      : success(vector())
  if (path === '/api/v1/rules') return success({ groups: [{ name: 'shop', interval: 15, rules: [RULE] }] })
  if (path === '/api/v1/targets') return success({ activeTargets: [], droppedTargets: [] })
  if (path === '/api/v1/metadata') return success({})
  return undefined
}

suite('a look at Prometheus', () => {
  test('reads its answers', async t => {
    const { facts } = await look(t, (path, query) => {
      const text = query.get('query') ?? ''
      if (path === '/api/v1/targets') {
        return success({
          activeTargets: [
            {
              labels: { job: 'shop', instance: 'shop:8080' },
              scrapeUrl: 'http://user:sesame@shop:8080/metrics',
              health: 'down',
              lastError: 'Get "http://user:sesame@shop:8080/metrics": refused',
              scrapeInterval: '15s'
            },
            { labels: {}, scrapeUrl: 'http://b/metrics', health: 'other', lastScrape: '0001-01-01T00:00:00Z' }
          ]
        })
      }
      if (path === '/api/v1/metadata')
        return success({ [query.get('metric') ?? '']: [{ type: 'gauge' }, { type: 'gauge' }] })
      if (text.startsWith('up{')) return success(vector([{ instance: 'a' }, '1'], [{ instance: 'b' }, '+Inf']))
      if (text.includes('last_over_time({'))
        return success(vector([{ is: 'now' }, '41'], [{ is: '1m' }, '40'], [{ is: '1h' }, '44']))
      if (text.includes('shop_queue')) return success(vector([{ is: 'count' }, '2'], [{ is: 'age' }, '7.5']))
      return PROMETHEUS(path, query)
    })
    assert.deepEqual(seenIn(facts.build), { version: '3.5.0', product: 'Prometheus' })
    assert.deepEqual(seenIn(facts.time), { samples: [{ labels: {}, value: 1700000000.5 }], at: 1700000000.5 })
    assert.deepEqual(seenIn(facts.targets), [
      {
        labels: { job: 'shop', instance: 'shop:8080' },
        url: 'http://shop:8080/metrics',
        health: 'down',
        lastError: 'Get "http://shop:8080/metrics": refused',
        intervalMs: 15_000
      },
      { labels: {}, url: 'http://b/metrics', health: 'unknown', lastError: '', intervalMs: null }
    ])
    assert.deepEqual(
      seenIn(facts.up).samples.map(({ value }) => value),
      [1, Number.POSITIVE_INFINITY]
    )
    assert.deepEqual(facts.fresh && seenIn(facts.fresh), { now: 41, minute: 40, fiveMinutes: 0, hour: 44 })
    const queue = facts.keyMetrics.get('queue')
    assert.deepEqual(queue && [seenIn(queue.series), seenIn(queue.types)], [{ count: 2, age: 7.5 }, ['gauge']])
    assert.equal(facts.url.startsWith('http://127.0.0.1:'), true)
  })

  test('has no series of a metric that is not there, and the type of a counter by its name in OpenMetrics', async t => {
    const { facts } = await look(t, (path, query) =>
      path === '/api/v1/metadata' && query.get('metric') === 'shop_orders'
        ? success({ shop_orders: [{ type: 'counter' }] })
        : PROMETHEUS(path, query)
    )
    const orders = facts.keyMetrics.get('orders_total')
    assert.deepEqual(orders && [seenIn(orders.series), seenIn(orders.types)], [{ count: 0, age: null }, ['counter']])
  })

  test('reads rules, those that were never evaluated too', async t => {
    const { facts } = await look(t, (path, query) =>
      path === '/api/v1/rules'
        ? success({
            groups: [
              {
                name: 'shop',
                interval: 15,
                rules: [
                  {
                    ...RULE,
                    duration: 60,
                    keepFiringFor: 600,
                    lastError: 'oops',
                    health: 'err',
                    lastEvaluation: '2026-03-31T12:00:00.5Z',
                    annotations: { runbook: 'a' },
                    labels: { severity: 'critical' },
                    alerts: null
                  },
                  {
                    name: 'a:b',
                    query: 'up',
                    type: 'recording',
                    health: 'unknown',
                    lastEvaluation: '0001-01-01T00:00:00Z'
                  }
                ]
              }
            ]
          })
        : PROMETHEUS(path, query)
    )
    const [group] = seenIn(facts.rules)
    assert.deepEqual(group, {
      name: 'shop',
      intervalMs: 15_000,
      rules: [
        {
          kind: 'alert',
          name: 'ShopDown',
          expr: 'up == 0',
          state: 'inactive',
          health: 'err',
          lastError: 'oops',
          lastEvaluation: Date.parse('2026-03-31T12:00:00.5Z'),
          forMs: 60_000,
          keepFiringMs: 600_000,
          labels: { severity: 'critical' },
          annotations: { runbook: 'a' }
        },
        {
          kind: 'record',
          name: 'a:b',
          expr: 'up',
          state: '',
          health: 'unknown',
          lastError: '',
          lastEvaluation: null,
          forMs: 0,
          keepFiringMs: null,
          labels: {},
          annotations: {}
        }
      ]
    })
  })

  test('follows pages of rules to their end', async t => {
    const { facts, fake } = await look(t, (path, query) => {
      if (path !== '/api/v1/rules') return PROMETHEUS(path, query)
      const token = query.get('group_next_token')
      if (token === null) return success({ groups: [{ name: 'one', rules: [] }], groupNextToken: 'to two' })
      return success({ groups: [{ name: 'two', rules: [] }] })
    })
    assert.deepEqual(
      seenIn(facts.rules).map(({ name }) => name),
      ['one', 'two']
    )
    assert.equal(fake.asked.filter(path => path.startsWith('/api/v1/rules')).length, 2)
  })

  test('reads more groups than a call takes arguments', async t => {
    const body = `{"status":"success","data":{"groups":[${'{"name":"g","rules":[]},'.repeat(200_000)}{"name":"g","rules":[]}]}}`
    const { facts } = await look(t, (path, query) =>
      path === '/api/v1/rules' ? { type: 'application/json', body } : PROMETHEUS(path, query)
    )
    assert.equal(seenIn(facts.rules).length, 200_001)
  })

  test('leaves pages that do not end', async t => {
    let page = 0
    const endless: Answering = (path, query) =>
      path === '/api/v1/rules' ? success({ groups: [], groupNextToken: `${page++}` }) : PROMETHEUS(path, query)
    assert.equal(whyOf((await look(t, endless)).facts.rules), 'refused: its pages of rules do not end')
    assert.ok(page < 100)
    const same: Answering = (path, query) =>
      path === '/api/v1/rules' ? success({ groups: [], groupNextToken: 'same' }) : PROMETHEUS(path, query)
    const { facts, fake } = await look(t, same)
    assert.equal(whyOf(facts.rules), 'refused: its pages of rules do not end')
    assert.equal(fake.asked.filter(path => path.startsWith('/api/v1/rules')).length, 2)
  })

  test('knows a refused reload by the metrics of Prometheus itself, else by its only series', async t => {
    const own: Answering = (path, query) =>
      path === '/metrics'
        ? {
            body: '# TYPE prometheus_config_last_reload_successful gauge\nprometheus_config_last_reload_successful 0\n'
          }
        : PROMETHEUS(path, query)
    assert.equal((await look(t, own)).facts.lastReload, false)
    const scraping =
      (...values: readonly string[]): Answering =>
      (path, query) =>
        query.get('query') === 'prometheus_config_last_reload_successful'
          ? success(vector(...values.map((value, index) => [{ instance: `${index}` }, value] as const)))
          : PROMETHEUS(path, query)
    assert.equal((await look(t, scraping('0'))).facts.lastReload, false)
    assert.equal((await look(t, scraping('1'))).facts.lastReload, true)
    assert.equal((await look(t, scraping('0', '1'))).facts.lastReload, null)
    assert.equal((await look(t, PROMETHEUS)).facts.lastReload, null)
    const mimir: Answering = (path, query) =>
      path === '/api/v1/status/buildinfo'
        ? success({ application: 'Grafana Mimir', version: '2.10.0' })
        : scraping('0')(path, query)
    assert.equal((await look(t, mimir)).facts.lastReload, null)
  })

  test('has expressions formatted, those of the files and those that are loaded', async t => {
    const rule = {
      kind: 'alert',
      name: 'ShopDown',
      expr: '(up)==0',
      forMs: 0,
      keepFiringMs: 0,
      labels: {},
      annotations: {},
      line: 1
    } as const
    const bad = { ...rule, name: 'Bad', expr: 'up(' } as const
    const file = { path: 'a', unreadable: null, bytes: 1, mistakes: [], groups: [{ name: 'shop', rules: [rule, bad] }] }
    const fake = await startFake(t, (path, query) => {
      if (path !== '/api/v1/format_query') return PROMETHEUS(path, query)
      const text = query.get('query') ?? ''
      return text === 'up('
        ? apiError(400, 'bad_data', 'invalid parameter "query": 1:4: parse error')
        : success('up == 0')
    })
    const { formatted } = await lookAt(t, fake.url, { files: { rules: [file] } })
    assert.deepEqual(
      [...formatted].map(([expr, { answer }]) => [expr, answer.seen ? answer.value : answer.message]),
      [
        ['(up)==0', 'up == 0'],
        ['up(', '400 bad_data: invalid parameter "query": 1:4: parse error'],
        ['up == 0', 'up == 0']
      ]
    )
  })

  test('has no expression formatted that differs in its layout alone, and first those that have to be compared', async t => {
    const exprs = Array.from({ length: 1100 }, (_, index) => `sum by(job)(up)>${index}`)
    const ruleOf = (expr: string) =>
      ({ kind: 'record', name: 'a', expr, forMs: 0, keepFiringMs: 0, labels: {}, annotations: {}, line: 1 }) as const
    const rules = [...exprs, '(up)'].map(ruleOf)
    const file = { path: 'a', unreadable: null, bytes: 1, mistakes: [], groups: [{ name: 'shop', rules }] }
    const inUse = [...exprs.map(expr => expr.replace('by(job)(up)>', 'by (job) (up) > ')), 'up'].map(query => ({
      name: 'a',
      query,
      type: 'recording',
      health: 'ok'
    }))
    const fake = await startFake(t, (path, query) => {
      if (path === '/api/v1/rules') return success({ groups: [{ name: 'shop', interval: 15, rules: inUse }] })
      return path === '/api/v1/format_query' ? success('up') : PROMETHEUS(path, query)
    })
    const { formatted } = await lookAt(t, fake.url, { files: { rules: [file] } })
    assert.deepEqual([...formatted.keys()], ['(up)', 'up', ...exprs.slice(0, 998)])
  })

  test('asks who cannot format no more than once', async t => {
    const rules = ['a', 'b', 'c'].map(
      expr =>
        ({ kind: 'record', name: expr, expr, forMs: 0, keepFiringMs: 0, labels: {}, annotations: {}, line: 1 }) as const
    )
    const file = { path: 'a', unreadable: null, bytes: 1, mistakes: [], groups: [{ name: 'shop', rules }] }
    const fake = await startFake(t, PROMETHEUS)
    const { formatted } = await lookAt(t, fake.url, { files: { rules: [file] } })
    assert.equal(fake.asked.filter(path => path.includes('format_query')).length, 1)
    assert.deepEqual([...new Set([...formatted.values()].map(whyOf))], ['missing: 404: there is no such API'])
  })

  test('evaluates the expression of the alert as it is loaded', async t => {
    const { facts } = await look(t, (path, query) =>
      query.get('query') === 'up == 0' ? success(vector([{ job: 'shop' }, '0'])) : PROMETHEUS(path, query)
    )
    assert.ok(facts.alert?.expression)
    assert.equal(seenIn(facts.alert.expression).samples.length, 1)
  })

  test('asks for the alert of the files, and not for one of the same name of another team', async t => {
    const alert = (query: string, labels: object) => ({ ...RULE, query, labels })
    const fake = await startFake(t, (path, query) =>
      path === '/api/v1/rules'
        ? success({
            groups: [
              { name: 'another', rules: [alert('vector(1)', { team: 'another' })] },
              {
                name: 'shop',
                rules: [
                  alert('up == 0', {
                    team: 'shop',
                    severity: 'critical',
                    alertname: 'x',
                    'cost.center': '7',
                    to: '{{ 1 }}'
                  }),
                  alert('up < 1', { team: 'shop', severity: 'warning', to: '{{ 1 }}' })
                ]
              }
            ]
          })
        : PROMETHEUS(path, query)
    )
    const rule = { kind: 'alert', name: 'ShopDown', expr: 'up == 0', forMs: 0, keepFiringMs: 0 } as const
    const group = { name: 'shop', rules: [{ ...rule, labels: {}, annotations: {}, line: 1 }] }
    const file = { path: 'a.yml', unreadable: null, bytes: 1, mistakes: [], groups: [group] }
    await lookAt(t, fake.url, { files: { rules: [file] } })
    const asked = fake.asked.map(path => path.replace('/api/v1/query?query=', ''))
    assert.ok(asked.includes('up == 0'))
    assert.ok(!asked.includes('vector(1)'))
    const histories = asked.filter(query => query.includes('ALERTS'))
    assert.equal(histories.length, 3)
    for (const query of histories) assert.ok(query.includes('ALERTS{alertname="ShopDown",team="shop"}'), query)
  })

  test('counts a native histogram, which has no number', async t => {
    const { facts } = await look(t, (path, query) =>
      query.get('query') === 'up{job="shop"}'
        ? success({ resultType: 'vector', result: [{ metric: {}, histogram: [1700000000, { count: '4', sum: '1' }] }] })
        : PROMETHEUS(path, query)
    )
    assert.deepEqual(seenIn(facts.up), { samples: [{ labels: {}, value: Number.NaN }], at: 1700000000 })
  })

  test('tells warnings that make an answer partial from those about the query', async t => {
    const warned =
      (rest: object): Answering =>
      (path, query) =>
        query.get('query') === 'up{job="shop"}' ? success(vector(), rest) : PROMETHEUS(path, query)
    const partialOf = async (rest: object) => (await look(t, warned(rest))).facts.up.partial
    assert.deepEqual(await partialOf({ warnings: ['No StoreAPIs matched for this query'] }), [
      'No StoreAPIs matched for this query'
    ])
    assert.deepEqual(await partialOf({ warnings: ['PromQL warning: a mix of histograms and floats'] }), [])
    assert.deepEqual(await partialOf({ infos: ['PromQL info: metric might not be a counter'] }), [])
    assert.deepEqual(await partialOf({ isPartial: true }), ['the answer is partial'])
    assert.deepEqual(await partialOf({ isPartial: false }), [])
    assert.deepEqual(await partialOf({ warnings: ['a', 'b', 'c', 'd'] }), ['a', 'b', 'c'])
  })

  test('asks no more than four things at once', async t => {
    const fake = await startFake(t, PROMETHEUS, { isSlow: true })
    await lookAt(t, fake.url)
    assert.ok(fake.mostAtOnce() <= 4, `${fake.mostAtOnce()} at once`)
  })

  test('asks who is silent no more than twice', async t => {
    const asked: string[] = []
    const server = await serveRaw((_, path) => asked.push(path))
    t.after(server.close)
    const facts = await lookAt(t, `http://127.0.0.1:${server.port}`, { timeoutMs: 300 })
    assert.equal(whyOf(facts.rules), 'unreachable: no answer within 300 ms')
    assert.ok(asked.length <= 2, `it was asked ${asked.length} times`)
  })

  test('ends when it is stopped', async t => {
    const server = await serveTcp(() => {})
    t.after(server.close)
    const { metrics, alert } = CONFIG
    const facts = await lookAtPrometheus({
      config: { metrics, alert, selector: '' },
      files: NO_FILES,
      client: clientOf(t, `http://127.0.0.1:${server.port}`),
      signal: AbortSignal.abort()
    })
    assert.equal(whyOf(facts.time), 'stopped: stopped')
  })
})

suite('an answer that is not of the kind that Prometheus gives is unseen', () => {
  const WRONG = 'not_the_api: its answer is not what Prometheus answers'
  const up = (result: unknown) => success({ resultType: 'vector', result })

  for (const [what, answer] of [
    ['a text in place of samples', up('none')],
    ['samples that are no objects', up([null, 5])],
    ['samples without labels', up([{ value: [1, '1'] }])],
    ['samples without a value', up([{ metric: {} }])],
    ['a value that is no text', up([{ metric: {}, value: [1, 1] }])]
  ] as const) {
    test(what, async t => {
      const { facts } = await look(t, (path, query) =>
        query.get('query') === 'up{job="shop"}' ? answer : PROMETHEUS(path, query)
      )
      assert.equal(whyOf(facts.up), WRONG)
    })
  }

  for (const [what, path, data] of [
    ['groups that are no list', 'rules', { groups: 'none' }],
    ['groups that are no objects', 'rules', { groups: [null] }],
    ['a group without its rules', 'rules', { groups: [{ name: 'shop', rules: 'none' }] }],
    ['a rule that is no object', 'rules', { groups: [{ name: 'shop', rules: ['up'] }] }],
    ['targets that are no list', 'targets', { activeTargets: 'none' }],
    ['targets without labels', 'targets', { activeTargets: [{ health: 'up' }] }]
  ] as const) {
    test(what, async t => {
      const { facts } = await look(t, (asked, query) =>
        asked === `/api/v1/${path}` ? success(data) : PROMETHEUS(asked, query)
      )
      assert.equal(whyOf(facts[path]), WRONG)
    })
  }

  test('but null is an empty list, as Go has it', async t => {
    const { facts } = await look(t, (path, query) => {
      if (path === '/api/v1/rules') return success({ groups: null })
      if (path === '/api/v1/targets') return success({ activeTargets: null })
      return query.get('query') === 'up{job="shop"}' ? up(null) : PROMETHEUS(path, query)
    })
    assert.deepEqual([seenIn(facts.rules), seenIn(facts.targets), seenIn(facts.up).samples], [[], [], []])
  })

  test('counts and ages that are no numbers', async t => {
    const { facts } = await look(t, (path, query) => {
      const text = query.get('query') ?? ''
      if (text.includes('last_over_time({')) return success(vector([{ is: 'now' }, 'NaN'], [{ is: '5m' }, '4']))
      if (text.includes('shop_queue')) return success(vector([{ is: 'count' }, '2'], [{ is: 'age' }, 'NaN']))
      if (text.includes('shop_orders')) return success(vector([{ is: 'count' }, '2']))
      if (text.startsWith('time() - timestamp(up')) return success(vector([{}, 'NaN']))
      return PROMETHEUS(path, query)
    })
    const seriesOf = (name: string) => facts.keyMetrics.get(name)?.series
    for (const asked of [facts.fresh, seriesOf('queue'), seriesOf('orders_total'), facts.upAge]) {
      assert.equal(asked && whyOf(asked), WRONG)
    }
  })

  test('and so is JSON that breaks off', async t => {
    const { facts } = await look(t, () => ({ type: 'application/json', body: '{"status":"success","data":{' }))
    assert.equal(whyOf(facts.time), 'not_the_api: 200 with JSON that breaks off')
  })
})

suite('what answers in place of Prometheus', () => {
  const everywhere =
    (answer: ReturnType<Answering>): Answering =>
    () =>
      answer
  for (const [rule, answer, words] of [
    [
      'a login page',
      everywhere({ type: 'text/html', body: '<!doctype html>' }),
      'not_the_api: 200 with HTML: a login page, or not Prometheus'
    ],
    [
      'a redirect to a login',
      everywhere({ status: 302, location: 'https://login.example/?next=secret', body: '' }),
      'not_the_api: 302, a redirect to https://login.example/: it wants a login'
    ],
    [
      'a redirect to https',
      (path: string) => ({ status: 308, location: `https://127.0.0.1${path}`, body: '' }),
      'not_the_api: 308, as it wants https: set its url to https://127.0.0.1'
    ],
    [
      'a proxy that wants credentials',
      everywhere({ status: 401, body: 'no' }),
      'refused: 401: it wants other credentials'
    ],
    ['another server', everywhere({ body: { hello: 'world' } }), 'not_the_api: 200 without success'],
    ['a list', everywhere({ body: [] }), 'not_the_api: 200 with application/json: a login page, or not Prometheus'],
    [
      'a gateway without Prometheus',
      everywhere({ status: 502, type: 'text/html', body: '<html>' }),
      'refused: 502 with HTML'
    ],
    ['data of another kind', everywhere(success('up')), 'not_the_api: its answer is not what Prometheus answers'],
    [
      'an error',
      everywhere(apiError(503, 'timeout', 'query timed out at http://user:sesame@store/')),
      'refused: 503 timeout: query timed out at http://store/'
    ],
    ['nothing', everywhere(undefined), 'missing: 404: there is no such API']
  ] as const) {
    test(`is told: ${rule}`, async t => assert.equal(whyOf((await look(t, answer)).facts.time), words))
  }

  // Its reference of the HTTP API has queries, rules, alerts and metadata, and no targets.
  test('is Mimir, which has no targets', async t => {
    const { facts } = await look(t, (path, query) => {
      if (path === '/api/v1/status/buildinfo') {
        return success({ application: 'Grafana Mimir', version: '2.10.0', features: { ruler_config_api: 'true' } })
      }
      return path === '/api/v1/targets' ? undefined : PROMETHEUS(path, query)
    })
    assert.equal(seenIn(facts.build).product, 'Mimir')
    assert.equal(whyOf(facts.targets), 'missing: 404: there is no such API')
  })

  // thanos-io/thanos#7244
  test('is Thanos, which cannot tell targets of unknown health', async t => {
    const error = 'retrieving targets: proxy Targets: receiving targets: unknown targetHealth: "unknown"'
    const { facts } = await look(t, (path, query) => {
      if (path === '/api/v1/status/buildinfo') return success({ version: '0.30.2', revision: 'a', goVersion: 'go1.19' })
      return path === '/api/v1/targets' ? apiError(500, 'internal', error) : PROMETHEUS(path, query)
    })
    assert.equal(seenIn(facts.build).product, 'Thanos')
    assert.equal(whyOf(facts.targets), `refused: 500 internal: ${error}`)
  })

  // VictoriaMetrics/VictoriaMetrics#2516
  test('is VictoriaMetrics, which shows no rules without vmalert', async t => {
    const { facts } = await look(t, (path, query) => {
      if (path === '/api/v1/status/buildinfo') return success({ version: '2.24.0' })
      if (query.get('query') === 'time()') return success(vector([{}, '1700000000.5']), { isPartial: false })
      return path === '/api/v1/rules' ? success({ groups: [] }) : PROMETHEUS(path, query)
    })
    // A scalar is a vector there.
    assert.equal(seenIn(facts.time).samples[0]?.value, 1700000000.5)
    assert.equal(seenIn(facts.build).product, 'VictoriaMetrics')
    assert.deepEqual(seenIn(facts.rules), [])
  })
})
