import assert from 'node:assert/strict'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import type { GateStatus } from '../../../src/domain/gate.ts'
import { readGateFile } from '../../../src/gate/config/gate-file.ts'
import { runGate } from '../../../src/gate/run-gate.ts'
import { NO_PROXIES } from '../../../src/proxy-environment.ts'
import { aRulesFile, aRunbook, folderWith } from '../../support/gate-files.ts'

type Files = Readonly<Record<string, string>>

/** Item, status, the gate file's part that matters, the files, and what the evidence has. */
type Case = readonly [rule: string, status: GateStatus, gate: string, files: Files, evidence: string | RegExp]

// Nothing listens on port 1.
const SERVICE = 'service: { name: shop, url: "http://127.0.0.1:1" }\n'

async function look(t: TestContext, gate: string, files: Files) {
  const folder = folderWith(t, { ...files, 'gate.yaml': `${SERVICE}${gate}` })
  const config = readGateFile(join(folder, 'gate.yaml'))
  assert.ok(config.ok, JSON.stringify(config))
  const run = { version: '0', proxies: NO_PROXIES, signal: new AbortController().signal, drills: new Map() }
  const report = await runGate(config.value, run)
  const itemOf = (id: string) => {
    const item = report.items.find(one => one.id === id)
    assert.ok(item !== undefined, id)
    const action = report.actions.find(({ items }) => items.includes(id))
    return { ...item, evidence: item.evidence.replaceAll(folder, ''), action: action?.action ?? null }
  }
  return { folder, itemOf }
}

function cases(id: string, table: readonly Case[]) {
  suite(id, () => {
    for (const [rule, status, gate, files, evidence] of table) {
      test(`is ${status} ${rule}`, async t => {
        const item = (await look(t, gate, files)).itemOf(id)
        if (typeof evidence === 'string') assert.equal(item.evidence, evidence)
        else assert.match(item.evidence, evidence)
        assert.equal(item.status, status)
      })
    }
  })
}

const RULES = 'rules: { files: [alerts.yml] }\n'
const GOOD = { 'alerts.yml': aRulesFile({ critical: 2, latency: 1 }) }

