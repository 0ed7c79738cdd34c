// What PagerDuty, Slack and a mail server get from a real Alertmanager with the shipped receivers and templates.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { suite, type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { type AlertingPair, alertmanagerServer, INSTALLED, NEWEST_PAIR } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'
import { startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const ALERTS = join(import.meta.dirname, '../../alerts')
const RUNBOOKS = 'https://runbooks.example'
const PAGE = 'https://guard.example/services/dev/shop'
const DASHBOARD = 'https://grafana.example/d/service?var-namespace=dev&var-service=shop'
const COMMAND =
  'kubectl rollout resume deployment/shop -n dev && kubectl rollout undo deployment/shop -n dev --to-revision=3'

interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt?: string
}

function alertOf(alertname: string, severity: string, annotations: Readonly<Record<string, string>>): Alert {
  return {
    labels: { alertname, severity, service: 'shop', namespace: 'dev' },
    annotations: {
      workload: 'Deployment/shop',
      image_tag: 'v0.2.12',
      since: '2026-11-03 07:55:00 UTC',
      runbook_url: `${RUNBOOKS}/${alertname}.md`,
      page_url: PAGE,
      dashboard_url: DASHBOARD,
      ...annotations
    },
    // One that began long ago would be sent at once, without waiting for the others.
    startsAt: new Date().toISOString()
  }
}

const down = () =>
  alertOf('KeyBuzzDebugEndpointDown', 'critical', {
    summary: 'shop does not report its version: HTTP 404 Not Found (dev)',
    message: 'Endpoint error: HTTP 404 Not Found, from https://shop.example/debug/version?a=1&b=2',
    culprit: 'Out of step: the endpoint. Until it answers, nobody can tell which version runs.',
    endpoint: 'https://shop.example/debug/version?a=1&b=2'
  })
const stuck = () =>
  alertOf('KeyBuzzRolloutStuck', 'warning', {
    summary: 'The rollout of shop is stuck (dev)',
    message: 'Rollout made no progress within its deadline. You can go back to v0.2.11 (proof: serves)',
    command: COMMAND
  })
const guardDown = (): Alert => ({
  labels: { alertname: 'KeyBuzzVersionGuardDown', severity: 'critical', service: 'keybuzz-version-guard' },
  annotations: {
    summary: 'KeyBuzz Version Guard is down',
    message: 'Prometheus scrapes no KeyBuzz Version Guard',
    page_url: '',
    runbook_url: `${RUNBOOKS}/KeyBuzzVersionGuardDown.md`
  },
  startsAt: new Date().toISOString()
})

interface Event {
  readonly event_action: string
  /** When it came, in ms. */
  readonly at: number
  readonly dedup_key: string
  readonly client: string
  readonly client_url: string
  readonly links?: readonly object[]
  readonly payload: Readonly<Record<string, string>> & { readonly custom_details: { readonly text: string } }
}

interface Attachment {
  readonly [name: string]: string
}

interface Message {
  readonly attachments: readonly (Attachment & { readonly fields: readonly object[] })[]
}

