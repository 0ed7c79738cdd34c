import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { OTHER_RECEIVERS } from '../../alerts/generate.ts'
import { INSTALLED } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { temporaryFolder } from '../support/files.ts'

const TEMPLATES = join(import.meta.dirname, '../../alerts/templates/*.tmpl')

const SHOP = { service: 'shop', namespace: 'dev' }
const MISMATCH = {
  status: 'firing',
  labels: { alertname: 'KeyBuzzVersionMismatch', severity: 'warning', ...SHOP },
  annotations: {
    message: 'UI version (<!here>) does not match deployed image tag (v1)',
    image_tag: 'v1',
    ui_version: '<!here>',
    git_sha: 'abc1234',
    runbook_url: 'https://runbooks.example/KeyBuzzVersionMismatch.md'
  },
  startsAt: '2026-11-03T09:15:00+01:00'
}
const GUARD_DOWN = {
  status: 'firing',
  labels: { alertname: 'KeyBuzzVersionGuardDown', severity: 'critical', service: 'keybuzz-version-guard' },
  annotations: { message: 'No KeyBuzz Version Guard is scraped', runbook_url: 'https://runbooks.example/down.md' },
  startsAt: '2026-11-03T08:15:00Z'
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>
}

/** What Alertmanager makes of a template for one group of alerts; lines that are empty at its ends are cut. */
function render(t: TestContext, template: string, ...alerts: readonly Alert[]): string {
  return renderText(t, `{{ template "${template}" . }}`, ...alerts)
}