/** So many files with the same text: `NAME-0`, `NAME-1` and so on. */
function many(count: number, name: string, text: string): Files {
  const [base, extension] = name.split('.')
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${base}-${index}.${extension}`, text]))
}

const HUGE = '#'.repeat(1024 * 1024 + 1)
const TOO_LARGE = 'larger than 1 MiB, the most that the gate reads'

cases('rules-file-present', [
  ['when each file is there', 'PASS', RULES, { 'alerts.yml': 'groups: []' }, 'alerts.yml, 10 bytes'],
  [
    'when a pattern matches files',
    'PASS',
    'rules: { files: ["r/*.yml"] }',
    { 'r/b.yml': '1', 'r/a.yml': '12' },
    'r/a.yml, 2 bytes; r/b.yml, 1 byte'
  ],
  ['when one is not there', 'FAIL', RULES, {}, 'alerts.yml: no such file or directory'],
  ['when one is empty', 'FAIL', RULES, { 'alerts.yml': '\n \n' }, 'alerts.yml: empty'],
  ['when one is larger than the gate reads', 'SKIP', RULES, { 'alerts.yml': HUGE }, `alerts.yml: ${TOO_LARGE}`],
  [
    'when one is larger than the gate reads, and another is not there',
    'FAIL',
    'rules: { files: [alerts.yml, a.yml] }',
    { 'alerts.yml': HUGE },
    'a.yml: no such file or directory'
  ],
  [
    'when a pattern matches as many as the gate reads',
    'PASS',
    'rules: { files: ["r/*.yml"] }',
    many(100, 'r/a.yml', '1'),
    /^r\/a-0\.yml, 1 byte; /
  ],
  [
    'when a pattern matches more than the gate reads',
    'SKIP',
    'rules: { files: ["r/*.yml"] }',
    many(101, 'r/a.yml', '1'),
    'r/*.yml: matches 101 files, and the gate reads 100'
  ],
  ['when one is a folder', 'FAIL', RULES, { 'alerts.yml/x': '1' }, 'alerts.yml: not a regular file'],
  ['when one is no text', 'FAIL', 'rules: { files: [gate.yaml, a.yml] }', {}, 'a.yml: no such file or directory'],
  ['when a pattern matches nothing', 'FAIL', 'rules: { files: ["r/*.yml"] }', {}, 'r/*.yml: no such file or directory'],
  ['when none is configured', 'SKIP', '', {}, 'rules.files is not configured: set it to have this looked at'],
  [
    'when groups are expected and no file is named',
    'SKIP',
    'rules: { groups: { a: 1 } }',
    {},
    /rules\.files is not configured/
  ]
])

// Each is what `promtool check rules` accepts.
const NOTHINGS = `groups:
- name: a
  interval: 0
  rules:
  - { alert: A, expr: up, for: 0, keep_firing_for: 0s, labels: , annotations: { runbook_url: } }
  - { record: b, expr: up, for: 0, annotations: {} }
- name: b
  rules: []
- name: c
  rules:
- name: d
`

function annotatedWith(annotations: string): Files {
  return { 'alerts.yml': `groups:\n- name: a\n  rules:\n  - alert: A\n    annotations: ${annotations}\n    expr: up\n` }
}

const RULE = 'groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n'
const SEPARATOR = 'a line separator (U+0085, U+2028 or U+2029), where YAML 1.1 ends the line; remove it'
const ESCAPE = 'an escape that YAML 1.1 does not have, \\/ or \\ud…; write the character itself'
const TAB = 'a line that begins with a tab; remove the tab, or write spaces'

// `promtool check rules` refuses each of these, and takes each of those below.
const OLDER_YAML = [
  ['a directive', `%YAML 1.2\n---\n${RULE}`, 'alerts.yml:1: a directive of another YAML than 1.1; remove it'],
  ['a line with only a tab', `${RULE}\t\n    for: 1m\n`, `alerts.yml:6: ${TAB}`],
  ['such a line after braces', `${RULE}    annotations: { a: b }\n\t\n    for: 1m\n`, `alerts.yml:7: ${TAB}`],
  ['a separator in a text', `${RULE}    annotations:\n      a: b\u2028c\n`, `alerts.yml:7: ${SEPARATOR}`],
  ['a separator in a comment', `# b \u0085 c\n${RULE}`, `alerts.yml:1: ${SEPARATOR}`],
  ['an escaped slash', `${RULE}    annotations: { a: "b\\/c" }\n`, `alerts.yml:6: ${ESCAPE}`],
  ['a pair of escapes', `${RULE}    annotations: { a: "\\ud83d\\ude00" }\n`, `alerts.yml:6: ${ESCAPE}`],
  ['a character that is none', `${RULE}    for: 1m # \uffff\n`, /^alerts\.yml:6: a control character/]
] as const
const OLDER_YAML_TAKES = [
  ['its own directive', `%YAML 1.1\n---\n${RULE}`],
  ['tabs between braces', `${RULE}    annotations: {\n\t\n      a: b\n    }\n`],
  ['a tab within a line', `${RULE}    for:\t1m\n    annotations: {\n\t\n      a: b\n    }\n`],
  ['separators in quotes', `${RULE}    annotations: { a: "b\u2028c", d: 'e\u0085f' }\n`],
  ['a separator at the end of a line', `${RULE}    annotations:\n      a: b\u2028\n`],
  ['a backslash before such an escape', `${RULE}    annotations: { a: "b\\\\/c", d: '\\/' }\n`]
] as const