interface Mail {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** As much of a mail server as a client without TLS and password needs; gives its address and what it got. */
async function mailServer(t: TestContext): Promise<{ readonly address: string; readonly mails: Mail[] }> {
  const mails: Mail[] = []
  const server = createServer(socket => {
    let body: string | undefined
    let unread = ''
    const say = (line: string) => socket.write(`${line}\r\n`)
    say('220 mail.example ESMTP')
    socket.setEncoding('utf8').on('data', chunk => {
      unread += chunk
      for (let end = unread.indexOf('\r\n'); end >= 0; end = unread.indexOf('\r\n')) {
        const line = unread.slice(0, end)
        unread = unread.slice(end + 2)
        if (body === undefined) {
          if (line === 'DATA') body = ''
          say(line === 'DATA' ? '354 go on' : line === 'QUIT' ? '221 bye' : '250 mail.example')
        } else if (line === '.') {
          mails.push(readMail(body))
          body = undefined
          say('250 taken')
        } else {
          body += `${line.replace(/^\./, '')}\n`
        }
      }
    })
    socket.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, mails }
}

function readMail(message: string): Mail {
  const partOf = (type: string) => {
    const [, encoded = ''] = new RegExp(`^Content-Type: ${type}.*\\n\\n([^]*?)\\n--`, 'm').exec(message) ?? []
    const bytes = encoded
      .replaceAll('=\n', '')
      .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    return Buffer.from(bytes, 'latin1').toString('utf8')
  }
  const [, subject = ''] = /^Subject: (.*)$/m.exec(message) ?? []
  return { subject, text: partOf('text/plain'), html: partOf('text/html') }
}

/** An Alertmanager with the shipped receivers, whose servers are ours, and what these got. */
async function start(t: TestContext, pair: AlertingPair, group_interval = '1s') {
  const events: Event[] = []
  const messages: Message[] = []
  const pagerduty = await startService(t, async (request, response) => {
    events.push({ ...((await json(request)) as Event), at: performance.now() })
    response.statusCode = 202
    response.end('{"status":"success"}')
  })
  const slack = await startService(t, async (request, response) => {
    messages.push((await json(request)) as Message)
    response.end('ok')
  })
  const { address, mails } = await mailServer(t)
  const folder = temporaryFolder(t)
  cpSync(`${ALERTS}/templates`, `${folder}/templates`, { recursive: true })
  writeFileSync(`${folder}/slack-url`, `${slack}/\n`)
  writeFileSync(`${folder}/key`, 'k'.repeat(32))
  const { route, templates, receivers } = parse(readFileSync(`${ALERTS}/alertmanager.yaml`, 'utf8'))
  const [, ours] = route.routes
  const [, , { email_configs }, { slack_configs }, { pagerduty_configs }] = receivers
  const { auth_username, auth_password_file, ...mail } = email_configs[0]
  const own = {
    email_configs: [{ ...mail, smarthost: address, require_tls: false }],
    slack_configs: [{ ...slack_configs[0], api_url_file: `${folder}/slack-url` }],
    pagerduty_configs: [{ ...pagerduty_configs[0], url: pagerduty, routing_key_file: `${folder}/key` }]
  }
  const config = {
    route: {
      receiver: 'nobody',
      routes: [{ ...ours, receiver: 'all', group_wait: '500ms', group_interval }]
    },
    templates,
    receivers: [{ name: 'nobody' }, { name: 'all', ...own }]
  }
  writeFileSync(`${folder}/alertmanager.json`, JSON.stringify(config))
  const alertmanager = await alertmanagerServer(t, pair.alertmanager, folder)
  await alertmanager.start()
  const post = async (...alerts: readonly Alert[]) => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify(alerts)
    const { status } = await fetch(`${alertmanager.url}/api/v2/alerts`, { method: 'POST', headers, body })
    assert.equal(status, 200)
  }
  return { events, messages, mails, post }
}

const WORST = '2 alerts, the worst: shop does not report its version: HTTP 404 Not Found (dev)'

for (const pair of [INSTALLED, NEWEST_PAIR]) {
  suite(`receivers of the ${pair.name} Alertmanager`, needs(pair.missing), () => {
    test('get who, where, since when and what to do, and PagerDuty alone gets the end', async t => {
      const { events, messages, mails, post } = await start(t, pair)
      const alerts = [stuck(), down()]
      await post(...alerts)
      await until(() => assert.deepEqual([events.length, messages.length, mails.length], [1, 1, 1]))

      const [event] = events
      const { client, client_url, links, payload } = event ?? assert.fail()
      assert.equal(event?.event_action, 'trigger')
      assert.equal(payload.summary, WORST)
      assert.deepEqual(
        [payload.severity, payload.class, payload.component, payload.group],
        ['critical', 'several alerts', 'shop', 'dev']
      )
      assert.deepEqual([client, client_url], ['KeyBuzz Version Guard', PAGE])
      assert.deepEqual(links, [
        { href: `${RUNBOOKS}/KeyBuzzDebugEndpointDown.md`, text: 'Runbook' },
        { href: PAGE, text: 'Page of the service' },
        { href: DASHBOARD, text: 'Dashboard' }
      ])
      const { text } = payload.custom_details
      for (const part of [
        '\nEndpoint error: HTTP 404 Not Found, from https://shop.example/debug/version?a=1&b=2\n',
        '\nOut of step: the endpoint. ',
        '\nWorkload:  Deployment/shop\n',
        '\nSince:     2026-11-03 07:55:00 UTC\n',
        `\nCommand:   ${COMMAND}\n`
      ]) {
        assert.ok(text.includes(part), text)
      }

      const [attachment] = messages[0]?.attachments ?? []
      assert.equal(attachment?.color, 'danger')
      assert.deepEqual([attachment.title, attachment.fallback, attachment.title_link], [WORST, WORST, PAGE])
      assert.deepEqual(attachment.fields, [
        { title: 'Service', value: 'shop', short: true },
        { title: 'Namespace', value: 'dev', short: true },
        { title: 'Severity', value: 'critical', short: true }
      ])
      for (const part of [
        '*The rollout of shop is stuck (dev)*\n',
        `\nCommand: \`${COMMAND.replaceAll('&', '&amp;')}\`\n`,
        '\nAddress: https://shop.example/debug/version?a=1&amp;b=2\n',
        `<${RUNBOOKS}/KeyBuzzRolloutStuck.md|Runbook> · <${PAGE}|Page> · <${DASHBOARD.replaceAll('&', '&amp;')}|Dashboard>`
      ]) {
        assert.ok(attachment.text?.includes(part), attachment.text)
      }

      const [mail] = mails
      assert.equal(mail?.subject, WORST)
      assert.ok(mail.text.includes(`\nCommand:   ${COMMAND}\n`), mail.text)
      assert.ok(mail.text.includes(`\nDashboard: ${DASHBOARD}\n`), mail.text)
      for (const part of [
        `<h2>${WORST}</h2>`,
        `<code>${COMMAND.replaceAll('&', '&amp;')}</code>`,
        `<a href="${PAGE}">Page</a>`,
        '<td>2026-11-03 07:55:00 UTC</td>'
      ]) {
        assert.ok(mail.html.includes(part), mail.html)
      }

      await post(...alerts.map(alert => ({ ...alert, endsAt: new Date().toISOString() })))
      await until(() => assert.equal(events.at(-1)?.event_action, 'resolve'))
      assert.deepEqual([...new Set(events.map(({ dedup_key }) => dedup_key))], [event?.dedup_key])
      assert.deepEqual([messages.length, mails.length], [1, 1])
    })

    test('of PagerDuty are called no sooner after the end of an incident than without the end', async t => {
      const { events, post } = await start(t, pair, '4s')
      const actions = () => events.map(({ event_action }) => event_action)
      const alert = stuck()
      await post(alert)
      await until(() => assert.deepEqual(actions(), ['trigger']))
      await post({ ...alert, endsAt: new Date().toISOString() })
      await until(() => assert.deepEqual(actions(), ['trigger', 'resolve']))
      await post(stuck())
      await until(() => assert.deepEqual(actions(), ['trigger', 'resolve', 'trigger']))
      const [first, , second] = events
      assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 3_900)
    })

    test('get the alert itself where it is one, and no link to a page that nobody named', async t => {
      const { events, messages, post } = await start(t, pair)
      await post(guardDown())
      await until(() => assert.deepEqual([events.length, messages.length], [1, 1]))
      const { client_url, links, payload } = events[0] ?? assert.fail()
      assert.equal(payload.summary, 'KeyBuzz Version Guard is down')
      assert.deepEqual([payload.class, payload.component], ['KeyBuzzVersionGuardDown', 'keybuzz-version-guard'])
      assert.deepEqual(links, [{ href: `${RUNBOOKS}/KeyBuzzVersionGuardDown.md`, text: 'Runbook' }])
      assert.equal(client_url, `${RUNBOOKS}/KeyBuzzVersionGuardDown.md`)
      const [attachment] = messages[0]?.attachments ?? []
      assert.equal(attachment?.title_link, `${RUNBOOKS}/KeyBuzzVersionGuardDown.md`)
      assert.doesNotMatch(attachment.text ?? '', /Page|Dashboard|\| *>/)
    })
  })
}
