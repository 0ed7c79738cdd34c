import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, type TestContext, test } from 'node:test'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { SourceHealth } from '../../src/domain/ports.ts'
import type { ServiceExplanation } from '../../src/explain/explanation.ts'
import { createApp } from '../../src/http/app.ts'
import { launchChromium, missingChromium, type WatchedPage, watchPage } from '../support/chromium.ts'
import { needs } from '../support/component.ts'
import {
  aHop,
  aKnownService,
  anExplanation,
  aRolloutFinding,
  CONTEXT,
  NOW,
  withFindings
} from '../support/explanations.ts'
import { anObservation, aPod, aWorkload } from '../support/facts.ts'
import { CONTRASTS } from './contrasts.ts'
import { aReport, aService, somePorts } from './fixtures.ts'

const HOSTILE = '"><img src=https://evil.example/x onerror=alert(1)><script>document.title="owned"</script>'
const LONG = 'x'.repeat(128)

/** A service of which every text that others may choose is hostile or long. */
function hostile(): ServiceExplanation {
  const trace = {
    hops: [aHop({ headers: ['via', HOSTILE, 'server', LONG] })],
    versionPointer: null,
    gitShaPointer: null,
    isDiscreet: false
  }
  return anExplanation(
    aKnownService({
      target: { service: HOSTILE, namespace: HOSTILE, endpoint: 'javascript:alert(1)' },
      facts: {
        workload: seen(aWorkload({ image: HOSTILE, releaseLabels: { version: HOSTILE, chart: LONG } })),
        pods: seen([aPod({ name: HOSTILE, containers: [{ image: LONG, digest: `sha256:${'0'.repeat(64)}` }] })]),
        observation: anObservation(unseen('not_json', `not JSON: it begins with ${HOSTILE}`), { trace, checkedAt: NOW })
      },
      changes: [{ at: NOW, what: 'version', from: LONG, to: HOSTILE, message: HOSTILE }]
    })
  )
}

const HOSTILE_SOURCE: SourceHealth = {
  up: false,
  lastSyncAt: NOW - 3_600_000,
  problems: [HOSTILE, 'w'.repeat(500)].map(message => ({ message, withholds: 'workloads' }))
}

interface Scene {
  readonly explain?: () => ServiceExplanation | undefined
  readonly source?: SourceHealth
  readonly browser?: BrowserContextOptions
  readonly path?: string
}