cases('rules-syntax-valid', [
  [
    'when a pattern matches more than the gate reads',
    'SKIP',
    'rules: { files: ["r/*.yml"] }',
    many(101, 'r/a.yml', 'groups: []'),
    /^needs rules-file-present, which is SKIP: r\/\*\.yml: matches 101 files/
  ],
  ['when all is valid', 'PASS', RULES, GOOD, "3 expressions parsed: 3 by PromQL's grammar, which knows most types"],
  [
    'when a number stands for a text, and keys are merged',
    'PASS',
    RULES,
    {
      'alerts.yml':
        'groups:\n- name: a\n  rules:\n  - &x { alert: A, expr: 1, labels: { level: 1 } }\n  - { <<: *x, alert: B }\n'
    },
    /^2 expressions parsed/
  ],
  [
    'when an address without quotes has a query between braces, which Go does not take',
    'FAIL',
    RULES,
    annotatedWith('{ runbook_url: https://wiki/x?id=1 }'),
    /^alerts\.yml:5: a \? within braces or brackets; put the text in quotes$/
  ],
  [
    'when it has a control character, which YAML does not allow',
    'FAIL',
    RULES,
    annotatedWith('\n      summary: "\u001b[1mdown"'),
    /^alerts\.yml:6: a control character, which YAML does not allow$/
  ],
  ...OLDER_YAML.map(
    ([what, text, fault]) =>
      [`when it has ${what}, which Go does not take`, 'FAIL', RULES, { 'alerts.yml': text }, fault] as const
  ),
  ...OLDER_YAML_TAKES.map(
    ([what, text]) =>
      [`when it has ${what}, which Go takes`, 'PASS', RULES, { 'alerts.yml': text }, /^1 expression parsed/] as const
  ),
  ...['{ runbook_url: "https://wiki/x?id=1" }', '\n      runbook_url: https://wiki/x?id=1', '{ summary: "why?" }'].map(
    annotations =>
      [
        `with a ? where Go takes it: ${annotations.trim()}`,
        'PASS',
        RULES,
        annotatedWith(annotations),
        /^1 expression/
      ] as const
  ),
  ['when it has what Prometheus takes for nothing', 'PASS', RULES, { 'alerts.yml': NOTHINGS }, /^2 expressions parsed/],
  [
    'when a duration has no unit',
    'FAIL',
    RULES,
    { 'alerts.yml': 'groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    for: 5\n' },
    'alerts.yml:6: groups[0].rules[0].for: not a string; it takes a duration, such as 5m, in quotes'
  ],
  [
    'when a rule has a key without a value that it needs',
    'FAIL',
    RULES,
    { 'alerts.yml': 'groups:\n- name: a\n  rules:\n  - alert: A\n    expr:\n' },
    'alerts.yml:5: groups[0].rules[0].expr: missing; it takes a PromQL expression'
  ],
  [
    'when an expression does not parse',
    'FAIL',
    RULES,
    { 'alerts.yml': 'groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up ==\n' },
    'alerts.yml:4: A: the expression is not complete'
  ],
  [
    'when a key is wrong',
    'FAIL',
    RULES,
    { 'alerts.yml': 'groups:\n- name: a\n  rules:\n  - alert: A\n    exp: up\n    expr: up\n' },
    'alerts.yml:5: groups[0].rules[0].exp: no such key; did you mean expr?'
  ],
  [
    'when a template does not parse',
    'FAIL',
    RULES,
    { 'alerts.yml': aRulesFile({ a: 1 }, { summary: '{{ $labels.job } is down' }) },
    'alerts.yml:1: groups[0].rules[0].annotations.summary: the template has a "}" that it cannot have there'
  ],
  [
    'when a label of a recording rule has braces, which is no template',
    'PASS',
    RULES,
    { 'alerts.yml': 'groups: [{ name: a, rules: [{ record: a, expr: up, labels: { a: "{{ b" } }] }]' },
    /^1 expression parsed/
  ],
  [
    "when a label of a group has the name that is the metric's",
    'FAIL',
    RULES,
    { 'alerts.yml': 'groups: [{ name: a, labels: { __name__: x }, rules: [{ alert: A, expr: up }] }]' },
    /"__name__" is not a label name$/
  ],
  [
    'when names are numbers, which Go takes for texts',
    'PASS',
    RULES,
    { 'alerts.yml': 'groups: [{ name: 5, rules: [{ alert: 500, expr: up }] }]' },
    /^1 expression parsed/
  ],
  [
    'when two groups have the same number for a name',
    'FAIL',
    RULES,
    { 'alerts.yml': 'groups:\n- { name: 5, rules: [{ alert: A, expr: up }] }\n- { name: 5 }\n' },
    'alerts.yml:3: groups[1]: group "5" is already in line 2'
  ],
  [
    'when a duration is longer than Go counts',
    'FAIL',
    RULES,
    { 'alerts.yml': 'groups: [{ name: a, rules: [{ alert: A, expr: up, for: 300y }] }]' },
    /"300y" is not a duration, such as 5m$/
  ],
  ['when it is no YAML', 'FAIL', RULES, { 'alerts.yml': 'groups: [' }, /^alerts\.yml:1: /],
  ['when it has no rule', 'FAIL', RULES, { 'alerts.yml': 'groups: []' }, 'there is no rule in the files'],
  [
    'when the file is not there',
    'SKIP',
    RULES,
    {},
    'needs rules-file-present, which is FAIL: alerts.yml: no such file or directory'
  ],
  ['when none is configured', 'SKIP', '', {}, /rules\.files is not configured/]
])

const FAULTS = `groups:
- name: a
  interval: 5 m
  rules:
  - { alert: A, record: a, expr: "" }
  - { expr: up }
  - { record: b, expr: up, for: 1m, annotations: { x: y } }
  - { alert: C, expr: up, labels: { __name__: x } }
- name: a
  rules: []
`

cases('rule-groups-complete', [
  [
    'when each group has its alerts',
    'PASS',
    'rules: { files: [alerts.yml], groups: { critical: 2, latency: 1 } }',
    GOOD,
    'critical 2, latency 1'
  ],
  ['when a group has more', 'PASS', 'rules: { files: [alerts.yml], groups: { critical: 1 } }', GOOD, 'critical 2'],
  [
    'when a group has fewer',
    'FAIL',
    'rules: { files: [alerts.yml], groups: { critical: 3 } }',
    GOOD,
    'critical has 2 of 3 alerts'
  ],
  [
    'when a group is missing',
    'FAIL',
    'rules: { files: [alerts.yml], groups: { health: 1, critical: 2 } }',
    GOOD,
    'there is no group health'
  ],
  [
    'when what is there are no alerts',
    'FAIL',
    'rules: { files: [alerts.yml], groups: { a: 1 } }',
    { 'alerts.yml': 'groups: [{ name: a, rules: [{ record: x, expr: up }] }]' },
    'a has 0 of 1 alert'
  ],
  [
    'when the file is not valid',
    'FAIL',
    'rules: { files: [alerts.yml], groups: { a: 1 } }',
    { 'alerts.yml': FAULTS },
    'there is no group a; not valid, so without groups: alerts.yml'
  ],
  [
    'when no groups are configured',
    'SKIP',
    RULES,
    GOOD,
    'rules.groups is not configured: set it to have this looked at'
  ],
  [
    'when the file is not there',
    'SKIP',
    'rules: { files: [alerts.yml], groups: { a: 1 } }',
    {},
    /^needs rules-file-present/
  ]
])

