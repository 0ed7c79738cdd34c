import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { alertmanagerServer, NEWEST_PAIR } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const ALERTS = join(import.meta.dirname, '../../alerts')

// As long as the guard shows a string, and made of what HTML escapes into the most characters.
const HOSTILE = `<b>${'"'.repeat(125)}`

const alert = (alertname: string, severity: string) => ({
  labels: { alertname, severity, service: 'shop', namespace: 'dev' },
  annotations: {
    summary: `${alertname.slice(7)} of ${HOSTILE} (dev)`,
    message: `UI version (${HOSTILE}) does not match deployed image tag (v1)`,
    culprit: 'Out of step: the tag. It was moved to another image after these pods started.'.repeat(2),
    workload: `StatefulSet/${'w'.repeat(63)}`,
    endpoint: `https://${'e'.repeat(190)}`,
    image_tag: HOSTILE,
    ui_version: HOSTILE,
    git_sha: `${'a'.repeat(64)}-dirty`,
    command: `${'kubectl delete pod && '.repeat(8)}${'p'.repeat(224)}`,
    notes: `https://notes.example/${'n'.repeat(70)}`,
    runbook_url: `https://runbooks.example/${alertname}.md`,
    page_url: `https://guard.example/${'s'.repeat(170)}`,
    dashboard_url: `https://grafana.example/d/service?${'&'.repeat(6)}${'d'.repeat(150)}`
  },
  // One that began long ago would be told at once, without waiting for the others.
  startsAt: new Date().toISOString()
})

interface Sent {
  readonly path: string
  readonly chat_id: number | string
  readonly message_thread_id: number | string
  readonly parse_mode: string
  readonly text: string
}

suite('Telegram, by the newest Alertmanager', needs(NEWEST_PAIR.missing), () => {
  test('gets one whole, escaped message of at most 4,096 characters in the topic of the group', async t => {
    const sent: Sent[] = []
    const api = await startService(t, async (request, response) => {
      const body = JSON.parse((await request.toArray()).join(''))
      sent.push({ ...body, path: request.url ?? '' })
      response.setHeader('content-type', 'application/json')
      response.end('{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":-1001234567890,"type":"supergroup"}}}')
    })
    const folder = temporaryFolder(t)
    cpSync(`${ALERTS}/templates`, `${folder}/templates`, { recursive: true })
    writeFileSync(`${folder}/token`, '123:secret\n')
    const config = parse(readFileSync(`${ALERTS}/alertmanager-telegram.yaml`, 'utf8'))
    config.route.routes[1].group_wait = '500ms'
    const [telegram] = config.receivers[1].telegram_configs
    Object.assign(telegram, { api_url: api, bot_token_file: `${folder}/token` })
    writeFileSync(`${folder}/alertmanager.json`, JSON.stringify(config))
    const alertmanager = await alertmanagerServer(t, NEWEST_PAIR.alertmanager, folder)
    await alertmanager.start()

    const alerts = [
      alert('KeyBuzzVersionMismatch', 'warning'),
      alert('KeyBuzzDebugEndpointDown', 'critical'),
      alert('KeyBuzzGitShaMissing', 'warning'),
      alert('KeyBuzzWorkloadMissing', 'warning'),
      alert('KeyBuzzRolloutStuck', 'warning'),
      // A later one: the longest message there is.
      alert('KeyBuzzZoneDown', 'critical')
    ]
    const answer = await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts)
    })
    assert.equal(answer.status, 200)
    await until(() => assert.equal(sent.length, 1))

    const [message] = sent
    assert.equal(message?.path, '/bot123:secret/sendMessage')
    assert.equal(String(message.chat_id), '-1001234567890')
    assert.equal(String(message.message_thread_id), '42')
    assert.equal(message.parse_mode, 'HTML')
    const { text } = message
    assert.ok([...text].length <= 4096, `${[...text].length} characters`)
    // The worst comes first; what is ours are tags, in pairs; what is theirs is escaped.
    assert.match(text, /^6 alerts, the worst:\n<b>DebugEndpointDown of b/)
    assert.match(text, /^<b>ZoneDown of .+\(critical\)$/m)
    assert.match(text, /^… and others$/m)
    const { command, git_sha, endpoint, page_url } = alerts[0]?.annotations ?? {}
    const whole = `<code>${command?.replaceAll('&', '&amp;')}</code>`
    assert.equal(text.split(whole).length - 1, 2, text)
    for (const part of [`<code>${git_sha}</code>`, `Address: ${endpoint}`, `<a href="${page_url}">Page</a>`]) {
      assert.ok(text.includes(part), text)
    }
    assert.match(text, /Since: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/)
    const open: string[] = []
    for (const [, closing, tag = ''] of text.matchAll(/<(\/?)(\w+)[^>]*>/g)) {
      if (closing === '/') assert.equal(open.pop(), tag, text)
      else open.push(tag)
    }
    assert.deepEqual(open, [])
    assert.equal(text.match(/<b>/g)?.length, 3, text)
  })
})
