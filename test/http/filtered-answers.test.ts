import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { ServiceReport } from '../../src/domain/report.ts'
import { createApp } from '../../src/http/app.ts'
import { aMismatch, aReport, aService, NOW, somePorts } from './fixtures.ts'

const hex = (text: string, length: number) => createHash('sha256').update(text).digest('hex').slice(0, length)

/** Services as no two are alike, so that they do not compress better than real ones. */
function aFleet(size: number, isBad: (index: number) => boolean): readonly ServiceReport[] {
  return Array.from({ length: size }, (_, index) => {
    const digest = `sha256:${hex(`image ${index}`, 64)}`
    const make = isBad(index) ? aMismatch : aService
    return make({
      service: `shop-${hex(`service ${index}`, 6)}`,
      namespace: `team-${hex(`team ${index % 90}`, 4)}`,
      endpoint: `https://shop-${index}.keybuzz.io/debug/version`,
      since: NOW - index * 1_237,
      deployed: { image: `ghcr.io/keybuzzio/shop-${index}:v1.2.${index}@${digest}`, imageDigest: digest },
      reported: { gitSha: hex(`commit ${index}`, 40), version: `v1.2.${index}` }
    })
  })
}

function startApp(t: TestContext, services: readonly ServiceReport[]): FastifyInstance {
  const report = aReport(services)
  const app = createApp(somePorts({ report: () => report }))
  t.after(() => app.close())
  return app
}

async function sizes(app: FastifyInstance, url: string) {
  const plain = await app.inject(url)
  const packed = await app.inject({ url, headers: { 'accept-encoding': 'gzip' } })
  assert.deepEqual([plain.statusCode, packed.statusCode, packed.headers['content-encoding']], [200, 200, 'gzip'])
  return { plain: plain.rawPayload.length, packed: packed.rawPayload.length, text: plain.body }
}

const rowsIn = (text: string) => text.split('<tr id="row-').length - 1
const FEW = aFleet(1_000, index => index % 50 === 0)

suite('pages and JSON of many services', () => {
  test('are packed to less than a fifth', async t => {
    const app = startApp(t, FEW)
    for (const url of ['/', '/?show=all', '/api/v1/status']) {
      const { plain, packed } = await sizes(app, url)
      assert.ok(packed < plain / 5, `${url}: ${packed} of ${plain}`)
    }
  })

  for (const [what, fleet, rows, more] of [
    [
      'a few of 10,000 are bad',
      aFleet(10_000, index => index % 100 === 0),
      300,
      'Not shown: 9,700 more that need no attention'
    ],
    ['all 10,000 are bad', aFleet(10_000, () => true), 400, 'Not shown: 9,600 more that need attention. ']
  ] as const) {
    test(`the first view is bounded, and says how many are not in it, where ${what}`, async t => {
      const { packed, text } = await sizes(startApp(t, fleet), '/')
      assert.ok(packed < 300_000, `${packed}`)
      assert.equal(rowsIn(text), rows)
      assert.ok(text.includes(more))
      assert.match(text, /href="\?show=all">Show all 10,000</)
    })
  }

  test('the first view is bounded however much there is to say of each', async t => {
    const message = (index: number) => `${hex(`${index}`, 64)} `.repeat(100)
    const wordy = Array.from({ length: 400 }, (_, index) => aMismatch({ service: `${index}`, message: message(index) }))
    const { plain, text } = await sizes(startApp(t, wordy), '/')
    assert.ok(plain < 1_200_000, `${plain}`)
    assert.match(text, /Not shown: \d+ more that need attention/)
  })

  test('show all where somebody wants all', async t => {
    const { text } = await sizes(startApp(t, FEW), '/?show=all')
    assert.equal(rowsIn(text), 1_000)
    assert.doesNotMatch(text, /Not shown/)
  })
})

