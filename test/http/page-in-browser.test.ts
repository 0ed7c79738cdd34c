import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { VERSION_STATUSES } from '../../src/domain/finding.ts'
import type { PodsEvidence } from '../../src/domain/pod-reports.ts'
import { createApp } from '../../src/http/app.ts'
import type { AppPorts } from '../../src/http/ports.ts'
import { launchChromium, missingChromium, type WatchedPage, watchPage } from '../support/chromium.ts'
import { needs } from '../support/component.ts'
import { CONTRASTS } from './contrasts.ts'
import { aMismatch, aReport, aService, somePorts } from './fixtures.ts'

const HOSTILE = '"><img src=https://evil.example/x onerror=alert(1)><script>document.title="owned"</script>'

const FLEET = [
  aService({
    service: HOSTILE,
    namespace: HOSTILE,
    status: 'ERROR',
    message: HOSTILE,
    endpoint: 'javascript:alert(1)'
  }),
  aMismatch({ reported: { version: HOSTILE } }),
  aMismatch({ service: 'long', reported: { version: '9'.repeat(128) }, message: '9'.repeat(300) }),
  aService({ service: 'search', status: 'WARNING', reported: { gitSha: null, checkedAt: 0 } }),
  aService({
    service: 'ledger',
    status: 'UNKNOWN',
    rollout: '1 of 3 pods'
  }),
  aService({ service: 'billing' })
]

const TROUBLED: Partial<AppPorts> = {
  report: () =>
    aReport(FLEET, {
      source: { up: false, lastSyncAt: 0, problems: [{ message: HOSTILE, withholds: 'workloads' }] },
      warnings: [HOSTILE, 'w'.repeat(500)]
    }),
  readiness: () => ({ ready: false, checks: { [HOSTILE]: { status: 'error', message: HOSTILE } } })
}

interface Scene {
  readonly ports?: Partial<AppPorts>
  readonly browser?: BrowserContextOptions
  readonly path?: string
}

