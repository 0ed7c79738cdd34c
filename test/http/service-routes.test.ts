import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import type { Culprit } from '../../src/domain/diagnosis.ts'
import { createApp } from '../../src/http/app.ts'
import type { AppPorts } from '../../src/http/ports.ts'
import { aKnownService, anExplanation } from '../support/explanations.ts'
import { aReport, aService, somePorts } from './fixtures.ts'

const PAGE = '/services/shop-dev/cart'
const API = '/api/v1/services/shop-dev/cart'

/** An app that knows these services, by namespace and name. */
function startApp(
  t: TestContext,
  known: readonly (readonly [namespace: string, service: string])[] = []
): FastifyInstance {
  const explain: AppPorts['explain'] = ({ namespace, service }) =>
    known.some(([one, other]) => one === namespace && other === service)
      ? { ...anExplanation(), namespace, service }
      : undefined
  const services = known.map(([namespace, service]) => aService({ namespace, service }))
  const app = createApp(somePorts({ explain, report: () => aReport(services) }))
  t.after(() => app.close())
  return app
}

suite('a service over HTTP', () => {
  test('is a page, and the same as JSON', async t => {
    const app = startApp(t, [['shop-dev', 'cart']])
    const page = await app.inject(PAGE)
    assert.deepEqual([page.statusCode, page.headers['content-type']], [200, 'text/html; charset=utf-8'])
    assert.match(page.body, /<bdi>cart<\/bdi>/)
    const json = await app.inject(API)
    assert.deepEqual([json.statusCode, json.headers['content-type']], [200, 'application/json; charset=utf-8'])
    assert.deepEqual(json.json(), { ...anExplanation(), namespace: 'shop-dev', service: 'cart' })
  })

  for (const [why, changes, words] of [
    [
      'there is no room',
      { leftOut: { services: new Set(['shop-dev/cart']), of: 9, namespace: 'x', inNamespace: 8 } },
      /no alert can see it<\/strong>.*raise SERIES_LIMIT/
    ],
    ['it is too new', { tooNew: new Set(['shop-dev/cart']) }, /no alert can see it<\/strong>/],
    ['another one is left out', { tooNew: new Set(['shop-dev/other']) }, null]
  ] as const) {
    test(`says on its page that no alert can see it, and is not well then: ${why}`, async t => {
      const explain = () => ({ ...anExplanation(aKnownService()), namespace: 'shop-dev', service: 'cart' })
      const app = createApp(somePorts({ explain, report: () => aReport([], changes) }))
      t.after(() => app.close())
      const { body } = await app.inject(PAGE)
      if (words === null) assert.doesNotMatch(body, /no alert can see/)
      else assert.match(body, words)
      assert.equal(body.includes(encodeURIComponent('#b3261e')), words !== null, 'a red icon')
    })
  }

  test('is not well where single pods are out of step, though its version agrees', async t => {
    const explanation = anExplanation(aKnownService())
    const { diagnosis } = explanation
    assert.ok(diagnosis !== null)
    const red = async (culprit: Culprit) => {
      const app = createApp(somePorts({ explain: () => ({ ...explanation, diagnosis: { ...diagnosis, culprit } }) }))
      t.after(() => app.close())
      return (await app.inject(PAGE)).body.includes(encodeURIComponent('#b3261e'))
    }
    assert.deepEqual([await red('pods'), await red('none')], [true, false])
  })

  for (const [namespace, service] of [
    ['shop-dev', 'a/b'],
    ['shop-dev', 'a b?c#d&e%f'],
    ['shop-dev', '<script>alert(1)</script>'],
    ['shop-dev', '"><img src=x onerror=alert(1)>'],
    ['shop-dev', '__proto__'],
    ['shop-dev', '😀'.repeat(128)],
    ['shop-dev', 'שלום']
  ] as const) {
    test(`is found by its name, whatever is in it: ${JSON.stringify(service.slice(0, 40))}`, async t => {
      const app = startApp(t, [[namespace, service]])
      const path = `/services/${encodeURIComponent(namespace)}/${encodeURIComponent(service)}`
      const json = await app.inject(`/api/v1${path}`)
      assert.deepEqual([json.statusCode, json.json().service], [200, service])
      const page = await app.inject(path)
      assert.equal(page.statusCode, 200)
      assert.doesNotMatch(page.body, /<script>alert|<img/)
    })
  }

  for (const path of [PAGE, API]) {
    test(`is packed where that is wanted: ${path}`, async t => {
      const app = startApp(t, [['shop-dev', 'cart']])
      const packed = await app.inject({ url: path, headers: { 'accept-encoding': 'gzip' } })
      assert.deepEqual([packed.headers['content-encoding'], packed.headers.vary], ['gzip', 'Accept-Encoding'])
      assert.equal(gunzipSync(packed.rawPayload).toString(), (await app.inject(path)).body)
    })

    for (const method of ['POST', 'PUT', 'DELETE'] as const) {
      test(`is only read: ${method} ${path}`, async t => {
        const answer = await startApp(t).inject({ method, url: path })
        assert.deepEqual([answer.statusCode, answer.headers.allow], [405, 'GET, HEAD'])
      })
    }
  }
})