suite('a filter', () => {
  const services = [aMismatch(), aService({ service: 'billing', namespace: 'shop' }), aService({ service: 'search' })]

  for (const [filter, found] of [
    ['', 3],
    ['status:mismatch', 1],
    ['NAMESPACE:shop billing', 1],
    ['namespace:shop status:mismatch', 0]
  ] as const) {
    test(`finds the same on the page and in the JSON: ${JSON.stringify(filter)}`, async t => {
      const app = startApp(t, services)
      const query = `?filter=${encodeURIComponent(filter)}`
      assert.equal(rowsIn((await app.inject(`/${query}`)).body), found)
      assert.equal((await app.inject(`/api/v1/status${query}`)).json().services.length, found)
    })
  }

  test('must find the words of all that are given', async t => {
    const app = startApp(t, services)
    const query = '?filter=namespace:shop&filter=status:mismatch'
    assert.equal(rowsIn((await app.inject(`/${query}`)).body), 0)
    assert.equal((await app.inject(`/api/v1/status${query}`)).json().services.length, 0)
  })

  test('of more than 200 characters is refused in the JSON, and cut on the page, which says so', async t => {
    const app = startApp(t, services)
    const [most, cut] = ['shop'.padEnd(200), 'shop'.padEnd(201)].map(filter => `?filter=${filter.replaceAll(' ', '+')}`)
    const found = async (query = '') => /<output[^>]*>(.*)<\/output>/.exec((await app.inject(`/${query}`)).body)?.[1]
    assert.equal(await found(most), '1 of 3 found')
    assert.equal(await found(cut), '1 of 3 found by its first 200 characters: the filter is longer')
    assert.equal(await found(most), '1 of 3 found')
    assert.equal((await app.inject(`/api/v1/status${most}`)).json().services.length, 1)
    const refused = await app.inject(`/api/v1/status${cut}`)
    assert.equal(refused.statusCode, 400)
    assert.deepEqual(refused.json(), { error: 'the filter is longer than 200 characters' })
  })

  test('leaves the JSON whole where there is none, however many services there are', async t => {
    assert.equal((await startApp(t, FEW).inject('/api/v1/status')).json().services.length, 1_000)
  })

  const ask = (app: FastifyInstance, query: (index: number) => string, accept = '*/*') =>
    Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        app.inject({ url: `/${query(index)}`, headers: { accept, 'accept-encoding': 'gzip' } })
      )
    )

  test('takes no more than its share of the time', async t => {
    const app = startApp(t, FEW)
    for (const query of [
      (index: number) => `?filter=shop+${index}`,
      (index: number) => `?filter=shop+${index}&show=all`,
      (index: number) => `api/v1/status?filter=shop+${index}`
    ]) {
      const refused = (await ask(app, query)).filter(({ statusCode }) => statusCode === 503)
      assert.ok(refused.length > 0)
      assert.equal(refused[0]?.headers['retry-after'], '1')
    }
    assert.equal((await app.inject('/')).statusCode, 200)
  })

  test('costs the same for many clients with the same filter as for one', async t => {
    const app = startApp(t, FEW)
    for (const query of [
      '?filter=status:mismatch',
      '?filter=status:mismatch&show=all',
      'api/v1/status?filter=status:mismatch'
    ]) {
      const answers = await ask(app, () => query)
      assert.deepEqual([...new Set(answers.map(({ statusCode }) => statusCode))], [200], query)
    }
  })

  test('still gives a first view to others while one client asks for all rows', async t => {
    const app = startApp(
      t,
      aFleet(2_000, () => true)
    )
    assert.equal((await app.inject('/?filter=shop&show=all')).statusCode, 200)
    assert.equal((await app.inject('/?filter=status:ok')).statusCode, 200)
  })

  test('answers a person who comes at a bad time with a page that tries again', async t => {
    const answers = await ask(startApp(t, FEW), index => `?filter=shop+${index}`, 'text/html,*/*;q=0.8')
    const refused = answers.find(({ statusCode }) => statusCode === 503)
    assert.match(String(refused?.headers['content-type']), /^text\/html/)
    assert.match(refused?.body ?? '', /http-equiv="refresh" content="2"/)
  })
})
