import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { type Finding, VERSION_STATUSES } from '../../src/domain/finding.ts'
import type { PodsEvidence } from '../../src/domain/pod-reports.ts'
import { createApp } from '../../src/http/app.ts'
import type { AppPorts } from '../../src/http/ports.ts'
import { launchChromium, missingChromium, type WatchedPage, watchPage } from '../support/chromium.ts'
import { needs } from '../support/component.ts'
import { BEHIND, imageService } from '../support/images.ts'
import { until } from '../support/until.ts'
import { CONTRASTS } from './contrasts.ts'
import { aMismatch, aReport, aService, DIAGNOSIS, NOW, somePorts } from './fixtures.ts'

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
    await watched.page.clock.install({ time: NOW - 60_000 })
    // The clock stands still unless a test moves it, so that two pictures of a page are alike.
    await watched.page.clock.pauseAt(NOW)
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

  test('lets no words paint over the row above them', async t => {
    const pictureOfFirst = async (message: string) => {
      const fleet = [aService({ service: 'a' }), aService({ service: 'b', message })]
      const { page } = await open(t, { ports: { report: () => aReport(fleet) } })
      return page.locator('tr.row').first().screenshot()
    }
    const plain = await pictureOfFirst('a')
    assert.ok(plain.equals(await pictureOfFirst(`a${'\u0301'.repeat(127)}`)))
  })

  test('lets no script run but its own, even where one got in', async t => {
    const { page, errors } = await open(t)
    const intruder = '<img alt="" onerror="document.title = 1">'
    await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '${intruder}')`)
    await page.locator('img').dispatchEvent('error')
    assert.equal(await page.title(), '(5) Version Guard')
    assert.match(errors.join(), /Content Security Policy/)
  })

  test('has the guard filter as somebody types, keeps the filter in the address, and clears it with Escape', async t => {
    const { page } = await open(t)
    // Noted in the page: a slow machine has the answer before anybody looks.
    await page.evaluate(
      'said = []; new MutationObserver(([{ target }]) => said.push(target.textContent)).observe(found, { childList: true })'
    )
    await page.keyboard.press('/')
    await page.keyboard.type('Bill')
    assert.equal(await page.evaluate('said[0]'), 'Searching …')
    await page.clock.runFor(1_000)
    await page.getByText('1 of 6 found').waitFor()
    // Rows follow the words in slices.
    await until(async () => assert.equal(await rows(page).count(), 1))
    assert.equal(new URL(page.url()).search, '?filter=Bill')
    await page.keyboard.type('xyz')
    await page.clock.runFor(1_000)
    await page.getByText('No service matches the filter').waitFor()
    await until(async () => assert.equal(await rows(page).count(), 0))
    await page.keyboard.press('Escape')
    await page.clock.runFor(1_000)
    await page.locator('tr.row').nth(5).waitFor()
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
    await page.waitForURL(({ search }) => search === '?filter=billing')
    assert.equal(await rows(page).count(), 1)
  })

  test('filters by a click on a status', async t => {
    const { page } = await open(t)
    await page.locator('[id="count-status:warning"]').click()
    await page.waitForURL(({ search }) => search !== '')
    assert.deepEqual(await rows(page).locator('.service').allTextContents(), ['search'])
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

  test('copies the whole image, or selects it where it may not', async t => {
    for (const permissions of [['clipboard-read', 'clipboard-write'], []]) {
      const { page } = await open(t, { browser: { permissions } })
      if (permissions.length === 0) await page.evaluate('navigator.clipboard.writeText = () => Promise.reject()')
      const image = page.locator('tr.row', { hasText: 'ledger' }).getByRole('button', { name: 'Copy image' })
      await image.click()
      await page.getByText(permissions.length === 0 ? 'Selected, ready to be copied' : 'Copied').waitFor()
      const copied = permissions.length === 0 ? 'getSelection().toString()' : 'navigator.clipboard.readText()'
      assert.equal(await page.evaluate(copied), 'ghcr.io/keybuzzio/keybuzz-client:v0.2.12-dev')
    }
  })

  for (const javaScriptEnabled of [true, false]) {
    test(`has everything checked at once when somebody asks, ${javaScriptEnabled ? 'with' : 'without'} its script`, async t => {
      let checks = 0
      const ports: Partial<AppPorts> = {
        checkNow: () => {
          checks += 1
        }
      }
      const { page, url } = await open(t, { ports, browser: { javaScriptEnabled } })
      const answered = page.waitForResponse(response => response.url().startsWith(`${url}/check-now`))
      await page.getByRole('button', { name: 'Check now' }).click()
      assert.equal((await answered).status(), javaScriptEnabled ? 202 : 303)
      await page.waitForURL(`${url}/`)
      assert.equal(checks, 1)
    })
  }

  test('shows all where somebody wants all', async t => {
    const fleet = Array.from({ length: 250 }, (_, index) => aService({ service: `shop-${index}` }))
    const { page } = await open(t, { ports: { report: () => aReport(fleet) } })
    assert.equal(await rows(page).count(), 200)
    await page.getByRole('link', { name: 'Show all 250' }).click()
    await page.waitForURL(({ search }) => search !== '')
    assert.equal(await rows(page).count(), 250)
    await page.clock.runFor(20_000)
    assert.equal(await rows(page).count(), 250)
  })

  for (const width of [320, 905, 1_000, 1_440]) {
    test(`breaks no badge inside a word, and lets none stand out of its cell, in a window of ${width} pixels`, async t => {
      const services = [imageService(BEHIND), aMismatch({ diagnosis: { ...DIAGNOSIS, culprit: 'tag_moved' } })]
      const { page } = await open(t, {
        ports: { report: () => aReport(services) },
        browser: { viewport: { width, height: 800 } }
      })
      assert.equal(await page.locator('.row .badge').count(), 2)
      assert.deepEqual(await page.evaluate(BROKEN_WORDS), [])
    })
  }

  test('is a table for screen readers', async t => {
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

  test('keeps the words of a status in their column', async t => {
    const { page } = await open(t, {
      ports: { report: () => aReport([imageService(BEHIND)]) },
      browser: { viewport: { width: 1000, height: 844 } }
    })
    const [status, name] = await Promise.all(['.bar .status', '.service'].map(one => page.locator(one).boundingBox()))
    assert.ok(status != null && name != null && status.x + status.width <= name.x)
  })

  test('marks a row that needs attention, whatever its status is called', async t => {
    const stuck = aService({ service: 'stuck', endpoint: null })
    const [rollout] = stuck.findings
    assert.ok(rollout)
    const findings = [{ ...rollout, status: 'STUCK', severity: 'warning' } as Finding]
    const { page } = await open(t, { ports: { report: () => aReport([{ ...stuck, findings }]) } })
    assert.match(String(await page.evaluate('getComputedStyle(document.querySelector(".row")).boxShadow')), /inset/)
  })

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

// Runs in the browser: the words of badges that take two lines, or reach beyond their cells.
const BROKEN_WORDS = `[...document.querySelectorAll('.row .badge')].flatMap(badge => {
  const cell = badge.closest('td').getBoundingClientRect()
  return [badge.firstChild, badge.querySelector('b').firstChild].flatMap(text =>
    [...text.textContent.matchAll(/\\S+/g)].flatMap(({ 0: word, index }) => {
      const range = document.createRange()
      range.setStart(text, index)
      range.setEnd(text, index + word.length)
      const [box, ...others] = range.getClientRects()
      return others.length === 0 && box.right <= cell.right ? [] : [word]
    })
  )
})`