suite('a service that is not there', () => {
  test('is a 404 as JSON, with those that may be meant', async t => {
    const app = startApp(t, [
      ['shop-prod', 'cart'],
      ['shop-dev', 'billing']
    ])
    const answer = await app.inject(API)
    assert.equal(answer.statusCode, 404)
    assert.deepEqual(answer.json(), {
      error: 'there is no service cart in namespace shop-dev',
      didYouMean: [{ namespace: 'shop-prod', service: 'cart' }]
    })
  })

  test('is a page with links to those that may be meant, and back', async t => {
    const answer = await startApp(t, [['shop-dev', 'cart/2']]).inject('/services/shop-dev/cart%2f3')
    assert.deepEqual([answer.statusCode, answer.headers['content-type']], [404, 'text/html; charset=utf-8'])
    assert.match(answer.body, /There is no service cart\/3 in namespace shop-dev\./)
    assert.match(answer.body, /<a href="\.\.\/\.\.\/services\/shop-dev\/cart%2F2">/)
    assert.match(answer.body, /<a href="\.\.\/\.\.\/">All services<\/a>/)
  })

  test('is not known where workloads have never been read', async t => {
    const source = {
      up: false,
      lastSyncAt: null,
      problems: [{ message: 'no route to host', withholds: 'workloads' }]
    } as const
    const app = createApp(somePorts({ explain: () => undefined, report: () => ({ ...aReport([]), source }) }))
    t.after(() => app.close())
    const [json, page] = [await app.inject(API), await app.inject(PAGE)]
    const words = 'workloads have never been read (no route to host), so it may be there'
    assert.deepEqual(
      [json.statusCode, json.json().error],
      [503, `there is no service cart in namespace shop-dev; ${words}`]
    )
    assert.equal(page.statusCode, 503)
    assert.match(page.body, /There is no service cart in namespace shop-dev; workloads have never been read \(no route/)
  })

  test('may be in another shard', async t => {
    const app = createApp(somePorts({ explain: () => undefined, shard: { index: 1, total: 3 } }))
    t.after(() => app.close())
    assert.match((await app.inject(API)).json().error, /; this is shard 1 of 3 \(0 to 2\): another one may have it$/)
  })

  test('is told without acting on its name', async t => {
    const name = encodeURIComponent('\u202e\u001b[31m<script>alert(1)</script>')
    for (const path of [`/services/x/${name}`, `/api/v1/services/x/${name}`]) {
      const { body, statusCode } = await startApp(t).inject(path)
      assert.equal(statusCode, 404)
      assert.doesNotMatch(body, path.startsWith('/api') ? /[\u202e\u001b]/ : /<script>alert|[\u202e\u001b]/)
    }
  })

  test('costs no more than a share of the time, however often it is asked for', async t => {
    const many = Array.from({ length: 3_000 }, (_, index) => ['shop-dev', `${'x'.repeat(50)}${index}`] as const)
    const app = startApp(t, many)
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.inject(API)))
    assert.ok(answers.every(({ statusCode }) => statusCode === 404))
    assert.ok(answers.some(answer => answer.json().error === 'there is no such service'))
  })

  for (const path of ['/services', '/services/shop-dev', '/services/a/b/c', '/api/v1/services/a']) {
    test(`is no path: ${path}`, async t => {
      const answer = await startApp(t).inject(path)
      assert.deepEqual([answer.statusCode, answer.json().error], [404, 'no such path'])
    })
  }

  test('does not repeat a malformed name', async t => {
    const answer = await startApp(t).inject('/services/shop-dev/%zz<script>')
    assert.deepEqual([answer.statusCode, answer.body], [400, '{"error":"the address is malformed"}'])
  })
})
