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
const LINKS = {
  page_url: 'https://guard.example/services/dev/shop',
  dashboard_url: 'https://grafana.example/d/service?var-namespace=dev&var-service=shop'
}
const MISMATCH = {
  status: 'firing',
  labels: { alertname: 'KeyBuzzVersionMismatch', severity: 'warning', ...SHOP },
  annotations: {
    summary: 'shop reports <!here>, v1 is deployed (dev)',
    message: 'UI version (<!here>) does not match deployed image tag (v1)',
    culprit: 'Out of step: the tag. It was moved to another image after these pods started.',
    workload: 'Deployment/shop',
    endpoint: 'https://shop.example/debug/version',
    image_tag: 'v1',
    ui_version: '<!here>',
    git_sha: 'abc1234',
    since: '2026-11-03 07:55:00 UTC',
    runbook_url: 'https://runbooks.example/KeyBuzzVersionMismatch.md',
    ...LINKS
  },
  startsAt: '2026-11-03T09:15:00+01:00'
}
const STUCK = {
  status: 'firing',
  labels: { alertname: 'KeyBuzzRolloutStuck', severity: 'warning', ...SHOP },
  annotations: {
    summary: 'The rollout of shop is stuck (dev)',
    message: 'Rollout made no progress within its deadline. You can go back to v1 (proof: serves)',
    command:
      'kubectl rollout resume deployment/shop -n dev && kubectl rollout undo deployment/shop -n dev --to-revision=3',
    runbook_url: 'https://runbooks.example/KeyBuzzRolloutStuck.md',
    ...LINKS
  },
  startsAt: '2026-11-03T08:15:00Z'
}
const DOWN = {
  ...MISMATCH,
  labels: { alertname: 'KeyBuzzDebugEndpointDown', severity: 'critical', ...SHOP },
  annotations: {
    ...MISMATCH.annotations,
    summary: 'shop does not report its version: HTTP 404 Not Found (dev)',
    message: 'Endpoint error: HTTP 404 Not Found, from https://shop.example/debug/version',
    runbook_url: 'https://runbooks.example/KeyBuzzDebugEndpointDown.md'
  }
}
const GUARD_DOWN = {
  status: 'firing',
  labels: { alertname: 'KeyBuzzVersionGuardDown', severity: 'critical', service: 'keybuzz-version-guard' },
  annotations: {
    summary: 'KeyBuzz Version Guard is down',
    message: 'Prometheus scrapes no KeyBuzz Version Guard',
    culprit: '',
    page_url: '',
    runbook_url: 'https://runbooks.example/down.md'
  },
  startsAt: '2026-11-03T08:15:00Z'
}

