import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { createApp } from '../../src/http/app.ts'
import type { AppPorts } from '../../src/http/ports.ts'
import { launchChromium, missingChromium, watchPage } from '../support/chromium.ts'
import { needs } from '../support/component.ts'
import { aStanding, NO_GO } from '../support/gate-report.ts'
import { aMismatch, aReport, aService, somePorts } from './fixtures.ts'

const FLEET = [
  aService({ service: 'api', status: 'ERROR', message: 'Endpoint error: HTTP 404 Not Found' }),
  aMismatch({ service: 'client' }),
  aService({ service: 'worker', status: 'WARNING', reported: { gitSha: null } }),
  aService({ service: 'ledger', status: 'UNKNOWN', rollout: '1 of 3 pods' }),
  aService({ service: 'billing' })
]

const PORTS: Partial<AppPorts> = {
  report: () => aReport(FLEET, { warnings: ['shop/web: an annotation makes no sense'] }),
  gate: () => aStanding({ report: NO_GO })
}

const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light' },
  'dark on a phone': { colorScheme: 'dark', viewport: { width: 360, height: 800 } }
}

suite('axe finds nothing', needs(missingChromium), () => {
  let chromium: Browser
  before(async () => {
    chromium = await launchChromium()
  })
  after(() => chromium.close())

  for (const path of [
    '/',
    '/?filter=status:error',
    '/?filter=nothing',
    '/gate',
    '/services/shop/api',
    '/services/no/such'
  ]) {
    for (const [look, browser] of Object.entries(LOOKS)) {
      test(`on ${path}, ${look}`, async t => {
        const app = createApp(somePorts(PORTS))
        t.after(() => app.close())
        const url = await app.listen({ host: '127.0.0.1', port: 0 })
        const { page } = await watchPage(t, chromium, browser)
        await page.goto(`${url}${path}`)
        await page.evaluate(axe.source)
        const violations = await page.evaluate(
          'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))'
        )
        assert.deepEqual(violations, [])
      })
    }
  }
})