/** As above, of a text that is a template itself. */
function renderText(t: TestContext, text: string, ...alerts: readonly Alert[]): string {
  const file = join(temporaryFolder(t), 'data.json')
  const labels = Object.entries(alerts[0]?.labels ?? {})
  const commonLabels = Object.fromEntries(
    labels.filter(([name, value]) => alerts.every(alert => alert.labels[name] === value))
  )
  writeFileSync(file, JSON.stringify({ alerts, commonLabels }))
  const flags = [`--template.glob=${TEMPLATES}`, `--template.text=${text}`, `--template.data=${file}`]
  const { status, stdout, stderr } = spawnSync(INSTALLED.amtool, ['template', 'render', ...flags], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout.trim()
}

suite('messages', needs(INSTALLED.missing), () => {
  test('have a title that says who and what', t => {
    assert.equal(render(t, 'keybuzz.title', MISMATCH), 'shop in dev: KeyBuzzVersionMismatch')
    assert.equal(render(t, 'keybuzz.title', GUARD_DOWN), 'keybuzz-version-guard: KeyBuzzVersionGuardDown')
  })

  test('name service, namespace, deployed, reported, SHA, since when and the runbook', t => {
    assert.equal(
      render(t, 'keybuzz.text', MISMATCH),
      `KeyBuzzVersionMismatch (warning)
UI version (<!here>) does not match deployed image tag (v1)

Service:   shop
Namespace: dev
Deployed:  v1
Reported:  <!here>
Git SHA:   abc1234
Since:     2026-11-03 08:15:00 UTC
Runbook:   https://runbooks.example/KeyBuzzVersionMismatch.md`
    )
  })

  test('leave out what the guard itself has not: namespace and versions', t => {
    assert.equal(
      render(t, 'keybuzz.text', GUARD_DOWN),
      `KeyBuzzVersionGuardDown (critical)
No KeyBuzz Version Guard is scraped

Service:   keybuzz-version-guard
Since:     2026-11-03 08:15:00 UTC
Runbook:   https://runbooks.example/down.md`
    )
  })

  test('let no service mention a channel in Slack', t => {
    assert.equal(
      render(t, 'keybuzz.slack', MISMATCH),
      `*KeyBuzzVersionMismatch* (warning)
UI version (&lt;!here&gt;) does not match deployed image tag (v1)
Service: shop, namespace: dev
Deployed: v1
Reported: &lt;!here&gt;
Git SHA: abc1234
Since: 2026-11-03 08:15:00 UTC
<https://runbooks.example/KeyBuzzVersionMismatch.md|Runbook>`
    )
  })

  test('have a title for Slack that lets no service mention a channel either', t => {
    const labels = { alertname: 'KeyBuzz&Co', severity: 'warning', service: '<!here>', namespace: '<@U1>&' }
    assert.equal(
      render(t, 'keybuzz.slack-title', { ...MISMATCH, labels }),
      '&lt;!here&gt; in &lt;@U1&gt;&amp;: KeyBuzz&amp;Co'
    )
    for (const alerts of [[MISMATCH], [GUARD_DOWN], [updateOf('shop'), updateOf('api')]]) {
      assert.equal(render(t, 'keybuzz.slack-title', ...alerts), render(t, 'keybuzz.title', ...alerts))
    }
  })

  test('of an AlertmanagerConfig let no service mention a channel in Slack', t => {
    const [slack] = OTHER_RECEIVERS.slackConfigs
    assert.ok(slack)
    const hostile = { service: '<!here>', namespace: '<@U1>&', alertname: 'A' }
    const alert = { ...MISMATCH, labels: hostile }
    for (const template of [slack.title, slack.fallback, slack.text]) {
      const rendered = renderText(t, template, alert)
      assert.match(rendered, /&lt;!here&gt;/)
      assert.doesNotMatch(rendered, /[<>]/)
    }
  })

  const updateOf = (service: string, namespace = 'prod') => ({
    status: 'firing',
    labels: { alertname: 'KeyBuzzImageUpdateAvailable', severity: 'info', service, namespace },
    annotations: { message: `${service}:v2 is there`, runbook_url: 'https://runbooks.example/update.md' },
    startsAt: '2026-11-03T08:15:00Z'
  })

  test('about many services, as the daily one, have a title that counts them', t => {
    assert.equal(
      render(t, 'keybuzz.title', updateOf('shop'), updateOf('api'), updateOf('api', 'dev')),
      'KeyBuzzImageUpdateAvailable: 3 services'
    )
  })

  for (const template of ['keybuzz.text', 'keybuzz.email', 'keybuzz.slack', 'keybuzz.telegram']) {
    test(`about many services say of each alert whom it is about: ${template}`, t => {
      const text = render(t, template, updateOf('shop', 'dev'), updateOf('api'))
      for (const word of ['shop', 'dev', 'shop:v2 is there', 'api', 'prod', 'api:v2 is there']) {
        assert.ok(text.includes(word), text)
      }
      assert.doesNotMatch(text, /<(\w+)><\/\1>/)
    })
  }

  test('about many services fit into what Telegram takes', t => {
    const many = Array.from({ length: 300 }, (_, n) => updateOf(`${n}-${'x'.repeat(124)}`, 'n'.repeat(63)))
    const text = render(t, 'keybuzz.telegram', ...many)
    assert.ok(text.length <= 4096, `${text.length}`)
    assert.match(text, /^<b>KeyBuzzImageUpdateAvailable: 300 services<\/b>\n/)
    assert.match(text, /… and others$/)
  })

  test('about many services fit, whatever is in them, and name forty', t => {
    const hostile = (n: number) => ({
      ...updateOf(`${'"<>&\''.repeat(20)}${n}-${'x'.repeat(90)}`, 'n'.repeat(63)),
      annotations: {
        message: `app ${'1'.repeat(128)} → ${'2'.repeat(128)}`,
        command: `kubectl ${'&'.repeat(192)}`,
        notes: `https://example.com/${'&'.repeat(80)}`,
        runbook_url: 'https://runbooks.example/update.md'
      }
    })
    const text = render(t, 'keybuzz.telegram', ...Array.from({ length: 300 }, (_, n) => hostile(n)))
    assert.ok([...text].length <= 4096, `${[...text].length}`)
    assert.match(text, /\b39-x/)
    assert.doesNotMatch(text, /\b40-x/)
  })

  test('about services have the command and the notes of the first two, and of none that would have to be cut', t => {
    const update = (n: number, command: string) => ({
      ...updateOf(`s${n}`),
      annotations: {
        message: 'app 1 → 2',
        command,
        notes: `https://example.com/${n}`,
        runbook_url: 'https://runbooks.example/update.md'
      }
    })
    const text = render(
      t,
      'keybuzz.telegram',
      update(1, 'x'.repeat(201)),
      update(2, 'kubectl apply'),
      update(3, 'three')
    )
    assert.deepEqual(
      [...text.matchAll(/<code>(.*?)<\/code>/g)].map(([, command]) => command),
      ['kubectl apply']
    )
    assert.deepEqual(
      [...text.matchAll(/href="(.*?)"/g)].map(([, link]) => link),
      ['https://example.com/1', 'https://example.com/2']
    )
  })

  test('about different things are one message as well', t => {
    const drift = { ...updateOf('api'), labels: { ...updateOf('api').labels, alertname: 'KeyBuzzImageDigestDrift' } }
    assert.equal(render(t, 'keybuzz.title', updateOf('shop'), drift), 'KeyBuzz: 2 findings')
    assert.equal(render(t, 'keybuzz.slack-title', updateOf('shop'), drift), 'KeyBuzz: 2 findings')
  })
})