interface Alert {
  readonly status: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** What Alertmanager makes of a template for one group of alerts; lines that are empty at its ends are cut. */
function render(t: TestContext, template: string, ...alerts: readonly Alert[]): string {
  return renderText(t, `{{ template "${template}" . }}`, ...alerts)
}

/** As above, of a text that is a template itself. */
function renderText(t: TestContext, text: string, ...alerts: readonly Alert[]): string {
  const file = join(temporaryFolder(t), 'data.json')
  const common = (kind: 'labels' | 'annotations') =>
    Object.fromEntries(
      Object.entries(alerts[0]?.[kind] ?? {}).filter(([name, value]) =>
        alerts.every(alert => alert[kind][name] === value)
      )
    )
  const data = { alerts, commonLabels: common('labels'), commonAnnotations: common('annotations') }
  writeFileSync(file, JSON.stringify(data))
  const flags = [`--template.glob=${TEMPLATES}`, `--template.text=${text}`, `--template.data=${file}`]
  const { status, stdout, stderr } = spawnSync(INSTALLED.amtool, ['template', 'render', ...flags], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout.trim()
}

suite('messages', needs(INSTALLED.missing), () => {
  for (const template of ['keybuzz.title', 'keybuzz.slack-title']) {
    test(`have the summary for a title, and never the name of an alert: ${template}`, t => {
      assert.equal(render(t, template, STUCK), 'The rollout of shop is stuck (dev)')
      assert.equal(render(t, template, GUARD_DOWN), 'KeyBuzz Version Guard is down')
    })

    test(`have a title that says how many alerts there are, and the worst: ${template}`, t => {
      const worst = 'shop does not report its version: HTTP 404 Not Found (dev)'
      assert.equal(render(t, template, STUCK, DOWN), `2 alerts, the worst: ${worst}`)
    })

    test(`about many services, as the daily one, have a title that counts them: ${template}`, t => {
      assert.equal(
        render(t, template, updateOf('shop'), updateOf('api'), updateOf('api', 'dev')),
        '3 things to look at, such as: An update is available for shop (prod)'
      )
    })

    test(`say in the title that all is over: ${template}`, t => {
      const resolved = { ...STUCK, status: 'resolved' }
      assert.equal(render(t, template, resolved), 'Resolved: The rollout of shop is stuck (dev)')
    })
  }

  test('have the words of PagerDuty for the severity of the worst alert', t => {
    assert.equal(render(t, 'keybuzz.severity', STUCK, DOWN), 'critical')
    assert.equal(render(t, 'keybuzz.severity', STUCK), 'warning')
    assert.equal(render(t, 'keybuzz.severity', updateOf('shop')), 'info')
    const ofOthers = { ...STUCK, labels: { ...STUCK.labels, severity: 'page' } }
    assert.equal(render(t, 'keybuzz.severity', ofOthers), 'error')
    assert.equal(render(t, 'keybuzz.severity', { ...DOWN, status: 'resolved' }), 'critical')
  })

  test('have a colour for the severity of the worst alert', t => {
    assert.equal(render(t, 'keybuzz.colour', STUCK, DOWN), 'danger')
    assert.equal(render(t, 'keybuzz.colour', STUCK), 'warning')
    assert.equal(render(t, 'keybuzz.colour', updateOf('shop')), '#439fe0')
    assert.equal(render(t, 'keybuzz.colour', { ...DOWN, status: 'resolved' }), 'good')
  })

  test('lead to the page of the service, else to the runbook of the worst alert', t => {
    assert.equal(render(t, 'keybuzz.link', STUCK, DOWN), LINKS.page_url)
    assert.equal(render(t, 'keybuzz.link', GUARD_DOWN), 'https://runbooks.example/down.md')
    assert.equal(render(t, 'keybuzz.runbook', STUCK, DOWN), DOWN.annotations.runbook_url)
  })

  test('name culprit, service, workload, address, versions, since when the fault is, and where to look', t => {
    assert.equal(
      render(t, 'keybuzz.text', MISMATCH),
      `shop reports <!here>, v1 is deployed (dev)
UI version (<!here>) does not match deployed image tag (v1)
Out of step: the tag. It was moved to another image after these pods started.

Severity:  warning
Service:   shop
Namespace: dev
Workload:  Deployment/shop
Address:   https://shop.example/debug/version
Deployed:  v1
Reported:  <!here>
Git SHA:   abc1234
Since:     2026-11-03 07:55:00 UTC
Runbook:   https://runbooks.example/KeyBuzzVersionMismatch.md
Page:      https://guard.example/services/dev/shop
Dashboard: https://grafana.example/d/service?var-namespace=dev&var-service=shop`
    )
  })

  test('say since when the alert fires where the guard has restarted since then', t => {
    const restarted = { ...MISMATCH, annotations: { ...MISMATCH.annotations, since: '2026-11-03 08:15:01 UTC' } }
    assert.match(render(t, 'keybuzz.text', restarted), /^Since: {5}2026-11-03 08:15:00 UTC$/m)
  })

  test('leave out what is not known, and say since when the alert fires where nobody knows more', t => {
    assert.equal(
      render(t, 'keybuzz.text', GUARD_DOWN),
      `KeyBuzz Version Guard is down
Prometheus scrapes no KeyBuzz Version Guard

Severity:  critical
Service:   keybuzz-version-guard
Since:     2026-11-03 08:15:00 UTC
Runbook:   https://runbooks.example/down.md`
    )
  })

  test('of e-mail have the same, with links', t => {
    assert.equal(
      render(t, 'keybuzz.email', STUCK, GUARD_DOWN),
      `<h2>2 alerts, the worst: KeyBuzz Version Guard is down</h2>
<h3>The rollout of shop is stuck (dev)</h3>
<p>Rollout made no progress within its deadline. You can go back to v1 (proof: serves)</p>
<table>
<tr><td>Severity</td><td>warning</td></tr>
<tr><td>Service</td><td>shop</td></tr><tr><td>Namespace</td><td>dev</td></tr>
<tr><td>Since</td><td>2026-11-03 08:15:00 UTC</td></tr><tr><td>Command</td><td><code>${STUCK.annotations.command}</code></td></tr>
</table>
<p><a href="https://runbooks.example/KeyBuzzRolloutStuck.md">Runbook</a> · <a href="${LINKS.page_url}">Page</a> · <a href="${LINKS.dashboard_url}">Dashboard</a></p>
<h3>KeyBuzz Version Guard is down</h3>
<p>Prometheus scrapes no KeyBuzz Version Guard</p>
<table>
<tr><td>Severity</td><td>critical</td></tr>
<tr><td>Service</td><td>keybuzz-version-guard</td></tr>
<tr><td>Since</td><td>2026-11-03 08:15:00 UTC</td></tr>
</table>
<p><a href="https://runbooks.example/down.md">Runbook</a></p>`
    )
  })

  test('let no service mention a channel in Slack', t => {
    assert.equal(
      render(t, 'keybuzz.slack', MISMATCH),
      `UI version (&lt;!here&gt;) does not match deployed image tag (v1)
Out of step: the tag. It was moved to another image after these pods started.
Workload: Deployment/shop
Address: https://shop.example/debug/version
Deployed: v1
Reported: &lt;!here&gt;
Git SHA: abc1234
Since: 2026-11-03 07:55:00 UTC
<https://runbooks.example/KeyBuzzVersionMismatch.md|Runbook> · <https://guard.example/services/dev/shop|Page> · <https://grafana.example/d/service?var-namespace=dev&amp;var-service=shop|Dashboard>`
    )
    assert.equal(render(t, 'keybuzz.slack-title', MISMATCH), 'shop reports &lt;!here&gt;, v1 is deployed (dev)')
    const hostile = { ...MISMATCH, labels: { ...MISMATCH.labels, service: '<!here>', namespace: '<@U1>&' } }
    assert.equal(render(t, 'keybuzz.slack-service', hostile), '&lt;!here&gt;')
    assert.equal(render(t, 'keybuzz.slack-namespace', hostile), '&lt;@U1&gt;&amp;')
  })

  test('of several alerts have a heading for each in Slack, and the command as code', t => {
    const text = render(t, 'keybuzz.slack', STUCK, DOWN)
    assert.match(text, /^\*The rollout of shop is stuck \(dev\)\*\nRollout made no progress/)
    assert.match(text, /^Command: `kubectl rollout resume .+ &amp;&amp; kubectl rollout undo .+ --to-revision=3`$/m)
    assert.match(text, /^\*shop does not report its version: HTTP 404 Not Found \(dev\)\*$/m)
  })

  test('of an AlertmanagerConfig let no service mention a channel in Slack', t => {
    const [slack] = OTHER_RECEIVERS.slackConfigs
    assert.ok(slack)
    for (const template of [slack.title, slack.fallback, slack.text]) {
      const rendered = renderText(t, template, MISMATCH)
      assert.match(rendered, /&lt;!here&gt;/)
      assert.doesNotMatch(rendered, /[<>]/)
    }
  })

  test('of an AlertmanagerConfig have severity and runbook of the worst alert, and the command', t => {
    const [pagerduty] = OTHER_RECEIVERS.pagerdutyConfigs
    const [slack] = OTHER_RECEIVERS.slackConfigs
    assert.ok(pagerduty && slack)
    const said = (template: string) => renderText(t, template, STUCK, DOWN)
    assert.equal(said(pagerduty.severity), 'critical')
    assert.equal(said(slack.color), 'danger')
    const [runbook, page] = pagerduty.pagerDutyLinkConfigs.map(({ href }) => said(href))
    assert.deepEqual([runbook, page], [DOWN.annotations.runbook_url, LINKS.page_url])
    assert.ok(said(pagerduty.details[0]?.value ?? '').includes(`Command: ${STUCK.annotations.command} `))
    assert.equal(
      said(pagerduty.description),
      'The rollout of shop is stuck (dev); shop does not report its version: HTTP 404 Not Found (dev)'
    )
  })

  const updateOf = (service: string, namespace = 'prod') => ({
    status: 'firing',
    labels: { alertname: 'KeyBuzzImageUpdateAvailable', severity: 'info', service, namespace },
    annotations: {
      summary: `An update is available for ${service} (${namespace})`,
      message: `${service}:v2 is there`,
      runbook_url: 'https://runbooks.example/update.md'
    },
    startsAt: '2026-11-03T08:15:00Z'
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

  test('about many services of one cluster name it in Telegram', t => {
    const ofCluster = (service: string) => {
      const { labels, ...update } = updateOf(service)
      return { ...update, labels: { ...labels, cluster: 'fsn1' } }
    }
    assert.match(
      render(t, 'keybuzz.telegram', ofCluster('shop'), ofCluster('api')),
      /^<b>2 things to look at, cluster fsn1<\/b>\n/
    )
  })

  test('about many services fit into what Telegram takes', t => {
    const many = Array.from({ length: 300 }, (_, n) => updateOf(`${n}-${'x'.repeat(124)}`, 'n'.repeat(63)))
    const text = render(t, 'keybuzz.telegram', ...many)
    assert.ok(text.length <= 4096, `${text.length}`)
    assert.match(text, /^<b>300 things to look at<\/b>\n/)
    assert.match(text, /… and others$/)
  })

  test('about many services fit, whatever is in them, and name forty', t => {
    const hostile = (n: number) => ({
      ...updateOf(`${'"<>&\''.repeat(20)}${n}-${'x'.repeat(90)}`, 'n'.repeat(63)),
      annotations: {
        summary: 'An update is available',
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

  test('of an AlertmanagerConfig have a title that names three alerts and counts the others', t => {
    const [email] = OTHER_RECEIVERS.emailConfigs
    const many = Array.from({ length: 60 }, (_, n) => updateOf(`s${n}`))
    const summaries = many.map(({ annotations }) => annotations.summary)
    const title = (...alerts: readonly Alert[]) => renderText(t, email?.headers[0]?.value ?? '', ...alerts)
    assert.equal(title(...many), `${summaries.slice(0, 3).join('; ')}; and others, 60 in all`)
    assert.equal(title(...many.slice(0, 3)), summaries.slice(0, 3).join('; '))
  })

  test('of an AlertmanagerConfig say in Slack and Telegram that there are more than fit', t => {
    const [slack] = OTHER_RECEIVERS.slackConfigs
    const [telegram] = OTHER_RECEIVERS.telegramConfigs
    const many = Array.from({ length: 60 }, (_, n) => updateOf(`s${n}`))
    for (const [template = '', most] of [
      [slack?.text, 20],
      [telegram?.message, 10]
    ] as const) {
      assert.equal(renderText(t, template, ...many).split('s.example/update.md').length - 1, most)
      assert.match(renderText(t, template, ...many), / … and others$/)
      assert.doesNotMatch(renderText(t, template, ...many.slice(0, most)), /others/)
    }
  })

  test('about many services fit into what Slack shows, with the first five in full and the next forty in a line', t => {
    const links = {
      page_url: `https://guard.example/${'p'.repeat(80)}`,
      notes: `https://example.com/${'n'.repeat(60)}`
    }
    const update = (n: number) => {
      const { annotations, ...alert } = updateOf(`keybuzz-service-${n}`, 'keybuzz-client-dev')
      const command = `kubectl -n keybuzz-client-dev set image deployment/keybuzz-service-${n} ${'i'.repeat(80)}`
      return {
        ...alert,
        annotations: { ...annotations, ...links, command, workload: `Deployment/keybuzz-service-${n}` }
      }
    }
    const text = render(t, 'keybuzz.slack', ...Array.from({ length: 500 }, (_, n) => update(n)))
    assert.ok(text.length <= 8000, `${text.length}`)
    assert.equal(text.match(/^Command: /gm)?.length, 5)
    assert.match(
      text,
      /\n\*keybuzz-service-44\* in \*keybuzz-client-dev\*: keybuzz-service-44:v2 is there\n… and others$/
    )
    assert.doesNotMatch(text, /keybuzz-service-45/)
  })

  test('about many services cut a line in Slack before they escape it', t => {
    const lines = Array.from({ length: 6 }, (_, n) => ({
      ...updateOf(`s${n}`),
      annotations: { ...updateOf('s').annotations, message: `${'m'.repeat(59)}<!here>` }
    }))
    const text = render(t, 'keybuzz.slack', ...lines)
    assert.match(text, /\n\*s5\* in \*prod\*: m{59}&lt;…$/)
  })

  test('about a service of one name in many namespaces name each of these', t => {
    const many = Array.from({ length: 12 }, (_, n) => updateOf('api', `tenant-${n}`))
    for (const template of ['keybuzz.telegram', 'keybuzz.slack']) {
      const text = render(t, template, ...many)
      for (let n = 0; n < many.length; n++) assert.match(text, new RegExp(`\\btenant-${n}\\b`), template)
    }
    assert.equal(render(t, 'keybuzz.slack-namespace', ...many), 'several')
    assert.equal(render(t, 'keybuzz.slack-namespace', GUARD_DOWN), 'none')
  })

  test('about services have the command and the notes of the first two, and of none that would have to be cut', t => {
    const update = (n: number, command: string) => ({
      ...updateOf(`s${n}`),
      annotations: {
        summary: 'An update is available',
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

  test('in Telegram have a long command and a long message whole', t => {
    const pods = Array.from({ length: 12 }, (_, n) => `shop-${n}`).join(' ')
    const command = `${STUCK.annotations.command} && kubectl delete pod ${pods} -n dev`
    const message = `${'It is long. '.repeat(40)}And it's not cut.`
    const long = { ...STUCK, annotations: { ...STUCK.annotations, message, command } }
    const text = render(t, 'keybuzz.telegram', MISMATCH, long)
    assert.ok(text.includes(`<code>${command}</code>`), text)
    assert.ok(render(t, 'keybuzz.telegram', long).includes(message))
  })

  test('in Telegram have no command that would have to be cut', t => {
    const long = { ...STUCK, annotations: { ...STUCK.annotations, command: 'x'.repeat(401) } }
    const text = render(t, 'keybuzz.telegram', long)
    assert.match(text, /^The command is too long for Telegram: see the page or the runbook\.$/m)
    assert.doesNotMatch(text, /xxx/)
  })

  test('in Telegram have the worst alert first, and what is common to all once', t => {
    assert.equal(
      render(t, 'keybuzz.telegram', STUCK, DOWN),
      `2 alerts, the worst:
<b>shop does not report its version: HTTP 404 Not Found (dev)</b>
Endpoint error: HTTP 404 Not Found, from https://shop.example/debug/version
Out of step: the tag. It was moved to another image after these pods started.
Severity: critical
Since: 2026-11-03 07:55:00 UTC
<a href="https://runbooks.example/KeyBuzzDebugEndpointDown.md">Runbook</a>

<b>The rollout of shop is stuck (dev)</b> (warning)
<code>${STUCK.annotations.command}</code>

<a href="${LINKS.page_url}">Page</a>
<a href="${LINKS.dashboard_url}">Dashboard</a>`
    )
  })
})