test('what is wrong with a rules file is told at once, as Prometheus has it', async t => {
  const { itemOf } = await look(t, RULES, { 'alerts.yml': FAULTS })
  const { evidence } = itemOf('rules-syntax-valid')
  assert.deepEqual(evidence.split('; ').slice(0, 4), [
    'alerts.yml:3: groups[0].interval: "5 m" is not a duration, such as 5m',
    'alerts.yml:5: groups[0].rules[0].record: cannot be combined with alert',
    'make it a separate rule',
    'alerts.yml:5: groups[0].rules[0].expr: empty'
  ])
  assert.match(evidence, /and 3 more$/)
})

test('a misspelt key without a value is wrong all the same, and a right one is none', async t => {
  const rule = 'groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up\n    labels:\n    fro:\n'
  const { itemOf } = await look(t, RULES, { 'alerts.yml': rule })
  assert.equal(
    itemOf('rules-syntax-valid').evidence,
    'alerts.yml:7: groups[0].rules[0].fro: no such key; did you mean for?'
  )
})

test('a PrometheusRule of prometheus-operator is taken for the rules file that it becomes', async t => {
  const manifest = (groups: string) => `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: shop, labels: { release: prometheus } }
spec:
  ${groups}
`
  const gate = 'rules: { files: [alerts.yml], groups: { a: 1 } }'
  const good = await look(t, gate, { 'alerts.yml': manifest('groups: [{ name: a, rules: [{ alert: A, expr: up }] }]') })
  assert.equal(good.itemOf('rules-syntax-valid').status, 'PASS')
  assert.equal(good.itemOf('rule-groups-complete').evidence, 'a 1')

  const bad = await look(t, gate, { 'alerts.yml': manifest('groups: [{ name: a, rules: [{ alert: A }] }]') })
  assert.equal(
    bad.itemOf('rules-syntax-valid').evidence,
    'alerts.yml:5: spec.groups[0].rules[0].expr: missing; it takes a PromQL expression'
  )
})

