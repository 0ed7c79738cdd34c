import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import type { GateStanding } from '../../src/domain/gate.ts'
import { createApp } from '../../src/http/app.ts'
import { launchChromium, missingChromium, watchPage } from '../support/chromium.ts'
import { needs } from '../support/component.ts'
import { aGateReport, anItem, aStanding, NO_GO } from '../support/gate-report.ts'
import { CONTRASTS } from './contrasts.ts'
import { somePorts } from './fixtures.ts'

const HOSTILE = '"><img src=https://evil.example/x onerror=alert(1)><script>document.title="owned"</script>'

const STANDINGS: Readonly<Record<string, Partial<GateStanding>>> = {
  GO: {},
  'NO-GO': { report: NO_GO, refusals: ['gate.yaml:3: no such key'] },
  'nothing yet': { report: null },
  'hostile strings': {
    service: HOSTILE,
    report: aGateReport({
      commit: HOSTILE,
      reservations: [HOSTILE],
      items: [anItem({ item: HOSTILE, evidence: HOSTILE })]
    }),
    refusals: [HOSTILE, 'w'.repeat(500)]
  }
}

suite("the gate's page in a browser", needs(missingChromium), () => {
  let chromium: Browser
  before(async () => {
    chromium = await launchChromium()
  })
  after(() => chromium.close())

  async function open(t: TestContext, standing: Partial<GateStanding>, browser: BrowserContextOptions = {}) {
    const current = { now: aStanding(standing) }
    const app = createApp(somePorts({ gate: () => current.now }))
    t.after(() => app.close())
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const watched = await watchPage(t, chromium, browser)
    await watched.page.clock.install()
    await watched.page.goto(`${url}/gate`)
    return { ...watched, url, current }
  }

  for (const [name, standing] of Object.entries(STANDINGS)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`is readable, whole and quiet with ${name}, ${colorScheme}, on a phone`, async t => {
        const viewport = { width: 360, height: 800 }
        const { page, errors, requests, url } = await open(t, standing, { colorScheme, viewport })
        assert.deepEqual(errors, [])
        assert.deepEqual(
          requests.filter(request => !request.startsWith(url) && !request.startsWith('data:')),
          []
        )
        assert.notEqual(await page.title(), 'owned')
        const contrasts = (await page.evaluate(CONTRASTS)) as [string, number][]
        assert.ok(contrasts.length > 5)
        assert.deepEqual(
          contrasts.filter(([, contrast]) => contrast < 4.5),
          []
        )
        assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= viewport.width)
      })
    }
  }

  test('refreshes itself when there is a new report', async t => {
    const { page, current } = await open(t, { report: null })
    assert.match(String(await page.locator('#summary').textContent()), /has not run yet$/)
    current.now = aStanding({ report: NO_GO })
    await page.clock.runFor(16_000)
    await page.locator('#item-metrics-endpoint-answers').waitFor()
    assert.match(String(await page.locator('#summary').textContent()), /NO-GO$/)
    assert.match(String(await page.locator('#origin').textContent()), /^Looked .* ago/)
  })

  test('claims nothing by a colour when the guard does not answer', async t => {
    const { page } = await open(t, { report: NO_GO })
    await page.context().setOffline(true)
    await page.clock.runFor(16_000)
    await page.getByText('Could not refresh since').waitFor()
    assert.equal(await page.evaluate('getComputedStyle(document.getElementById("gate")).filter'), 'grayscale(1)')
  })

  test('leads back to the services, which lead to it', async t => {
    const { page } = await open(t, {})
    await page.locator('h1 a').click()
    await page.locator('#gate-link').click()
    await page.waitForURL(({ pathname }) => pathname === '/gate')
  })
})
