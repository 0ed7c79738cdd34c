import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { namesIn } from '../../alerts/fill.ts'
import { generatedAlertmanagerFiles, generatedRuleFiles } from '../../alerts/generate.ts'
import { RUNBOOKS } from '../../src/domain/links.ts'
import { FLEET_FAMILIES } from '../../src/metrics/fleet-families.ts'
import { GATE_FAMILIES } from '../../src/metrics/gate-families.ts'
import { OWN_FAMILIES } from '../../src/metrics/own-metrics.ts'
import { SERVICE_FAMILIES } from '../../src/metrics/service-families.ts'
import { parseDuration } from '../../src/text/durations.ts'
import { RULE_FILES, readAllRules, readRules } from './shipped-rules.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const { alerts: rules, recordings } = readAllRules()
// Those that the cooldown is about: the others have a route of their own.
const { alerts: ofVersions } = readRules()
const runbooks = globSync('docs/runbooks/*.md', { cwd: ROOT }).map(path => basename(path, '.md'))
const names = rules.map(({ alert }) => alert)
const ms = (text: string) => {
  const parsed = parseDuration(text)
  assert.ok(typeof parsed === 'number', text)
  return parsed
}

suite('shipped alerts', () => {
  test('are those of the contract', () => {
    assert.deepEqual(Object.fromEntries(rules.map(({ alert, labels }) => [alert, labels.severity])), {
      KeyBuzzVersionMismatch: 'warning',
      KeyBuzzDebugEndpointDown: 'critical',
      KeyBuzzGitShaMissing: 'warning',
      KeyBuzzWorkloadMissing: 'warning',
      KeyBuzzRolloutStuck: 'warning',
      KeyBuzzMixedVersions: 'warning',
      KeyBuzzHelmReleaseStuck: 'warning',
      KeyBuzzImageUpdateAvailable: 'info',
      KeyBuzzImageDigestDrift: 'info',
      KeyBuzzVersionGuardDown: 'critical',
      KeyBuzzVersionGuardStale: 'warning',
      KeyBuzzVersionGuardSeriesDropped: 'warning',
      KeyBuzzKubernetesUnreachable: 'warning',
      KeyBuzzDockerUnreachable: 'warning',
      KeyBuzzReleaseUnhealthy: 'warning',
      KeyBuzzHigh5xxRate: 'critical',
      KeyBuzzHigh5xxVolume: 'warning',
      KeyBuzzHighLatencyP95: 'warning',
      KeyBuzzApiDown: 'critical',
      KeyBuzzDatabaseDiskHigh: 'warning',
      KeyBuzzDatabaseSlowQueries: 'warning',
      KeyBuzzGateNoGo: 'warning'
    })
  })

  const generated = {
    ...generatedAlertmanagerFiles(read('alerts/alertmanager.yaml')),
    ...generatedRuleFiles(name => read(`alerts/sources/${name}`), read('helm/values.yaml'))
  }
  for (const [name, text] of Object.entries(generated)) {
    test(`${name} is made from its source as it is (else: npm run docs)`, () => {
      assert.equal(read(`alerts/${name}`), text)
    })
  }

  for (const name of RULE_FILES) {
    test(`the PrometheusRule has the very groups of the plain file ${name}.yaml`, () => {
      const manifest = name === 'rules' ? 'prometheusrule' : `prometheusrule-${name}`
      assert.deepEqual(parse(read(`alerts/${manifest}.yaml`)).spec, parse(read(`alerts/${name}.yaml`)))
    })
  }

  test('have a name of their own for each PrometheusRule and each group', () => {
    const files = globSync('alerts/prometheusrule*.yaml', { cwd: ROOT }).map(path => parse(read(path)))
    assert.equal(files.length, RULE_FILES.length)
    for (const names of [
      files.map(({ metadata }) => metadata.name),
      files.flatMap(({ spec }) => spec.groups.map(({ name }: { name: string }) => name))
    ]) {
      assert.equal(new Set(names).size, names.length)
    }
  })

  test('join on namespace and service, so that no service is taken for a namesake', () => {
    const joins = [...rules, ...recordings].flatMap(({ expr }) => [...expr.matchAll(/\b(?:on|by) \(([^)]*)\)/g)])
    for (const [join, labels = ''] of joins) {
      assert.match(labels, /^(namespace, service\b.*|job, instance|namespace)$/, join)
    }
  })

  test('look back by windows, and wait less than four minutes', () => {
    for (const { alert, for: pending = '0s' } of rules) assert.ok(ms(pending) < 4 * 60_000, alert)
  })

  test('the AlertmanagerConfig has each kind of receiver, all but one behind a comment', () => {
    const [receiver] = parse(read('alerts/alertmanagerconfig.yaml').replaceAll(/^# (?= {6})/gm, '')).spec.receivers
    const kinds = Object.keys(receiver).filter(key => key.endsWith('Configs'))
    assert.deepEqual(kinds, ['webhookConfigs', 'emailConfigs', 'slackConfigs', 'pagerdutyConfigs', 'telegramConfigs'])
    for (const kind of kinds) assert.equal(receiver[kind][0].sendResolved, kind === 'pagerdutyConfigs', kind)
  })

  test('tell PagerDuty alone when they are over', () => {
    const { receivers } = parse(read('alerts/alertmanager.yaml'))
    const configs = receivers.flatMap((receiver: object) =>
      Object.entries(receiver).filter(([key]) => key.endsWith('_configs'))
    )
    assert.deepEqual(
      configs.map(([kind, [config]]: [string, [{ send_resolved: boolean }]]) => [kind, config.send_resolved]),
      [
        ['webhook_configs', false],
        ['email_configs', false],
        ['slack_configs', false],
        ['pagerduty_configs', true]
      ]
    )
  })

  test('have no name of a word that another begins with, because the chart replaces one after the other', () => {
    const words = parse(read('alerts/sources/words.yaml'))
    const names = Object.keys({ ...words, ...namesIn(read('helm/values.yaml')) })
    for (const name of names) {
      assert.deepEqual(
        names.filter(other => other.startsWith(name)),
        [name]
      )
    }
  })

  test('have one line of text for each word, that their block can take', () => {
    const words: Record<string, string> = parse(read('alerts/sources/words.yaml'))
    for (const [name, text] of Object.entries(words)) assert.doesNotMatch(text, /\n/, name)
  })

  test('have a summary in words, never the name of the alert', () => {
    for (const { alert, annotations } of rules) assert.doesNotMatch(annotations.summary ?? alert, /KeyBuzz[A-Z]/)
  })

  test('have a summary that names the cluster: to whom many send, two alerts would else be the same', () => {
    for (const { alert, annotations } of rules) assert.match(annotations.summary ?? alert, /\$externalLabels\.cluster/)
  })

  for (const { alert, expr, labels, annotations } of rules) {
    test(`${alert} asks for no metric that does not exist`, () => {
      const known = new Set<string>([
        ...SERVICE_FAMILIES.map(({ name }) => name),
        ...FLEET_FAMILIES.map(({ name }) => name),
        ...GATE_FAMILIES.map(({ name }) => name),
        ...OWN_FAMILIES.map(({ name }) => name),
        ...recordings.map(({ record }) => record)
      ])
      const asked = [expr, ...Object.values(annotations)].join('\n').matchAll(/\bkeybuzz[_:][a-z0-9_]+(?::\w+)?\b/g)
      for (const [name] of asked) assert.ok(known.has(name), name)
    })

    const isOfOneService = labels.service === undefined
    test(`${alert} compares, and is aggregated to what its labels are`, () => {
      assert.match(
        expr,
        /(== [01]|(?:>|<|>=) [\d.]+|^absent\(.+\)|== [01]\nunless on \(namespace, service\) \([\s\S]+\))\s*$/
      )
      const isOfGuard = labels.service === 'keybuzz-version-guard'
      const fixed = isOfGuard ? ['service'] : isOfOneService ? [] : ['namespace', 'service']
      assert.deepEqual(Object.keys(labels).sort(), [...fixed, 'severity'])
      assert.doesNotMatch(JSON.stringify(labels), /\{\{/)
      // What the templates use must have survived the aggregation.
      const used = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label)
      for (const label of used) assert.ok(isOfOneService && /^(namespace|service)$/.test(label ?? ''), label)
    })

    // A join with all services costs each alert 20 ms for every ten thousand of them.
    test(`${alert} asks about its own service alone in its texts`, () => {
      const asked = Object.values(annotations).flatMap(text => [...text.matchAll(/`([^`]*service=%[^`]*)`/g)])
      const selectors = asked.flatMap(([, query = '']) => [...query.matchAll(/\bkeybuzz[\w:]+(?!\w)(\{[^}]*\})?/g)])
      for (const [selector, matchers] of selectors) {
        if (/^keybuzz:kubernetes_old$/.test(selector)) continue
        assert.match(matchers ?? '', /namespace=%(\[1\])?q,service=%(\[2\])?q/, selector)
      }
    })

    test(`${alert} is in the table of docs/alerting.md`, () => {
      assert.ok(read('docs/alerting.md').includes(`\n| [${alert}](runbooks/${alert}.md) | ${labels.severity} | `))
    })

    test(`${alert} has its runbook, with all that it takes`, () => {
      assert.equal(annotations.runbook_url, `${RUNBOOKS}/${alert}.md`)
      const text = read(`docs/runbooks/${alert}.md`)
      const sections = [...text.matchAll(/^## (.+)\n\n(?=\S)/gm)].map(([, title]) => title)
      const head = annotations.culprit !== undefined ? ['What is out of step', 'Signal'] : ['Signal', 'Hypotheses']
      assert.deepEqual(sections, [...head, 'Checks', 'Actions', 'Why the guard does not do it itself'])
      assert.match(text, new RegExp(`^# ${alert}\n\nSeverity: ${labels.severity}\\.\n`))
      assert.match(text, /```sh\n(?:.+\n)+```/)
      const itsLabels = labels.service === 'keybuzz-version-guard' ? ['$GUARD'] : ['"$NAMESPACE"', '$SERVICE']
      for (const label of itsLabels) assert.ok(text.includes(label), label)
    })
  }

  test('every runbook has its alert', () => assert.deepEqual(runbooks.sort(), [...names].sort()))
})

suite('the cooldown', () => {
  const MINUTE = 60_000
  const configs = [
    ['alertmanager.yaml', ['service', 'namespace']],
    ['alertmanager-telegram.yaml', ['service', 'namespace']],
    ['alertmanager-criticals-at-once.yaml', ['service', 'namespace', 'severity']]
  ] as const
  const routeOf = (file: string) => parse(read(`alerts/${file}`)).route.routes[1]
  const route = routeOf('alertmanager.yaml')
  const C = 30 * MINUTE

  for (const [file, grouped] of configs) {
    test(`${file} has it at 30 minutes for each ${grouped.join(' and ')}, whatever the alert`, () => {
      const { group_by, group_wait, group_interval, repeat_interval } = routeOf(file)
      assert.deepEqual(group_by, grouped)
      assert.equal(group_wait, route.group_wait)
      assert.equal(ms(repeat_interval), C)
      assert.ok(ms(group_interval) > C && ms(group_interval) <= C + C / 15)
    })
  }

  test('criticals at once hush the warnings of the same service in the same cluster alone, and none about traffic', () => {
    const { inhibit_rules } = parse(read('alerts/alertmanager-criticals-at-once.yaml'))
    const ours = ['alertname=~"KeyBuzz.+"', 'alertname!~"KeyBuzz(Api|Database|High).+"']
    assert.deepEqual(inhibit_rules, [
      {
        source_matchers: [...ours, 'severity="critical"'],
        target_matchers: [...ours, 'severity="warning"'],
        equal: ['cluster', 'service', 'namespace']
      }
    ])
  })

  for (const [file] of configs) {
    test(`${file} has a route before it for what speaks of traffic`, () => {
      const [traffic] = parse(read(`alerts/${file}`)).route.routes
      const [, pattern = ''] = /^alertname=~"(.+)"$/.exec(traffic.matchers[0]) ?? []
      const others = [...ofVersions.map(({ alert }) => alert), 'KeyBuzzReleaseUnhealthy', 'KeyBuzzGateNoGo']
      assert.deepEqual(
        names.filter(name => !new RegExp(`^(?:${pattern})$`).test(name)),
        others
      )
      const { group_by, group_wait, group_interval, repeat_interval } = traffic
      assert.deepEqual(group_by, ['alertname', 'service', 'namespace'])
      assert.deepEqual([group_wait, group_interval, repeat_interval], ['15s', '5m', '4h'])
    })
  }

  for (const { alert, interval, for: pending = '', keep_firing_for: kept = '' } of ofVersions.filter(isNotDaily)) {
    test(`${alert} keeps the inequalities that it relies on`, () => {
      assert.ok(ms(pending) >= 2 * 20_000 + 15_000 && ms(pending) < 4 * MINUTE)
      assert.ok(ms(kept) > ms(route.group_wait) + 30_000 && ms(kept) < C / 2)
    })

    test(`${alert} is told within two minutes of the first wrong gauge`, () => {
      const [scrape, evaluation] = [15_000, ms(interval)]
      assert.ok(scrape + ms(pending) + evaluation + ms(route.group_wait) <= 2 * MINUTE)
    })
  }
})

suite('the message of the day', () => {
  for (const file of ['alertmanager.yaml', 'alertmanager-telegram.yaml', 'alertmanager-criticals-at-once.yaml']) {
    test(`${file} has it as one, whatever the alert and the service`, () => {
      const daily = parse(read(`alerts/${file}`)).route.routes.at(-1)
      assert.deepEqual(daily.matchers, ['alertname=~"KeyBuzz.+"', 'severity="info"'])
      assert.deepEqual([daily.group_by, daily.group_interval, daily.repeat_interval], [['severity'], '24h', '23h'])
    })
  }
})

// What can wait until tomorrow has no cooldown to keep.
function isNotDaily({ labels }: (typeof rules)[number]): boolean {
  return labels.severity !== 'info'
}