suite('several manifests in one file', () => {
  const spec = (group: string, rule = '{ alert: A, expr: up }') => `{ groups: [{ name: ${group}, rules: [${rule}] }] }`
  const rule = (...of: Parameters<typeof spec>) =>
    `apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec: ${spec(...of)}\n`
  const list = (kind: string, ...items: readonly string[]) =>
    `apiVersion: v1\nkind: ${kind}\nitems:\n${items.map(item => `- ${item}\n`).join('')}`
  const gate = 'rules: { files: [alerts.yml], groups: { a: 1, b: 1 } }'

  for (const [title, text] of [
    ['are PrometheusRules, as Helm prints them', `---\n# Source: a\n${rule('a')}---\n# Source: b\n${rule('b')}---\n`],
    [
      'are a list, as kubectl prints them',
      list('List', `{ kind: PrometheusRule, spec: ${spec('a')} }`, `{ kind: PrometheusRule, spec: ${spec('b')} }`)
    ],
    ['are a list of one kind', list('PrometheusRuleList', `{ spec: ${spec('a')} }`, `{ spec: ${spec('b')} }`)],
    [
      'may have groups of one name, which become files of their own',
      `${rule('a')}---\n${rule('b')}---\n${rule('b', '{ alert: B, expr: up }')}`
    ]
  ] as const) {
    test(title, async t => {
      const { itemOf } = await look(t, gate, { 'alerts.yml': text })
      const [syntax, complete] = [itemOf('rules-syntax-valid'), itemOf('rule-groups-complete')]
      assert.deepEqual([syntax.status, complete.status], ['PASS', 'PASS'], `${syntax.evidence}; ${complete.evidence}`)
    })
  }

  for (const [title, text, fault] of [
    [
      'are judged each in its place',
      `${rule('a')}---\n${rule('b', '{ alert: A }')}`,
      /alerts\.yml:7: spec\.groups\[0\]\.rules\[0\]\.expr: missing/
    ],
    [
      'are judged each in its place of a list',
      list(
        'List',
        `{ kind: PrometheusRule, spec: ${spec('a')} }`,
        `{ kind: PrometheusRule, spec: ${spec('b', '{}')} }`
      ),
      /alerts\.yml:5: items\[1\]\.spec\.groups\[0\]\.rules\[0\]: neither alert nor record/
    ],
    [
      'are no other manifests',
      `${rule('a')}---\napiVersion: v1\nkind: ConfigMap\ndata: {}\n`,
      /alerts\.yml:6: kind: a Kubernetes manifest of another kind; it takes a rules file of Prometheus, or PrometheusRules/
    ],
    [
      'are no other manifests of a list',
      list('List', '{ apiVersion: v1, kind: ConfigMap }'),
      /alerts\.yml:4: items\[0\]\.kind: a Kubernetes manifest of another kind/
    ],
    [
      'are no namespaces of mimirtool, which Prometheus refuses',
      'namespace: x\ngroups: []\n',
      /alerts\.yml:1: namespace: no such key/
    ],
    [
      'are no rules files, of which Prometheus reads the first alone',
      'groups: []\n---\ngroups: []\n',
      /alerts\.yml:3: has a second document/
    ]
  ] as const) {
    test(title, async t => {
      const { itemOf } = await look(t, gate, { 'alerts.yml': text })
      assert.equal(itemOf('rules-syntax-valid').status, 'FAIL')
      assert.match(itemOf('rules-syntax-valid').evidence, fault)
    })
  }

  test('say first that one is of another kind, not which keys it may not have', async t => {
    const text = `apiVersion: v1\nkind: ConfigMap\ndata: {}\n---\n${rule('a')}`
    const { itemOf } = await look(t, gate, { 'alerts.yml': text })
    assert.match(
      String(itemOf('rules-syntax-valid').action),
      /^Fix alerts\.yml:2: kind: a Kubernetes manifest of another kind/
    )
  })

  test('expects no rules of a list without items', async t => {
    const { itemOf } = await look(t, gate, { 'alerts.yml': list('List').replace('items:\n', 'items: []\n') })
    assert.equal(itemOf('rules-syntax-valid').evidence, 'there is no rule in the files')
  })
})

const ALERT = 'alert: { name: critical-1, runbook: docs/down.md }\n'
const DOWN = { 'docs/down.md': aRunbook() }
const annotated = (annotations: Files) => ({ 'alerts.yml': aRulesFile({ critical: 2 }, annotations) })

cases('alert-runbook-exists', [
  ['when alert.runbook is there', 'PASS', ALERT, DOWN, /^docs\/down\.md, \d+ bytes$/],
  [
    'when the annotation names a file that is there, before alert.runbook',
    'PASS',
    `${ALERT}${RULES}`,
    { ...annotated({ runbook: 'docs/own.md' }), 'docs/own.md': 'x' },
    'docs/own.md, 1 byte'
  ],
  [
    'when the annotation names it from the rules file',
    'PASS',
    'alert: { name: critical-1 }\nrules: { files: [ops/alerts.yml] }',
    { 'ops/alerts.yml': aRulesFile({ critical: 1 }, { runbook: 'down.md' }), 'ops/down.md': 'x' },
    'ops/down.md, 1 byte'
  ],
  ['when it is not there', 'FAIL', ALERT, {}, 'docs/down.md: no such file or directory'],
  ['when it is empty', 'FAIL', ALERT, { 'docs/down.md': ' ' }, 'docs/down.md: empty'],
  ['when it is larger than the gate reads', 'SKIP', ALERT, { 'docs/down.md': HUGE }, `docs/down.md: ${TOO_LARGE}`],
  [
    'when the annotation leads out of the folder, where the gate does not look',
    'SKIP',
    `alert: { name: critical-1 }\n${RULES}`,
    annotated({ runbook: '../../../etc/passwd' }),
    /passwd: outside of .*, so the gate does not look at it$/
  ],
  [
    'when the annotation leads out of the folder and alert.runbook is there',
    'PASS',
    `${ALERT}${RULES}`,
    { ...annotated({ runbook: '../../../etc/passwd' }), ...DOWN },
    /^docs\/down\.md, \d+ bytes$/
  ],
  [
    'when the annotation is an address',
    'SKIP',
    `alert: { name: critical-1 }\n${RULES}`,
    annotated({ runbook_url: 'https://wiki.example/down' }),
    'https://wiki.example/down is an address, which is not looked up: set runbooks.follow, or alert.runbook to a file'
  ],
  [
    'when the annotation is a template, though the annotation is there',
    'SKIP',
    `alert: { name: critical-1 }\n${RULES}`,
    annotated({ runbook_url: 'https://wiki.example/{{ $labels.job }}' }),
    'https://wiki.example/{{ $labels.job }} is a template, which names a runbook only once the alert fires: set alert.runbook to one'
  ],
  [
    'when the annotation is a template and alert.runbook is there',
    'PASS',
    `${ALERT}${RULES}`,
    { ...annotated({ runbook_url: 'https://wiki.example/{{ $labels.job }}' }), ...DOWN },
    /^docs\/down\.md, \d+ bytes$/
  ],
  [
    'when nothing names one',
    'SKIP',
    `alert: { name: critical-1 }\n${RULES}`,
    GOOD,
    /^neither an annotation of critical-1 in rules\.files nor alert\.runbook names a runbook/
  ],
  ['when no alert is configured', 'SKIP', '', {}, /^alert\.name is not configured/]
])

