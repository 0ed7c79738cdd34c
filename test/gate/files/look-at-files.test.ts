import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { readGateFile } from '../../../src/gate/config/gate-file.ts'
import type { Presence } from '../../../src/gate/files/file-facts.ts'
import { lookAtFiles } from '../../../src/gate/files/look-at-files.ts'
import { aRulesFile, aRunbook, folderWith } from '../../support/gate-files.ts'

const SERVICE = 'service: { name: shop, url: "http://127.0.0.1:1" }\n'
const PROMETHEUS = 'prometheus: { url: "http://127.0.0.1:1", selector: \'job="shop"\', configFile: prometheus.yml }\n'

async function look(t: TestContext, gate: string, files: Readonly<Record<string, string>>) {
  const folder = folderWith(t, { ...files, 'gate.yaml': `${SERVICE}${gate}` })
  const config = readGateFile(join(folder, 'gate.yaml'))
  assert.ok(config.ok)
  const asked: string[] = []
  const lookUp = async (url: string): Promise<Presence> => {
    asked.push(url)
    return url.includes('missing') ? { is: 'gone', why: 'HTTP 404' } : { is: 'there' }
  }
  return { folder, asked, facts: await lookAtFiles(config.value, { lookUp }) }
}

suite('the scrape jobs of prometheus.yml', () => {
  test('are read with their targets, and with those of other files', async t => {
    const { facts } = await look(t, PROMETHEUS, {
      'prometheus.yml': `
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ["127.0.0.1:8080", "b:1"] }, { targets: [c] }]
  - job_name: pods
    kubernetes_sd_configs: [{ role: pod }]
scrape_config_files: [jobs/*.yml, none.yml]
`,
      'jobs/a.yml': 'scrape_configs: [{ job_name: other }]'
    })
    assert.deepEqual(facts.prometheusConfig?.jobs, [
      { name: 'shop', targets: ['127.0.0.1:8080', 'b:1', 'c'], mayRename: false },
      { name: 'pods', targets: [], mayRename: false },
      { name: 'other', targets: [], mayRename: false }
    ])
    assert.equal(facts.prometheusConfig?.mistakes.length, 1)
    assert.match(facts.prometheusConfig?.mistakes[0] ?? '', /none\.yml: no such file or directory$/)
  })

  test('may have another label job than their name', async t => {
    const { facts } = await look(t, PROMETHEUS, {
      'prometheus.yml': `
scrape_configs:
  - { job_name: a, relabel_configs: [{ source_labels: [__meta_app], target_label: job }] }
  - { job_name: b, relabel_configs: [{ regex: (.+), target_label: $1 }] }
  - { job_name: c, static_configs: [{ targets: [x], labels: { job: shop } }] }
  - { job_name: d, http_sd_configs: [{ url: "http://sd" }] }
  - { job_name: e, file_sd_configs: [{ files: [sd.json] }] }
  - { job_name: f, relabel_configs: [{ source_labels: [job], target_label: job_name }] }
  - { job_name: g, static_configs: [{ targets: [x], labels: { env: prod } }], kubernetes_sd_configs: [{ role: pod }] }
`
    })
    const renaming = facts.prometheusConfig?.jobs.filter(({ mayRename }) => mayRename).map(({ name }) => name)
    assert.deepEqual(renaming, ['a', 'b', 'c', 'd', 'e'])
  })

  test('are said to be more than are read, if a pattern matches too many files', async t => {
    const jobs = Array.from({ length: 101 }, (_, index) => [`jobs/${index}.yml`, 'scrape_configs: [{ job_name: a }]'])
    const { facts } = await look(t, PROMETHEUS, {
      'prometheus.yml': 'scrape_config_files: [jobs/*.yml]\n',
      ...Object.fromEntries(jobs)
    })
    assert.equal(facts.prometheusConfig?.jobs.length, 100)
    assert.deepEqual(facts.prometheusConfig?.mistakes, ['jobs/*.yml: matches 101 files, and the gate reads 100'])
  })

  test('are told to be unreadable when they are', async t => {
    assert.equal((await look(t, PROMETHEUS, {})).facts.prometheusConfig?.unreadable, 'no such file or directory')
    const { facts } = await look(t, PROMETHEUS, { 'prometheus.yml': 'a: [' })
    assert.match(facts.prometheusConfig?.mistakes[0] ?? '', /^prometheus\.yml:1: /)
  })
})