suite('the page in a browser', needs(missingChromium), () => {
  let chromium: Browser
  before(async () => {
    chromium = await launchChromium()
  })
  after(() => chromium.close())

  async function open(
    t: TestContext,
    { ports, browser, path = '/' }: Scene = {}
  ): Promise<WatchedPage & { url: string }> {
    const app = createApp(somePorts({ report: () => aReport(FLEET), ...ports }))
    t.after(() => app.close())
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const watched = await watchPage(t, chromium, browser)
    await watched.page.clock.install()
    await watched.page.goto(url + path)
    return { ...watched, url }
  }

  const rows = (page: WatchedPage['page']) => page.locator('tr.row:visible')

  test('shows hostile strings as text, runs none of them and asks no other host', async t => {
    const { page, errors, requests, url } = await open(t, { ports: TROUBLED })
    assert.equal(await page.locator('tr.row').count(), FLEET.length)
    assert.equal(await page.locator('.service').first().textContent(), HOSTILE)
    assert.equal(await page.locator('tr.row').nth(1).locator('mark').last().textContent(), HOSTILE)
    assert.equal(await page.title(), '(5) Version Guard')
    assert.equal(await page.locator('img, [href^="javascript:"]').count(), 0)
    assert.deepEqual(errors, [])
    assert.deepEqual(
      requests.filter(request => !request.startsWith(url) && !request.startsWith('data:')),
      []
    )
  })

  test('lets no script run but its own, even where one got in', async t => {
    const { page, errors } = await open(t)
    const intruder = '<img alt="" onerror="document.title = 1">'
    await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '${intruder}')`)
    await page.locator('img').dispatchEvent('error')
    assert.equal(await page.title(), '(5) Version Guard')
    assert.match(errors.join(), /Content Security Policy/)
  })

  test('narrows the rows as a filter is typed, keeps it in the address, and clears it with Escape', async t => {
    const { page } = await open(t)
    await page.keyboard.press('/')
    await page.keyboard.type('Bill')
    assert.equal(await rows(page).count(), 1)
    assert.equal(await page.locator('#shown').textContent(), '1 of 6 shown')
    assert.equal(new URL(page.url()).search, '?filter=Bill')
    await page.keyboard.type('xyz')
    assert.ok(await page.locator('#nothing-found').isVisible())
    await page.keyboard.press('Escape')
    assert.equal(await rows(page).count(), 6)
    assert.equal(new URL(page.url()).search, '')
  })

  test('takes up a filter from the address', async t => {
    const { page } = await open(t, { path: '/?filter=status:mismatch' })
    assert.equal(await page.locator('#filter').inputValue(), 'status:mismatch')
    assert.equal(await rows(page).count(), 2)
  })

  test('filters by its form where there is no script', async t => {
    const { page } = await open(t, { browser: { javaScriptEnabled: false } })
    await page.locator('#filter').fill('billing')
    await page.getByRole('button', { name: 'Filter' }).click()
    assert.equal(new URL(page.url()).search, '?filter=billing')
    assert.equal(await rows(page).count(), 1)
  })

  test('filters by a click on a status', async t => {
    const { page } = await open(t)
    await page.locator('#count-WARNING').click()
    assert.deepEqual(await rows(page).locator('.service').allTextContents(), ['search'])
  })

  test('refreshes itself and keeps filter, focus and place', async t => {
    let services = FLEET
    const { page } = await open(t, { ports: { report: () => aReport(services) }, path: '/?filter=ledger' })
    await page.locator('tr.row:visible a').focus()
    services = [
      ...FLEET.slice(2),
      aService({ service: 'ledger-2', status: 'WARNING' }),
      aService({ service: 'billing-2' })
    ]
    await page.clock.runFor(20_000)
    await page.locator('#shown', { hasText: '2 of 6 shown' }).waitFor()
    assert.deepEqual(await rows(page).locator('.service').allTextContents(), ['ledger-2', 'ledger'])
    assert.equal(await page.title(), '(4) Version Guard')
    assert.equal(await page.locator('#summary').textContent(), '4 of 6 need attention')
    assert.equal(await page.locator(':focus').getAttribute('id'), 'endpoint:keybuzz-client-dev/ledger')
  })

  test('opens to the pods of a service, and leaves them as somebody left them', async t => {
    const results = { agrees: 1, differs: 1, failed: 0, refused: 0, not_asked: 0 }
    const answer = { node: 'node-1', gitSha: 'abc1234', message: '' }
    const podsWith = (version: string): PodsEvidence => ({
      versions: 2,
      results,
      pods: [
        { ...answer, name: HOSTILE, result: 'differs', version },
        { ...answer, name: 'shop-a', result: 'agrees', version: 'v2' }
      ],
      spokesman: HOSTILE
    })
    let services = [aService({ pods: podsWith('v1') })]
    const { page, errors } = await open(t, { ports: { report: () => aReport(services) } })
    const [pods, first] = [page.locator('details.pods'), page.locator('details.pods li').first()]
    assert.ok(await first.isVisible())
    await pods.locator('summary').click()
    assert.ok(!(await first.isVisible()))
    services = [aService({ pods: podsWith('v0') })]
    await page.clock.runFor(20_000)
    await page.locator('details.pods li code', { hasText: 'v0' }).first().waitFor({ state: 'attached' })
    assert.ok(!(await first.isVisible()))
    assert.deepEqual(errors, [])
  })

  test('does not take away what is selected', async t => {
    let services = FLEET
    const { page, requests, url } = await open(t, { ports: { report: () => aReport(services) } })
    await page.locator('.sha').first().dblclick()
    services = []
    await page.clock.runFor(60_000)
    assert.equal(await rows(page).count(), 6)
    await page.evaluate('getSelection().removeAllRanges()')
    await page.clock.runFor(20_000)
    await page.getByText('Nothing is guarded yet').waitFor()
    assert.deepEqual(requests.filter(request => request === `${url}/`).length, 2)
  })

  test('says since when it could not refresh, and stops saying so when it can', async t => {
    let broken = false
    const ports: Partial<AppPorts> = {
      report: () => {
        if (broken) throw new Error('broken')
        return aReport(FLEET)
      }
    }
    const { page } = await open(t, { ports })
    broken = true
    await page.clock.runFor(20_000)
    const trouble = page.getByRole('alert')
    await trouble.waitFor()
    assert.match(
      (await trouble.textContent()) ?? '',
      /^Could not refresh since \d{4}-.* UTC\. Shown is what was known at 2026-11-03 03:04:05 UTC\.$/
    )
    assert.equal(await rows(page).count(), 6)
    broken = false
    await page.clock.runFor(20_000)
    await trouble.waitFor({ state: 'hidden' })
  })

  test('is a table for those who hear it', async t => {
    const { page } = await open(t, { browser: { viewport: { width: 390, height: 844 } } })
    const table = page.getByRole('table', { name: 'Services, worst first' })
    assert.equal(await table.getByRole('row').count(), FLEET.length + 1)
    assert.equal(await table.getByRole('rowheader', { name: 'billing' }).count(), 1)
    assert.equal(await table.getByRole('columnheader').count(), 5)
  })

  for (const width of [320, 390, 700, 901, 1280]) {
    test(`needs no scrolling sideways at ${width} pixels`, async t => {
      const { page } = await open(t, { ports: TROUBLED, browser: { viewport: { width, height: 844 } } })
      assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= width)
    })
  }

  test('is dark where dark is liked', async t => {
    const background = async (colorScheme: 'light' | 'dark') => {
      const { page } = await open(t, { browser: { colorScheme } })
      return page.evaluate('getComputedStyle(document.body).backgroundColor')
    }
    assert.notEqual(await background('light'), await background('dark'))
  })

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has a contrast of at least 4.5 in ${colorScheme}`, async t => {
      const { page } = await open(t, { ports: TROUBLED, browser: { colorScheme } })
      const contrasts = new Map(await page.evaluate<[string, number][]>(CONTRASTS))
      for (const status of VERSION_STATUSES)
        assert.ok(
          [...contrasts.keys()].some(text => text.endsWith(status)),
          status
        )
      assert.deepEqual(
        [...contrasts].filter(([, contrast]) => contrast < 4.5),
        []
      )
    })
  }
})