suite('the page of a service in a browser', needs(missingChromium), () => {
  let chromium: Browser
  before(async () => {
    chromium = await launchChromium()
  })
  after(() => chromium.close())

  async function open(t: TestContext, scene: Scene = {}): Promise<WatchedPage & { url: string }> {
    const { explain = () => anExplanation(), source = CONTEXT.source, browser, path = '/services/dev/shop' } = scene

    const services = [aService({ namespace: 'dev', service: 'shop' })]
    const app = createApp(somePorts({ explain, report: () => aReport(services, { source }) }))
    t.after(() => app.close())
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const watched = await watchPage(t, chromium, browser)
    await watched.page.clock.install({ time: NOW })
    await watched.page.goto(url + path)
    return { ...watched, url }
  }

  test('shows hostile strings as text, runs none of them and asks no other host', async t => {
    const { page, errors, requests, url } = await open(t, { explain: hostile, source: HOSTILE_SOURCE })
    assert.equal(await page.locator('#summary').textContent(), HOSTILE)
    assert.equal(await page.locator('img, [href^="javascript:"]').count(), 0)
    assert.notEqual(await page.title(), 'owned')
    assert.deepEqual(errors, [])
    assert.deepEqual(
      requests.filter(one => !one.startsWith(url) && !one.startsWith('data:')),
      []
    )
  })

  test('has a heading for each part, and a way back', async t => {
    const { page } = await open(t)
    assert.deepEqual(await page.getByRole('heading', { level: 2 }).allTextContents(), [
      'What is known',
      'What the guards find',
      'The last check of the endpoint',
      'What you can run',
      'What changed',
      'What was live when'
    ])
    await page.getByRole('link', { name: 'KeyBuzz Version Guard' }).click()
    await page.waitForURL(({ pathname }) => pathname === '/')
    await page.getByRole('link', { name: 'shop' }).first().click()
    await page.waitForURL(({ pathname }) => pathname === '/services/dev/shop')
  })

  test('says who is out of step before anything else', async t => {
    const diagnosis = anExplanation().diagnosis
    assert.ok(diagnosis !== null)
    const route = { ...diagnosis, culprit: 'route', message: 'a cache answers' } as const
    const { page } = await open(t, { explain: () => ({ ...anExplanation(), diagnosis: route }) })
    assert.equal(await page.locator('.verdict .culprit').textContent(), 'Out of step: route. a cache answers')
  })

  test('is not well where the version agrees but its rollout is stuck, and says so at once', async t => {
    const stuck = { ...aRolloutFinding(), message: 'Rollout is stuck' }
    const { findings } = aKnownService().report
    const { page } = await open(t, { explain: () => anExplanation(withFindings(...findings, stuck)) })
    assert.equal(await page.title(), 'STUCK: shop, Version Guard')
    assert.equal(await page.locator('.verdict .other').textContent(), 'rollout STUCK Rollout is stuck')
    assert.equal(await page.locator('.verdict').getAttribute('data-severity'), 'critical')
    const red = encodeURIComponent('#b3261e')
    assert.ok((await page.locator('link[rel=icon]').getAttribute('href'))?.includes(red))
  })

  test('is not well, and says how old it is, where workloads are not read', async t => {
    const fine = () => anExplanation(aKnownService())
    const { page } = await open(t, { explain: fine, source: HOSTILE_SOURCE })
    assert.equal(
      await page.locator('.notice strong').textContent(),
      'What is deployed may be old: last read in full 1 h ago'
    )
    const red = encodeURIComponent('#b3261e')
    assert.ok((await page.locator('link[rel=icon]').getAttribute('href'))?.includes(red))
  })

  test('refreshes itself in place', async t => {
    let explanation = anExplanation()
    const { page, errors } = await open(t, { explain: () => explanation })
    explanation = { ...explanation, verdict: { ...explanation.verdict, message: 'another message' } }
    await page.clock.runFor(20_000)
    await page.getByText('another message').first().waitFor()
    assert.deepEqual(errors, [])
  })

  test('says what a service is as soon as there is one, and what it has become', async t => {
    let explanation: ServiceExplanation | undefined
    const { page } = await open(t, { explain: () => explanation })
    explanation = anExplanation()
    await page.clock.runFor(20_000)
    await page.getByText('in namespace dev · Deployment/shop · https://shop.example/debug/version').waitFor()
    explanation = { ...explanation, endpoint: 'https://other.example/' }
    await page.clock.runFor(20_000)
    await page.getByText('in namespace dev · Deployment/shop · https://other.example/').waitFor()
  })

  test('claims nothing by a colour when the guard does not answer', async t => {
    const { page } = await open(t)
    await page.context().setOffline(true)
    await page.clock.runFor(21_000)
    await page.getByText('Could not refresh since').waitFor()
    assert.equal(await page.evaluate('getComputedStyle(document.getElementById("service")).filter'), 'grayscale(1)')
  })

  test('copies a command as it is', async t => {
    const permissions = ['clipboard-read', 'clipboard-write']
    const { page } = await open(t, { browser: { permissions } })
    await page.getByRole('button', { name: 'Copy the command' }).nth(1).click()
    await page.getByText('Copied').waitFor()
    assert.equal(await page.evaluate('navigator.clipboard.readText()'), 'kubectl get deployment/shop -n dev -o wide')
  })

  test('leads from a service that is not there to the one that is meant', async t => {
    const { page, errors } = await open(t, { explain: () => undefined, path: '/services/dev/shopp' })
    await page.getByRole('link', { name: 'shop in dev' }).click()
    await page.waitForURL(({ pathname }) => pathname === '/services/dev/shop')
    await page.getByRole('link', { name: 'All services' }).click()
    await page.waitForURL(({ pathname }) => pathname === '/')
    assert.deepEqual(
      errors.filter(error => !error.includes('404')),
      []
    )
  })

  test('works behind a path in front of it', async t => {
    const app = createApp(somePorts())
    t.after(() => app.close())
    const guard = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
    const proxy = createServer(({ url = '', headers }, response) => {
      if (!url.startsWith('/guard/')) return void response.writeHead(404).end()
      request({ host: guard.hostname, port: guard.port, path: url.slice('/guard'.length), headers }, answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      }).end()
    })
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    t.after(() => proxy.close())
    const { page, errors } = await watchPage(t, chromium)
    await page.goto(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/guard/services/dev/shop`)
    await page.getByRole('link', { name: 'All of this as JSON' }).click()
    await page.waitForURL(({ pathname }) => pathname === '/guard/api/v1/services/dev/shop')
    await page.goBack()
    await page.getByRole('link', { name: 'KeyBuzz Version Guard' }).click()
    await page.waitForURL(({ pathname }) => pathname === '/guard/')
    assert.deepEqual(errors, [])
  })

  for (const width of [320, 390, 700, 1280]) {
    test(`needs no scrolling sideways at ${width} pixels`, async t => {
      const { page } = await open(t, {
        explain: hostile,
        source: HOSTILE_SOURCE,
        browser: { viewport: { width, height: 844 } }
      })
      assert.ok(Number(await page.evaluate('document.documentElement.scrollWidth')) <= width)
    })
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`has a contrast of at least 4.5 in ${colorScheme}`, async t => {
      for (const explain of [hostile, () => anExplanation()]) {
        const { page } = await open(t, { explain, browser: { colorScheme } })
        const contrasts = await page.evaluate<[string, number][]>(CONTRASTS)
        assert.ok(contrasts.length > 20)
        assert.deepEqual(
          contrasts.filter(([, contrast]) => contrast < 4.5),
          []
        )
      }
    })
  }
})
