import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { createApp } from '../../src/http/app.ts'
import { NOW, somePorts } from './fixtures.ts'

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36'

/** An app that counts how often a check was asked for. */
function startApp(t: TestContext) {
  const world = { now: NOW, checks: 0 }
  const app = createApp(
    somePorts({
      clock: () => world.now,
      checkNow: () => {
        world.checks += 1
      }
    })
  )
  t.after(() => app.close())
  const ask = (headers: Readonly<Record<string, string>> = {}, method: 'GET' | 'HEAD' = 'GET', query = '') =>
    app.inject({ url: `/check-now${query}`, method, headers })
  return { world, app, ask }
}

suite('check now', () => {
  test('begins a check, and leads a browser back to the page', async t => {
    const { world, ask } = startApp(t)
    const answer = await ask({ accept: 'text/html,*/*', 'sec-fetch-site': 'same-origin' })
    assert.deepEqual([answer.statusCode, answer.headers.location, world.checks], [303, './', 1])
    assert.equal(answer.headers['cache-control'], 'no-store')
  })

  for (const [view, back] of [
    ['?filter=status%3Aerror+shop', './?filter=status%3Aerror+shop'],
    ['?filter=shop&show=all', './?filter=shop&show=all'],
    ['?show=all', './?show=all'],
    ['?filter=', './'],
    ['?filter=%0d%0aset-cookie:a=b&next=//evil.example', './?filter=%0D%0Aset-cookie%3Aa%3Db']
  ] as const) {
    test(`leads a browser back to what it showed, and nowhere else: ${view}`, async t => {
      const { ask } = startApp(t)
      const answer = await ask({ accept: 'text/html', 'sec-fetch-site': 'same-origin' }, 'GET', view)
      assert.deepEqual([answer.statusCode, answer.headers.location], [303, back])
    })
  }

  test('gets what the page shows from the page, without its script', async t => {
    const { app } = startApp(t)
    const { body } = await app.inject('/?filter=%22shop%22&show=all')
    const [, fields] = /<form id="check-now" action="check-now">(.*?)<button>/.exec(body) ?? []
    assert.equal(
      fields,
      '<input type="hidden" name="filter" value="&quot;shop&quot;"><input type="hidden" name="show" value="all">'
    )
  })

  test('tells a program that it has begun', async t => {
    const { world, ask } = startApp(t)
    const answer = await ask()
    assert.deepEqual([answer.statusCode, answer.json(), world.checks], [202, { status: 'checking' }, 1])
  })

  test('begins at most one in five seconds, no matter how many ask', async t => {
    const { world, ask } = startApp(t)
    await ask()
    world.now += 4_999
    const early = await ask()
    assert.deepEqual([early.statusCode, early.headers['retry-after'], world.checks], [429, '5', 1])
    assert.equal((await ask({ accept: 'text/html' })).statusCode, 303)
    assert.equal(world.checks, 1)
    world.now += 1
    assert.equal((await ask()).statusCode, 202)
    assert.equal(world.checks, 2)
  })

  test('begins one after the clock was set back', async t => {
    const { world, ask } = startApp(t)
    await ask()
    world.now -= 3_600_000
    assert.equal((await ask()).statusCode, 202)
  })

  for (const [who, headers] of [
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page of a neighbour', { 'sec-fetch-site': 'same-site' }],
    ['an address bar that reads ahead', { 'sec-fetch-site': 'none', 'sec-purpose': 'prefetch;prerender' }],
    ['a link that was opened from elsewhere', { 'sec-fetch-site': 'none' }],
    ['the page, which only reads ahead', { 'sec-fetch-site': 'same-origin', 'sec-purpose': 'prefetch' }],
    ['a browser of before, which only reads ahead', { purpose: 'prefetch' }],
    ['a page of another site over plain HTTP', { host: 'guard.internal:9877', referer: 'http://evil.example/page' }],
    ['a crawler that followed a link', { host: 'guard.internal', referer: 'nonsense' }],
    [
      'a page of another site over plain HTTP that leaves out its Referer',
      { host: 'guard.internal:9877', 'user-agent': BROWSER, accept: 'image/avif,*/*;q=0.8' }
    ],
    [
      'a page of another site that had its preflight skipped',
      { 'sec-fetch-site': 'cross-site', 'x-requested-with': 'fetch' }
    ]
  ] as const) {
    test(`begins nothing for ${who}`, async t => {
      const { world, ask } = startApp(t)
      assert.equal((await ask(headers)).statusCode, 403)
      assert.equal(world.checks, 0)
    })
  }

  for (const [who, headers] of [
    ['its own page over plain HTTP, without its script', { referer: 'http://guard.internal:9877/?filter=shop' }],
    ['the script of its own page, behind a proxy that changes Host', { 'x-requested-with': 'fetch' }],
    ['its own page over TLS', { 'sec-fetch-site': 'same-origin' }],
    ['PowerShell', { 'user-agent': 'Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.26100.1' }],
    ['PowerShell 7', { 'user-agent': 'Mozilla/5.0 (Linux; Debian GNU/Linux 12; en-US) PowerShell/7.5.0' }]
  ] as const) {
    test(`begins a check for ${who}`, async t => {
      const { world, ask } = startApp(t)
      await ask({ host: 'guard.internal:9877', 'user-agent': BROWSER, ...headers })
      assert.equal(world.checks, 1)
    })
  }

  test('answers no preflight, so that no page of another site can add a header', async t => {
    const { app } = startApp(t)
    const answer = await app.inject({
      url: '/check-now',
      method: 'OPTIONS',
      headers: { origin: 'http://evil.example' }
    })
    assert.equal(answer.statusCode, 405)
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
  })

  test('begins nothing for HEAD', async t => {
    const { world, ask } = startApp(t)
    await ask({}, 'HEAD')
    assert.equal(world.checks, 0)
  })

  test('is not there where nobody may ask for it', async t => {
    const app = createApp(somePorts())
    t.after(() => app.close())
    assert.equal((await app.inject('/check-now')).statusCode, 404)
    assert.doesNotMatch((await app.inject('/')).body, /Check now/)
  })
})