test('a rule has the labels of its group, which its own override', async t => {
  const { facts } = await look(t, 'rules: { files: [alerts.yml] }\n', {
    'alerts.yml': `groups:
- name: a
  labels: { team: shop, severity: warning }
  rules:
  - { alert: A, expr: up }
  - { alert: B, expr: up, labels: { severity: critical } }
`
  })
  assert.deepEqual(
    facts.rules?.[0]?.groups[0]?.rules.map(({ labels }) => labels),
    [
      { team: 'shop', severity: 'warning' },
      { team: 'shop', severity: 'critical' }
    ]
  )
})

test('names in rules that only Prometheus 3 takes are told from those that all take', async t => {
  const { facts } = await look(t, 'rules: { files: [alerts.yml] }\n', {
    'alerts.yml': `groups:
- name: a
  labels: { a.b: x, a_b: x }
  rules:
  - record: job:http-requests:rate5m
    expr: up
  - record: job:http_requests:rate5m
    expr: up
  - alert: Any name at all
    expr: up
    labels:
      a-b: x
    annotations: { c: x, "a b": x }
`
  })
  assert.deepEqual(facts.rules?.[0]?.mistakes, [])
  assert.deepEqual(facts.rules?.[0]?.newNames, [
    'alerts.yml:3: "a.b"',
    'alerts.yml:5: "job:http-requests:rate5m"',
    'alerts.yml:12: "a-b"',
    'alerts.yml:13: "a b"'
  ])
})

test('names that only Prometheus 3 takes are told a hundred at most, for each has to be found', async t => {
  const labels = Array.from({ length: 101 }, (_, index) => `a-${index}: x`).join(', ')
  const { facts } = await look(t, 'rules: { files: [alerts.yml] }\n', {
    'alerts.yml': `groups: [{ name: a, labels: { ${labels} } }]`
  })
  assert.equal(facts.rules?.[0]?.newNames?.length, 100)
})

suite('addresses', () => {
  const FILES = {
    'alerts.yml': aRulesFile({ a: 2 }, { runbook_url: 'https://w.example/missing#top' }),
    'docs/a.md': `${aRunbook()}[x](https://w.example/x) [y](https://w.example/x#y) [z](mailto:a@b.c) [m](https://w.example/missing)`
  }
  const GATE = 'rules: { files: [alerts.yml] }\nalert: { name: a-1 }\nrunbooks: { folder: docs, follow: true }\n'

  test('are looked up once each, without their fragments, where they are to be followed', async t => {
    const { facts, asked } = await look(t, GATE, FILES)
    assert.deepEqual(asked.toSorted(), ['https://w.example/missing', 'https://w.example/x'])
    assert.deepEqual(facts.alertRunbook, {
      kind: 'url',
      url: 'https://w.example/missing',
      presence: { is: 'gone', why: 'HTTP 404' }
    })
    const [runbook] = facts.runbooks?.runbooks ?? []
    assert.deepEqual([runbook?.links, runbook?.brokenLinks], [3, ['https://w.example/missing (HTTP 404)']])
    assert.deepEqual(
      facts.runbooks?.named.map(({ presence }) => presence.is),
      ['gone', 'gone']
    )
  })

  test('are said to be unseen where there are more than are looked up', async t => {
    const many = (count: number, host: string) =>
      Array.from({ length: count }, (_, index) => `[x](https://${host}/${index})`).join(' ')
    const { facts, asked } = await look(t, GATE, {
      'docs/a.md': `${aRunbook()}${many(101, 'w.example')}`,
      'docs/b.md': `${aRunbook()}${many(50, 'v.example')}\n${'[x](a.md)\n'.repeat(300)}\n${many(160, 'u.example').replaceAll(' ', '\n')}`
    })
    assert.equal(asked.length, 100)
    const [first, second] = facts.runbooks?.runbooks ?? []
    const unseen = [...(first?.unseenLinks ?? []), ...(second?.unseenLinks ?? [])]
    assert.ok(unseen.some(link => link.endsWith('(the gate looks up 100 addresses at most)')))
    assert.equal(unseen.at(-1), '11 more: the gate checks 200 links of a page at most')
  })

  test('do not include links that nobody would look up', async t => {
    const anchors = '[x](#a) [y](mailto:ops@w.example) '.repeat(150)
    const { facts } = await look(t, GATE, { 'docs/a.md': `${aRunbook()}${anchors}` })
    assert.deepEqual(facts.runbooks?.runbooks[0]?.unseenLinks, [])
  })

  test('are shown without the secrets in them', async t => {
    const secret = 'http://jane:pa55word@w.example/missing?token=t0ken#k3y'
    const { facts } = await look(t, GATE, {
      'alerts.yml': aRulesFile({ a: 1 }, { runbook_url: secret }),
      'docs/a.md': `${aRunbook()}[x](${secret})`
    })
    assert.doesNotMatch(JSON.stringify({ ...facts, rules: [] }), /jane|pa55word|t0ken|k3y/)
    assert.ok(facts.alertRunbook?.kind === 'url')
    assert.equal(facts.alertRunbook.url, 'http://w.example/missing')
  })

  test('are not looked up unless they are to be followed', async t => {
    const { facts, asked } = await look(t, GATE.replace('true', 'false'), FILES)
    assert.deepEqual(asked, [])
    const [runbook] = facts.runbooks?.runbooks ?? []
    assert.deepEqual([runbook?.links, facts.runbooks?.named[0]?.presence.is], [0, 'unasked'])
  })
})

