// What is told after a restart of Alertmanager, with the shipped times: the cooldown is the group's, and groups do not
// outlive a restart. What was last told does, and hushes all that was in it.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { type AlertingPair, alertmanagerServer, INSTALLED, NEWEST_PAIR } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const SHIPPED = join(import.meta.dirname, '../../alerts/alertmanager.yaml')
// Empty groups are cleared away every 30 seconds; until then an older Alertmanager goes on with their turns.
const UNTIL_EMPTY = { withinMs: 60_000 }

const labels = (alertname: string, service = 'shop') => ({ alertname, service, namespace: 'dev', severity: 'warning' })

/** An Alertmanager with the shipped route, and whom it has told: for each message `service: alerts`. */
async function startAlertmanager(t: TestContext, pair: AlertingPair) {
  const told: string[] = []
  const webhook = await startService(t, async (request, response) => {
    const { alerts, groupLabels } = JSON.parse((await request.toArray()).join(''))
    const names = alerts.map((alert: { labels: { alertname: string } }) => alert.labels.alertname)
    told.push(`${groupLabels.service}: ${names.sort().join(' ')}`)
    response.end()
  })
  const folder = temporaryFolder(t)
  const { route, receivers } = parse(readFileSync(SHIPPED, 'utf8'))
  const [, ours] = route.routes
  const config = {
    route: { ...route, routes: [{ ...ours, receiver: 'webhook', group_wait: '500ms' }] },
    receivers: [...receivers, { name: 'webhook', webhook_configs: [{ url: webhook, send_resolved: false }] }]
  }
  writeFileSync(`${folder}/alertmanager.json`, JSON.stringify(config))
  const alertmanager = await alertmanagerServer(t, pair.alertmanager, folder)
  await alertmanager.start()
  const post = async (...alerts: readonly object[]) => {
    const headers = { 'content-type': 'application/json' }
    const { status } = await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers,
      body: JSON.stringify(alerts)
    })
    assert.equal(status, 200)
  }
  const groups = async () => {
    const metrics = await (await fetch(`${alertmanager.url}/metrics`)).text()
    return Number(/^alertmanager_dispatcher_aggregation_groups (\d+)$/m.exec(metrics)?.[1])
  }
  const restart = async () => {
    await alertmanager.stop()
    await alertmanager.start()
  }
  return { told, post, groups, restart }
}

suite('after a restart', { concurrency: true }, () => {
  for (const pair of [INSTALLED, NEWEST_PAIR]) {
    suite(`the ${pair.name} Alertmanager`, { concurrency: true, ...needs(pair.missing) }, () => {
      test('does not tell again a fault that lasts', async t => {
        const { told, post, restart } = await startAlertmanager(t, pair)
        const startsAt = new Date().toISOString()
        await post({ labels: labels('KeyBuzzVersionMismatch'), startsAt })
        await until(() => assert.deepEqual(told, ['shop: KeyBuzzVersionMismatch']))
        await restart()
        // The other alert began no earlier: when it is sent, this one has had its turn.
        await post({ labels: labels('KeyBuzzVersionMismatch'), startsAt })
        await post({ labels: labels('KeyBuzzVersionMismatch', 'other') })
        await until(() => assert.equal(told.at(-1), 'other: KeyBuzzVersionMismatch'))
        assert.equal(told.length, 2)
      })

      test('tells at once what has come to a fault that it had told', async t => {
        const { told, post, restart } = await startAlertmanager(t, pair)
        await post({ labels: labels('KeyBuzzVersionMismatch') })
        await until(() => assert.equal(told.length, 1))
        await restart()
        // Both wait for the group's first turn. Had the mismatch its old beginning, that turn would come with whichever
        // of the two were handed over first, and the other's might be half an hour later.
        await post({ labels: labels('KeyBuzzVersionMismatch') }, { labels: labels('KeyBuzzDebugEndpointDown') })
        await until(() => assert.equal(told.length, 2))
        assert.equal(told[1], 'shop: KeyBuzzDebugEndpointDown KeyBuzzVersionMismatch')
      })

      test('tells at once a fault that has ended and come back', async t => {
        const { told, post, groups, restart } = await startAlertmanager(t, pair)
        const startsAt = new Date().toISOString()
        await post({ labels: labels('KeyBuzzVersionMismatch'), startsAt })
        await until(() => assert.equal(told.length, 1))
        await restart()
        // Told its end, which nobody hears of, it forgets what it has told.
        await post({ labels: labels('KeyBuzzVersionMismatch'), startsAt, endsAt: new Date().toISOString() })
        await until(async () => assert.equal(await groups(), 1))
        await until(async () => assert.equal(await groups(), 0), UNTIL_EMPTY)
        await post({ labels: labels('KeyBuzzVersionMismatch') })
        await until(() => assert.equal(told.length, 2))
      })
    })
  }
})
