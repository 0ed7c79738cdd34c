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
    message: `UI version (${HOSTILE}) does not match deployed image tag (v1)`,
    image_tag: 'v1',
    ui_version: HOSTILE,
    git_sha: 'a'.repeat(64),
    runbook_url: `https://runbooks.example/${alertname}.md`
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
      // A later one, told in full as well: the longest message there is.
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
    // Every alert is named; what is ours are tags, in pairs; what is theirs is escaped.
    for (const { labels } of alerts) assert.ok(text.includes(`<b>${labels.alertname}</b>`), text)
    assert.ok(text.includes('<b>shop</b> in <b>dev</b>'), text)
    for (const part of ['Deployed: <code>v1</code>', `<code>${'a'.repeat(64)}</code>`]) {
      assert.ok(text.includes(part), text)
    }
    assert.ok(text.includes('Reported: <code>&lt;b&gt;&#34;'), text)
    assert.match(text, /Since: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/)
    assert.ok(text.indexOf('KeyBuzzDebugEndpointDown') < text.indexOf('KeyBuzzGitShaMissing'), text)
    const open: string[] = []
    for (const [, closing, tag = ''] of text.matchAll(/<(\/?)(\w+)[^>]*>/g)) {
      if (closing === '/') assert.equal(open.pop(), tag, text)
      else open.push(tag)
    }
    assert.deepEqual(open, [])
    assert.equal(text.match(/<b>/g)?.length, 2 + alerts.length, text)
  })
})