suite('a runbook', () => {
  test('that an alert names by a template is one of many, and none is looked for', async t => {
    const annotations = { runbook_url: 'https://jane:pa55word@w.example/{{ $labels.job }}' }
    const gate = 'rules: { files: [alerts.yml] }\nalert: { name: a-1 }\nrunbooks: { folder: docs, follow: true }\n'
    const { facts, asked } = await look(t, gate, { 'alerts.yml': aRulesFile({ a: 1 }, annotations), 'docs/a.md': 'x' })
    const template = 'https://w.example/{{ $labels.job }}'
    assert.deepEqual(facts.alertRunbook, { kind: 'template', template })
    assert.deepEqual(facts.runbooks?.named, [{ alert: 'a-1', name: template, presence: { is: 'many' } }])
    assert.deepEqual(asked, [])
  })

  test('that an alert names as it is goes before the template of a name', async t => {
    const annotations = { runbook: 'docs/{{ $labels.job }}.md', runbook_url: 'https://w.example/a' }
    const gate = 'rules: { files: [alerts.yml] }\nalert: { name: a-1 }\n'
    const { facts } = await look(t, gate, { 'alerts.yml': aRulesFile({ a: 1 }, annotations) })
    assert.ok(facts.alertRunbook?.kind === 'url')
  })

  test('that is configured may be anywhere', async t => {
    const elsewhere = folderWith(t, { 'down.md': aRunbook() })
    const { facts } = await look(t, `alert: { name: a, runbook: ${join(elsewhere, 'down.md')} }\n`, {})
    assert.ok(facts.alertRunbook?.kind === 'file')
    assert.equal(facts.alertRunbook.runbook.unreadable, null)
  })

  for (const link of [
    '{{site.baseurl}}/b.md',
    `$${'{GRAFANA_URL}'}/d/api`,
    `https://$${'{GRAFANA_HOST}'}/d/api`,
    '$GRAFANA_URL/d/api',
    '@site/docs/b.md'
  ]) {
    test(`links by a template of its site, whose target is not known: ${link}`, async t => {
      const { facts } = await look(t, 'runbooks: { folder: docs, follow: true }\n', {
        'docs/a.md': `${aRunbook()}[x](${link})`
      })
      const [runbook] = facts.runbooks?.runbooks ?? []
      assert.deepEqual(runbook?.brokenLinks, [])
      assert.deepEqual(runbook?.unseenLinks, [`${link} (a template, which the site fills in)`])
    })
  }

  test('links with dollars in names of files', async t => {
    const { facts } = await look(t, 'runbooks: { folder: docs }\n', {
      'docs/a.md': `${aRunbook()}[x](cost-$5.md) [y](gone-$5.md)`,
      'docs/cost-$5.md': 'x'
    })
    const [runbook] = facts.runbooks?.runbooks ?? []
    assert.deepEqual(runbook?.brokenLinks, ['gone-$5.md (no such file or directory)'])
  })

  test('links with spaces and queries as addresses have them', async t => {
    const { facts } = await look(t, 'runbooks: { folder: docs }\n', {
      'docs/a.md': `${aRunbook()}[x](my%20page.md?plain=1#top) [y](%zz.md) [z](/from/the/site)`,
      'docs/my page.md': 'x'
    })
    const [runbook] = facts.runbooks?.runbooks ?? []
    assert.deepEqual(runbook?.brokenLinks, ['%zz.md (no such file or directory)'])
  })
})