cases('alert-runbook-complete', [
  ['when each section has text', 'PASS', ALERT, DOWN, 'docs/down.md: Signal, Hypotheses, Checks, Actions'],
  [
    'in French',
    'PASS',
    `${ALERT}runbooks: { sections: [Signal, Hypothèses, Vérifications] }`,
    { 'docs/down.md': aRunbook(['1. SIGNAL:', 'Hypothe\u0300ses', '**Vérifications**']) },
    'docs/down.md: Signal, Hypothèses, Vérifications'
  ],
  [
    'when a section is missing',
    'FAIL',
    ALERT,
    { 'docs/down.md': aRunbook(['Signal', 'Checks', 'Actions']) },
    'docs/down.md: no section Hypotheses (its headings: Runbook; Signal; Checks; Actions)'
  ],
  [
    'when a section is empty, or still to be written',
    'FAIL',
    ALERT,
    { 'docs/down.md': '# Signal\n# Hypotheses\n\nTODO\n## Checks\n<!-- later -->\n# Actions\nx' },
    'docs/down.md: nothing below Signal; nothing below Hypotheses; nothing below Checks (its headings: Signal; Hypotheses; Checks; Actions)'
  ],
  ['when the runbook is not there', 'SKIP', ALERT, {}, /^needs alert-runbook-exists, which is FAIL/],
  ['when no alert is configured', 'SKIP', '', {}, /^alert\.name is not configured/]
])

cases('alert-has-runbook-annotation', [
  [
    'when the alert has runbook',
    'PASS',
    `${ALERT}${RULES}`,
    annotated({ runbook: 'docs/down.md' }),
    'critical-1: docs/down.md'
  ],
  [
    'when the alert has runbook_url',
    'PASS',
    `${ALERT}${RULES}`,
    annotated({ runbook_url: 'https://w.example/a' }),
    'critical-1: https://w.example/a'
  ],
  [
    'when every alert has one',
    'PASS',
    `${RULES}runbooks: { everyAlert: true }`,
    annotated({ runbook: 'x.md' }),
    '2 alerts name a runbook; critical-1: x.md'
  ],
  ['when it has none', 'FAIL', `${ALERT}${RULES}`, annotated({ summary: 'x' }), 'without an annotation: critical-1'],
  ['when it is blank', 'FAIL', `${ALERT}${RULES}`, annotated({ runbook: ' ' }), 'without an annotation: critical-1'],
  [
    'when another alert has none, and every one must',
    'FAIL',
    `${ALERT}${RULES}runbooks: { everyAlert: true }`,
    {
      'alerts.yml':
        'groups: [{ name: a, rules: [{ alert: critical-1, expr: up, annotations: { runbook: x } }, { alert: B, expr: up }] }]'
    },
    'without an annotation: B'
  ],
  [
    'when there is no such alert',
    'FAIL',
    `alert: { name: Other }\n${RULES}`,
    GOOD,
    'there is no alert Other in the rules files'
  ],
  ['when no file is configured', 'SKIP', ALERT, {}, /^rules\.files is not configured/],
  [
    'when the file is not there',
    'SKIP',
    `${ALERT}${RULES}`,
    {},
    'the rules files cannot be read: alerts.yml: no such file or directory'
  ],
  ['when the file is not valid', 'SKIP', `${ALERT}${RULES}`, { 'alerts.yml': FAULTS }, 'alerts.yml is not valid'],
  ['when no alert is configured', 'SKIP', RULES, GOOD, /^alert\.name is not configured/]
])

const FOLDER = 'runbooks: { folder: docs }\n'

