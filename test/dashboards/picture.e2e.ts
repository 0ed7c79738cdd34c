// PICTURES=FOLDER node --test test/dashboards/picture.e2e.ts keeps the pictures, to be looked at.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { launchChromium, missingChromium, watchPage } from '../support/chromium.ts'
import { needs } from '../support/component.ts'
import { dashboardPicture } from '../support/dashboard-picture.ts'
import { temporaryFolder } from '../support/files.ts'
import { prometheusMissing } from '../support/prometheus.ts'
import { until } from '../support/until.ts'
import { answerTo, variablesFor } from './answers.ts'
import type { Answers } from './drawn-panels.ts'
import { askedBy, committedDashboards, panelsOf } from './model.ts'
import { watchFleet } from './watched-fleet.ts'

const { PICTURES } = process.env

suite('pictures of the dashboards', needs(prometheusMissing ?? missingChromium), () => {
  test('have a value in every panel, and show every status of the fleet in words', async t => {
    const prometheus = await watchFleet(t)
    const chromium = await launchChromium()
    t.after(() => chromium.close())
    // By then the service that changes its mind has given each of its answers.
    await until(async () =>
      assert.equal((await prometheus.query('keybuzz_version_status offset 12s > 0')).length > 0, true)
    )

    for (const [file, dashboard] of Object.entries(committedDashboards())) {
      const answers = new Map<number, Answers>()
      for (const panel of panelsOf(dashboard)) {
        const asked = askedBy(panel, file)
        answers.set(
          panel.id ?? 0,
          await Promise.all(asked.map(query => answerTo(prometheus, query, variablesFor(file))))
        )
      }
      const { page, errors } = await watchPage(t, chromium, { viewport: { width: 1600, height: 900 } })
      await page.setContent(dashboardPicture(dashboard, answers))
      const path = join(PICTURES ?? temporaryFolder(t), file.replace('.json', '.png'))
      await page.screenshot({ path, fullPage: true })
      assert.deepEqual(errors, [])
      assert.deepEqual(await page.locator('.none').allTextContents(), [])
      const text = (await page.locator('main').textContent()) ?? ''
      if (file === 'fleet.json') {
        const states = ['ERROR: ', 'MISMATCH: ', 'WARNING: ', 'UNKNOWN: ', 'MISMATCH (ROLLOUT): ', 'OK']
        for (const word of states) assert.ok(text.includes(word), word)
        assert.ok((await page.locator('rect').count()) > 0, 'bars are drawn as bars')
      }
    }
  })
})
