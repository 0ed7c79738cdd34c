import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { alertmanagerServer, INSTALLED, NEWEST_PAIR } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { alertmanagerInTest } from '../support/scaled.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const SHIPPED = join(import.meta.dirname, '../../alerts/alertmanager.yaml')
interface Payload {
  readonly groupLabels: Readonly<Record<string, string>>
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[]
}

for (const pair of [INSTALLED, NEWEST_PAIR]) {
  suite(`the ${pair.name} Alertmanager`, needs(pair.missing), () => {
    test('groups alerts that have no namespace by their service, and tells them', async t => {
      const told: Payload[] = []
      const webhook = await startService(t, async (request, response) => {
        told.push(JSON.parse((await request.toArray()).join('')))
        response.end()
      })
      const folder = temporaryFolder(t)
      const config = alertmanagerInTest(readFileSync(SHIPPED, 'utf8'), webhook)
      writeFileSync(`${folder}/alertmanager.json`, JSON.stringify(config))
      const alertmanager = await alertmanagerServer(t, pair.alertmanager, folder)
      await alertmanager.start()
      const labels = { alertname: 'KeyBuzzVersionGuardDown', severity: 'critical', service: 'keybuzz-version-guard' }
      const stale = { ...labels, alertname: 'KeyBuzzVersionGuardStale', severity: 'warning' }
      await fetch(`${alertmanager.url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([{ labels }, { labels: stale }])
      })
      await until(() => assert.equal(told.length, 1))
      assert.deepEqual(told[0]?.groupLabels, { service: 'keybuzz-version-guard' })
      assert.equal(told[0].alerts.length, 2)
    })
  })
}