cases('runbooks-present', [
  [
    'when there is one',
    'PASS',
    FOLDER,
    { 'docs/a.md': 'x', 'docs/deep/b.md': 'x', 'docs/README.md': 'x', 'docs/c.txt': 'x' },
    '2 runbooks'
  ],
  [
    'when each that an alert names is there',
    'PASS',
    `${FOLDER}${RULES}`,
    { ...annotated({ runbook: 'docs/a.md#top' }), 'docs/a.md': 'x' },
    '1 runbook; there for 2 alerts of those that name one'
  ],
  [
    'when alerts name templates, which it tells',
    'PASS',
    `${FOLDER}${RULES}`,
    { ...annotated({ runbook: 'docs/{{ $labels.job }}.md' }), 'docs/a.md': 'x' },
    '1 runbook; 2 named by a template, which names a runbook only once the alert fires'
  ],
  [
    'when alerts name addresses, which it tells',
    'PASS',
    `${FOLDER}${RULES}`,
    { ...annotated({ runbook: 'https://w.example' }), 'docs/a.md': 'x' },
    '1 runbook; 2 named by an address, which is not looked up while runbooks.follow is off'
  ],
  ['when there is none', 'FAIL', FOLDER, { 'docs/a.txt': 'x' }, 'docs has no Markdown file'],
  [
    'when one that an alert names is missing',
    'FAIL',
    `${FOLDER}${RULES}`,
    { ...annotated({ runbook: 'docs/b.md' }), 'docs/a.md': 'x' },
    'critical-1 names docs/b.md: no such file or directory; critical-2 names docs/b.md: no such file or directory'
  ],
  [
    'when there are more than the gate reads',
    'PASS',
    FOLDER,
    many(501, 'docs/a.md', 'x'),
    '500 runbooks; it has more than 500 runbooks, and the gate reads 500'
  ],
  [
    'when all are in folders that the gate does not look into',
    'SKIP',
    FOLDER,
    { [`docs/${'a/'.repeat(9)}a.md`]: 'x' },
    'docs: the gate looks into folders at most 8 levels deep'
  ],
  ['when the folder is not there', 'FAIL', FOLDER, {}, 'docs: no such file or directory'],
  ['when the folder is a file', 'FAIL', FOLDER, { docs: 'x' }, 'docs: it cannot be listed'],
  ['when no folder is configured', 'SKIP', '', {}, /^runbooks\.folder is not configured/]
])

cases('runbooks-actionable', [
  [
    'when each is complete',
    'PASS',
    FOLDER,
    { 'docs/a.md': `${aRunbook()}[b](b.md#x), [up](../gate.yaml)`, 'docs/b.md': aRunbook() },
    '2 of 2 complete; 2 links looked up'
  ],
  [
    'when one lacks a section, a command, and what it links to',
    'FAIL',
    FOLDER,
    {
      'docs/a.md': aRunbook(),
      'docs/b.md': '# Signal\nx\n# Checks\n[x](no.md)\n# Actions\nx\n# Hypotheses\n```\nx\n```'
    },
    '1 of 2 complete; docs/b.md: no command in a code block under Checks or Actions, broken link no.md (no such file or directory)'
  ],
  [
    'when a link leads out of the folder, where the gate does not look',
    'SKIP',
    FOLDER,
    { 'docs/a.md': `${aRunbook()}[x](../../../../etc/passwd)` },
    /links that could not be looked up: docs\/a\.md: \.\.\/\.\.\/\.\.\/\.\.\/etc\/passwd \(outside of .*, so the gate does not look at it\)$/
  ],
  [
    'when one is larger than the gate reads',
    'SKIP',
    FOLDER,
    { 'docs/a.md': aRunbook(), 'docs/b.md': HUGE },
    `1 of 2 complete; docs/b.md: ${TOO_LARGE}`
  ],
  [
    'when one is larger than the gate reads, and another is empty',
    'FAIL',
    FOLDER,
    { 'docs/a.md': '', 'docs/b.md': HUGE },
    '0 of 2 complete; docs/a.md: empty'
  ],
  [
    'when there are as many as the gate reads',
    'PASS',
    FOLDER,
    many(500, 'docs/a.md', aRunbook()),
    /^500 of 500 complete/
  ],
  [
    'when there are more than the gate reads',
    'SKIP',
    FOLDER,
    many(501, 'docs/a.md', aRunbook()),
    '500 of 500 complete; docs: it has more than 500 runbooks, and the gate reads 500'
  ],
  [
    'when there are more than the gate reads, and one of those that it reads is empty',
    'FAIL',
    FOLDER,
    { ...many(501, 'docs/a.md', aRunbook()), 'docs/a-0.md': '' },
    '499 of 500 complete; docs/a-0.md: empty'
  ],
  [
    'when it is in the last folder that the gate looks into',
    'PASS',
    FOLDER,
    { [`docs/${'a/'.repeat(8)}a.md`]: aRunbook() },
    /^1 of 1 complete/
  ],
  [
    'when a folder is deeper than the gate looks',
    'SKIP',
    FOLDER,
    { 'docs/a.md': aRunbook(), [`docs/${'a/'.repeat(9)}a.md`]: 'x' },
    '1 of 1 complete; docs: the gate looks into folders at most 8 levels deep'
  ],
  ['when one is empty', 'FAIL', FOLDER, { 'docs/a.md': '' }, '0 of 1 complete; docs/a.md: empty'],
  ['when there is none', 'SKIP', FOLDER, {}, 'needs runbooks-present, which is FAIL: docs: no such file or directory'],
  ['when no folder is configured', 'SKIP', '', {}, /^runbooks\.folder is not configured/]
])

