import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import type { Browser, Page, Route } from 'playwright-core'
import type { ServiceReport } from '../../src/domain/report.ts'
import { createApp } from '../../src/http/app.ts'
import { describeAge } from '../../src/http/page/age.ts'
import type { AppPorts } from '../../src/http/ports.ts'
import { launchChromium, missingChromium, watchPage } from '../support/chromium.ts'
import { needs } from '../support/component.ts'
import { aMismatch, aReport, aService, NOW, somePorts } from './fixtures.ts'

const OUTDATED = /^Not current: /
const MINUTE_MS = 60_000

interface Scene extends Partial<Pick<AppPorts, 'explain'>> {
  readonly services?: readonly ServiceReport[]
  readonly path?: string
  readonly browserAheadMs?: number
}

suite('the page over time', needs(missingChromium), () => {
  let chromium: Browser
  before(async () => {
    chromium = await launchChromium()
  })
  after(() => chromium.close())

  /** A page whose clock the test moves, together with the guard's; `services` is what the guard knows. */
  async function open(
    t: TestContext,
    { services = [aService()], path = '/', browserAheadMs = 0, ...ports }: Scene = {}
  ) {
    const world = { services, now: NOW }
    const app = createApp(somePorts({ ...ports, report: () => aReport(world.services), clock: () => world.now }))
    t.after(() => app.close())
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const { page, errors, requests } = await watchPage(t, chromium)
    await page.clock.install({ time: NOW + browserAheadMs - MINUTE_MS })
    await page.clock.pauseAt(NOW + browserAheadMs)
    await page.goto(url + path)
    const answered = () => page.waitForResponse(url + path)
    /** Lets time pass for both; resolves when a refresh that falls due has its answer. */
    async function goOn(ms: number): Promise<void> {
      world.now += ms
      const answer = answered()
      await page.clock.runFor(ms)
      await (await answer).finished()
    }
    return { page, url, world, goOn, errors, requests }
  }

  /** Instead of the guard. */
  const answerWith = (page: Page, handler: (route: Route) => Promise<void>) => page.route('**/*', handler)
  const names = (page: Page) => page.locator('.row .service').allTextContents()
  const iconOf = (page: Page) => page.locator('link[rel=icon]').getAttribute('href')
  const isCurrent = async (page: Page) => !OUTDATED.test(await page.title())
  const becomes = (page: Page, what: 'current' | 'outdated') =>
    page.locator(what === 'outdated' ? 'html[data-outdated]' : 'html:not([data-outdated])').waitFor()

  test('refreshes in place: only rows that say something new are replaced', async t => {
    const stays = aService({ service: 'stays' })
    const { page, world, goOn, errors } = await open(t, {
      services: [aMismatch({ service: 'heals' }), aService({ service: 'goes' }), stays, aService({ service: 'breaks' })]
    })
    await page.evaluate("for (const row of document.querySelectorAll('.row')) row.dataset.old = ''")
    const checkedAt = NOW + 20_000
    world.services = [
      aService({ service: 'heals' }),
      aService({ service: 'new' }),
      { ...stays, reported: stays.reported && { ...stays.reported, checkedAt } },
      aMismatch({ service: 'breaks' })
    ]
    await goOn(20_000)
    await page.locator('.row', { hasText: 'new' }).waitFor()
    assert.deepEqual(await names(page), ['breaks', 'heals', 'new', 'stays'])
    assert.deepEqual(await page.locator('.row[data-old] .service').allTextContents(), ['stays'])
    assert.equal(await page.locator('.row[data-old] .checked time').textContent(), '0 s')
    assert.deepEqual(errors, [])
  })

  test('has the rows of many services in the order of the guard, whichever come, go and move', async t => {
    const fleet = (round: number) =>
      Array.from({ length: 150 }, (_, index) => {
        const service = `shop-${String(index).padStart(3, '0')}`
        return (index * 7 + round) % 11 < 2 ? aMismatch({ service }) : aService({ service })
      }).filter((_, index) => (index * 5 + round) % 7 > 0)
    const { page, world, goOn, url } = await open(t, { services: fleet(0) })
    for (const round of [1, 2, 3]) {
      world.services = fleet(round)
      await goOn(20_000)
      await page.locator('time', { hasText: new Date(world.now).toISOString().slice(11, 19) }).waitFor()
      const fresh = await (await fetch(url)).text()
      const order = [...fresh.matchAll(/class="service"[^>]*><bdi>([^<]*)/g)].map(([, name]) => name)
      assert.deepEqual(await names(page), order)
    }
  })

  test('keeps filter, focus and place', async t => {
    const { page, world, goOn } = await open(t, {
      services: [aService({ service: 'ledger' }), aService({ service: 'billing' })],
      path: '/?filter=ledger'
    })
    await page.locator('.row a.detail').focus()
    world.services = [aMismatch({ service: 'ledger-2' }), aService({ service: 'ledger', message: 'other words' })]
    await goOn(20_000)
    await page.locator('.row', { hasText: 'ledger-2' }).waitFor()
    assert.deepEqual(await names(page), ['ledger-2', 'ledger'])
    assert.equal(await page.locator('#filter').inputValue(), 'ledger')
    assert.ok(await page.locator('.row', { hasText: 'other words' }).locator('a.detail:focus').isVisible())
    assert.equal(await page.title(), '(1) Version Guard')
  })

  test('refreshes around a selected word, and says so; after a minute it refreshes that, too', async t => {
    const { page, world, goOn } = await open(t, {
      services: [aMismatch({ service: 'one' }), aMismatch({ service: 'two' })]
    })
    await page.locator('.row', { hasText: 'one' }).locator('.sha code').dblclick()
    world.services = [aService({ service: 'one' }), aService({ service: 'two' })]
    await goOn(20_000)
    await becomes(page, 'outdated')
    assert.deepEqual(await page.locator('.row .status').allTextContents(), ['MISMATCH', 'OK'])
    assert.equal(await page.evaluate('getSelection().toString().trim()'), 'abc1234')
    assert.match((await page.locator('.summary').textContent()) ?? '', /^Not current\. Last known: All 2/)
    for (const ms of [20_000, 25_000]) await goOn(ms)
    await becomes(page, 'current')
    assert.deepEqual(await page.locator('.row .status').allTextContents(), ['OK', 'OK'])
  })

  test('refreshes what was selected as soon as it is not', async t => {
    const { page, world, goOn } = await open(t, { services: [aMismatch()] })
    await page.locator('.sha code').dblclick()
    world.services = [aService()]
    await goOn(20_000)
    await becomes(page, 'outdated')
    world.now += 10_000
    await page.evaluate('getSelection().removeAllRanges()')
    await becomes(page, 'current')
    assert.deepEqual(await page.locator('.row .status').allTextContents(), ['OK'])
  })

  for (const [what, answer] of [
    ['the guard is gone', route => route.abort()],
    ['a proxy answers with an error', route => route.fulfill({ status: 502, body: '<h1>Bad Gateway</h1>' })],
    ['a proxy wants a login', route => route.fulfill({ contentType: 'text/html', body: '<title>Sign in</title>' })],
    [
      'the answer is cut off',
      async route => {
        const body = await (await route.fetch()).text()
        await route.fulfill({ contentType: 'text/html', body: body.slice(0, body.indexOf('<footer')) })
      }
    ]
  ] as readonly [string, (route: Route) => Promise<void>][]) {
    test(`says in headline, title and icon that it is not current when ${what}`, async t => {
      const { page, goOn } = await open(t)
      const green = await iconOf(page)
      await answerWith(page, answer)
      await page.clock.runFor(20_000)
      await becomes(page, 'outdated')
      assert.equal(await page.title(), 'Not current: Version Guard')
      assert.equal(
        await page.locator('.summary').textContent(),
        'Not current. Last known: The one service is consistent'
      )
      assert.notEqual(await iconOf(page), green)
      const trouble = page.getByRole('alert')
      assert.match(
        (await trouble.textContent()) ?? '',
        /^Could not refresh since 2026-11-03 03:04:25 UTC: .*\. This is what was known at 2026-11-03 03:04:05 UTC\.$/
      )
      assert.equal((await names(page)).length, 1)
      await page.unroute('**/*')
      await goOn(20_000)
      await becomes(page, 'current')
      assert.equal(await page.title(), 'Version Guard')
      assert.equal(await iconOf(page), green)
      assert.ok(await trouble.isHidden())
    })
  }

  test('does not take an answer that is older than what it shows', async t => {
    const { page, world } = await open(t)
    world.now -= 10 * MINUTE_MS
    world.services = [aMismatch()]
    await page.clock.runFor(20_000)
    await becomes(page, 'outdated')
    assert.deepEqual(await page.locator('.row .status').allTextContents(), ['OK'])
  })

  test('goes on with a guard whose clock was set back', async t => {
    const { page, world, goOn } = await open(t)
    world.now -= 10 * MINUTE_MS
    await page.clock.runFor(20_000)
    await becomes(page, 'outdated')
    world.services = [aMismatch()]
    await goOn(20_000)
    await becomes(page, 'current')
    assert.deepEqual(await page.locator('.row .status').allTextContents(), ['MISMATCH'])
  })

  test('is not current for ever where a cache gives the same answer for ever', async t => {
    const { page, world } = await open(t)
    for (const _ of [1, 2, 3, 4]) await page.clock.runFor(20_000)
    assert.equal(world.now, NOW)
    await becomes(page, 'outdated')
  })

  for (const browserAheadMs of [0, -90 * MINUTE_MS, 90 * MINUTE_MS]) {
    test(`lets ages go on where the browser is ${browserAheadMs / MINUTE_MS} min ahead of the guard`, async t => {
      const { page } = await open(t, { browserAheadMs })
      await page.route('**/*', route => route.abort())
      await page.clock.runFor(33_000)
      assert.equal(await page.locator('.checked time').textContent(), '45 s')
      await page.clock.runFor(10 * MINUTE_MS)
      assert.equal(await page.locator('.checked time').textContent(), '10 min')
      assert.ok(await page.locator('.checked.stale').isVisible())
    })
  }

  test('writes ages as the guard does', async t => {
    const { page } = await open(t)
    await page.route('**/*', route => route.abort())
    for (const ms of [1_000, 59_000, 3 * MINUTE_MS, 61 * MINUTE_MS, 26 * 60 * MINUTE_MS, 100 * 60 * MINUTE_MS]) {
      await page.clock.fastForward(ms)
      const [at, now] = await page.evaluate<[number, number]>(
        "[Date.parse(document.querySelector('.checked time').dateTime), Date.now()]"
      )
      assert.equal(await page.locator('.checked time').textContent(), describeAge(now - at))
    }
  })

  test('knows after the sleep of a laptop that it is old, and asks again', async t => {
    const { page, world } = await open(t)
    world.now += 60 * MINUTE_MS
    world.services = [aMismatch()]
    let letGo: (() => void) | undefined
    await page.route('**/*', async route => {
      await new Promise<void>(resolve => {
        letGo = resolve
      })
      await route.continue()
    })
    await page.clock.fastForward(60 * MINUTE_MS)
    await becomes(page, 'outdated')
    letGo?.()
    await becomes(page, 'current')
    assert.deepEqual(await page.locator('.row .status').allTextContents(), ['MISMATCH'])
  })

  test('is not current while it is frozen or kept for the way back, and asks again when it comes back', async t => {
    for (const [leaves, returns] of [
      ["document.dispatchEvent(new Event('freeze'))", "document.dispatchEvent(new Event('resume'))"],
      [
        "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))",
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
      ]
    ] as const) {
      const { page, world } = await open(t)
      await page.evaluate(leaves)
      assert.equal(await isCurrent(page), false)
      world.now += 30_000
      world.services = [aMismatch()]
      await page.evaluate(returns)
      await becomes(page, 'current')
      assert.deepEqual(await page.locator('.row .status').allTextContents(), ['MISMATCH'])
    }
  })

  test('is current where the guard says that a service is gone', async t => {
    const { page, goOn } = await open(t, { path: '/services/shop/gone', explain: () => undefined })
    await goOn(20_000)
    await page.locator('time', { hasText: '03:04:25' }).waitFor()
    assert.ok(await isCurrent(page))
  })

  test('asks again at once when it comes from a cache', async t => {
    const { page, world, url } = await open(t)
    const old = await (await fetch(url)).text()
    world.now += 60 * MINUTE_MS
    world.services = [aMismatch()]
    await page.clock.setFixedTime(world.now)
    await page.route('**/*', route => route.fulfill({ contentType: 'text/html', body: old }), { times: 1 })
    await page.goto(url)
    await page.locator('.row .status', { hasText: 'MISMATCH' }).waitFor()
    await becomes(page, 'current')
  })
})