cases('document-report', [
  [
    'when it is larger than the gate reads',
    'PASS',
    'documents: [report.md]',
    { 'report.md': HUGE },
    'report.md, 1,048,577 bytes'
  ],
  ['when it is there', 'PASS', 'documents: [report.md]', { 'report.md': 'x'.repeat(1234) }, 'report.md, 1,234 bytes'],
  ['when it is no text', 'PASS', 'documents: [report.pdf]', { 'report.pdf': '\u0000\ud800' }, 'report.pdf, 4 bytes'],
  ['when it is not there', 'FAIL', 'documents: [report.md]', {}, 'report.md: no such file or directory'],
  ['when it is empty', 'FAIL', 'documents: [report.md]', { 'report.md': '' }, 'report.md: empty'],
  ['when it is a folder', 'FAIL', 'documents: [report]', { 'report/a': '' }, 'report: not a regular file']
])

test('runbooks that Kubernetes mounts are read once', async t => {
  const { folder } = await look(t, '', { 'docs/..data/a.md': aRunbook() })
  symlinkSync('..data/a.md', join(folder, 'docs/a.md'))
  writeFileSync(join(folder, 'gate.yaml'), `${SERVICE}${FOLDER}`)
  const config = readGateFile(join(folder, 'gate.yaml'))
  assert.ok(config.ok)
  const run = { version: '0', proxies: NO_PROXIES, signal: new AbortController().signal, drills: new Map() }
  const { items } = await runGate(config.value, run)
  assert.equal(items.find(({ id }) => id === 'runbooks-present')?.evidence, '1 runbook')
})

test('what is not configured is not required, and asks for nothing', async t => {
  const { itemOf } = await look(t, '', {})
  for (const id of ['rules-file-present', 'runbooks-present', 'alert-runbook-exists']) {
    const { required, action } = itemOf(id)
    assert.deepEqual([required, action], [false, null], id)
  }
})

test('what is not configured and asked for all the same is required, and says what to set', async t => {
  const { itemOf } = await look(t, 'required: [runbooks-present]', {})
  const { required, action } = itemOf('runbooks-present')
  assert.deepEqual([required, action], [true, 'Set runbooks.folder in the gate file'])
})

test('groups that are expected make the file that they must be in a required one', async t => {
  const { itemOf } = await look(t, 'rules: { groups: { a: 1 } }', {})
  const { required, action } = itemOf('rules-file-present')
  assert.deepEqual([required, action], [true, 'Set rules.files in the gate file'])
})

suite('a file that cannot be used', () => {
  for (const [rule, files, action] of [
    ['is to be written where there is none', {}, 'Add alerts.yml'],
    ['is to be fixed where it is there', { 'alerts.yml/x': '1' }, 'Fix alerts.yml: not a regular file']
  ] as const) {
    test(rule, async t => {
      const { itemOf } = await look(t, 'rules: { files: [alerts.yml] }\n', files)
      assert.equal(itemOf('rules-file-present').action, action)
    })
  }

  test('does not count as a document that must be rewritten', async t => {
    const { itemOf } = await look(t, 'documents: [a/report.md]\n', { 'a/report.md/x': '' })
    assert.equal(itemOf('document-report').action, 'Fix a/report.md: not a regular file')
  })
})

suite('an action', () => {
  const alerts = (annotations: (index: number) => object) =>
    JSON.stringify({
      groups: [
        {
          name: 'a',
          rules: Array.from({ length: 8 }, (_, index) => ({
            alert: `A${index}`,
            expr: 'up',
            annotations: annotations(index)
          }))
        }
      ]
    })

  test('names the first few of many alerts', async t => {
    const gate = `${RULES}runbooks: { everyAlert: true }\n`
    const { itemOf } = await look(t, gate, { 'alerts.yml': alerts(() => ({})) })
    const { action } = itemOf('alert-has-runbook-annotation')
    assert.equal(action, 'Add annotation runbook_url to A0, A1, A2, A3, A4 and 3 more')
  })

  test('names the first few of many runbooks', async t => {
    const files = { 'alerts.yml': alerts(index => ({ runbook: `r/${index}.md` })), 'r/README.md': '# a' }
    const { itemOf } = await look(t, `${RULES}runbooks: { folder: r }\n`, files)
    assert.match(itemOf('runbooks-present').action ?? '', /^Write \S+0\.md, (?:\S+, ){3}\S+4\.md and 3 more$/)
  })
})
