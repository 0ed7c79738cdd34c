import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { readGateFile } from '../../../src/gate/config/gate-file.ts'
import { GATE } from '../../../src/gate/config/gate-schema.ts'
import { GATE_TEMPLATE } from '../../../src/gate/config/template.ts'
import { selfSigned } from '../../support/certificates.ts'
import { ROOT } from '../../support/files.ts'
import { folderWith } from '../../support/gate-files.ts'

const SERVICE = 'service: { name: shop, url: "http://localhost:8080" }\n'

function read(t: TestContext, text: string, files: Readonly<Record<string, string>> = {}) {
  const folder = folderWith(t, { ...files, 'gate.yaml': text })
  return { folder, result: readGateFile(join(folder, 'gate.yaml')) }
}

function configOf(t: TestContext, text: string, files: Readonly<Record<string, string>> = {}) {
  const { folder, result } = read(t, text, files)
  assert.ok(result.ok, JSON.stringify(result))
  return { folder, config: result.value }
}

/** What is wrong, without the folder. */
function mistakesOf(t: TestContext, text: string, files: Readonly<Record<string, string>> = {}): string[] {
  const { folder, result } = read(t, text, files)
  assert.ok(!result.ok)
  return result.mistakes.map(({ message }) => message.replaceAll(`${folder}/`, ''))
}

suite('a gate file', () => {
  test('needs no more than a name and an address', t => {
    const { folder, config } = configOf(t, SERVICE)
    const { service, ...rest } = config
    assert.deepEqual([service.name, service.namespace, service.url], ['shop', null, 'http://localhost:8080'])
    assert.deepEqual(rest, {
      folder,
      prometheus: null,
      alertmanager: null,
      metrics: { path: '/metrics', prefix: null, isPushed: false, required: {} },
      rules: { files: null, groups: null },
      alert: null,
      runbooks: {
        folder: null,
        sections: ['Signal', 'Hypotheses', 'Checks', 'Actions'],
        follow: false,
        everyAlert: false
      },
      health: [],
      drills: [],
      documents: [],
      required: [],
      optional: [],
      waivers: [],
      timeoutMs: 10_000
    })
  })

  test('takes the name of a Compose project or of a Swarm stack for a namespace', t => {
    for (const namespace of ['my_shop', 'MyShop']) {
      const { service } = configOf(
        t,
        `service: { name: web, namespace: ${namespace}, url: 'http://localhost:8080' }`
      ).config
      assert.equal(service.namespace, namespace)
    }
  })

  test('means its paths from its own folder', t => {
    const { folder, config } = configOf(
      t,
      `${SERVICE}
rules: { files: [ops/alerts.yml, /etc/rules.yml] }
runbooks: { folder: docs }
alert: { name: Down, runbook: docs/down.md }
prometheus: { url: "http://localhost:9090/", selector: 'job="shop"', configFile: prometheus.yml }
documents: [docs/README.md]
`
    )
    assert.deepEqual(config.rules.files, [join(folder, 'ops/alerts.yml'), '/etc/rules.yml'])
    assert.equal(config.runbooks.folder, join(folder, 'docs'))
    assert.equal(config.alert?.runbook, join(folder, 'docs/down.md'))
    assert.equal(config.prometheus?.configFile, join(folder, 'prometheus.yml'))
    assert.equal(config.prometheus?.url, 'http://localhost:9090')
    assert.deepEqual(config.documents, [{ id: 'docs', path: join(folder, 'docs/README.md') }])
  })

  test('may name the address of a runbook', t => {
    const { config } = configOf(t, `${SERVICE}alert: { name: Down, runbook: "https://wiki.example/down" }\n`)
    assert.equal(config.alert?.runbook, 'https://wiki.example/down')
  })

  test('gives health endpoints their ids and their defaults', t => {
    const { config } = configOf(
      t,
      `${SERVICE}timeout: 3s\nhealth: { /: {}, /api/v1/ready: { status: 204, timeout: 1s } }\n`
    )
    const common = { checks: [], isHtml: false }
    assert.deepEqual(config.health, [
      { id: 'root', path: '/', status: 200, timeoutMs: 3000, ...common },
      { id: 'api-v1-ready', path: '/api/v1/ready', status: 204, timeoutMs: 1000, ...common }
    ])
  })

  test('puts no query of a health endpoint into its id, and counts those that differ in nothing else', t => {
    const paths = ['/health?key=sesame', '/health?key=other', '/?a=b', '/health?']
    const { config } = configOf(t, `${SERVICE}health: { ${paths.map(path => `"${path}": {}`).join(', ')} }\n`)
    assert.deepEqual(
      config.health.map(({ id, path }) => [id, path]),
      [
        ['health', '/health?key=sesame'],
        ['health-2', '/health?key=other'],
        ['root', '/?a=b'],
        ['health-3', '/health?']
      ]
    )
  })

  test('refuses commands with what cannot be seen, for they are copied', t => {
    const drill = (command: string) =>
      `drills: { down: { break: ${JSON.stringify(command)}, restore: b, shows: [{ alert: A }] } }\n`
    assert.equal(configOf(t, `${SERVICE}${drill('a\n\tb')}`).config.drills[0]?.break, 'a\n\tb')
    for (const command of ['a\u001b[2J', 'a\u202eb', 'a\u200bb']) {
      const path = join(folderWith(t, { 'gate.yaml': `${SERVICE}${drill(command)}` }), 'gate.yaml')
      const config = readGateFile(path)
      assert.match(config.ok ? '' : String(config.mistakes[0]?.message), /break: .* no control characters$/, command)
    }
  })

  for (const [path, id] of [
    ['docs/PROD_WEEK1_HARDENING_REPORT.md', 'hardening-report'],
    ['ops/prometheus/README.md', 'prometheus'],
    ['docs/architecture.pdf', 'architecture'],
    ['docs/設計.md', 'unnamed']
  ] as const) {
    test(`calls the item of the document ${path} document-${id}`, t => {
      assert.equal(configOf(t, `${SERVICE}documents: ["${path}"]\n`).config.documents[0]?.id, id)
    })
  }

  test('may name a document itself', t => {
    const { config } = configOf(t, `${SERVICE}documents: [{ id: slo, path: a.md }]\noptional: [document-slo]\n`)
    assert.deepEqual([config.documents[0]?.id, config.optional], ['slo', ['document-slo']])
  })

  test('reads each header anew, with its prefix', async t => {
    const { folder, config } = configOf(
      t,
      `${SERVICE}prometheus: { url: "http://p:9090", selector: 'job="shop"', headers: { Authorization: { prefix: "Bearer ", file: token } } }\n`,
      { token: 'first-secret\n' }
    )
    assert.deepEqual(await config.prometheus?.headers(), { Authorization: 'Bearer first-secret' })
    writeFileSync(join(folder, 'token'), 'other-secret')
    assert.deepEqual(await config.prometheus?.headers(), { Authorization: 'Bearer other-secret' })
    writeFileSync(join(folder, 'token'), 'bad\nsecret-here')
    await assert.rejects(
      async () => config.prometheus?.headers(),
      (error: Error) => {
        assert.match(error.message, /token: not a secret for a header/)
        return !error.message.includes('secret-here')
      }
    )
  })

  test('tells all that is wrong at once, with its line and what is taken there', t => {
    const text = `service: {nam: x, url: "ftp://x"}
prometheus: {url: http://p:9090/, selector: 'job="a"} or {x="b"', caFile: ca.pem, headers: {Host: {file: x}}}
metrics: {prefx: veza_, required: {a-b: gauge, c: guage}}
health: {readyz: {}, /a/b: {status: "200"}, /a-b: {timeout: 5 m}}
alert: {}
documents: [a.md, {id: A, pth: x}, b/a.md, 5]
rules: {files: x.yml, groups: {a: -1}}
runbooks: {follow: yes}
colour: 1
`
    assert.deepEqual(
      mistakesOf(t, text).map(line => line.replace('gate.yaml:', '')),
      [
        '1: service.nam: no such key; did you mean name?',
        '1: service.name: missing; it takes 1 to 128 printable characters',
        '1: service.url: this is not an address without user, password, query and fragment, http://HOST or https://HOST',
        '2: prometheus.selector: "job="a"} or {x="b"" is not matchers for the series of the service, such as job="shop-api"',
        '2: prometheus.headers.Host: cannot be set by targets; it takes one such as Authorization',
        '2: prometheus.caFile: only works with an https address; change the url to https, or remove it',
        '3: metrics.prefx: no such key; did you mean prefix?',
        '3: metrics.required.c: "guage" is not one of counter, gauge, histogram, summary',
        '3: metrics.required.a-b: "a-b" is not a metric\'s name without the prefix',
        '4: health.….status: "200" is not an HTTP status, such as 200; write it without quotes',
        '4: health.….timeout: "5 m" is not a duration, such as 30s or 5m',
        '4: health.readyz: "readyz" is not a path that begins with /, such as /readyz',
        '4: health.…: its item would have the same id, a-b, as the one in line 4; keep only one of them',
        "5: alert.name: missing; it takes an alert's name",
        '6: documents[1].pth: no such key; did you mean path?',
        '6: documents[1].id: "A" is not at most 63 lower-case letters, digits and hyphens',
        '6: documents[1].path: missing; it takes the path of a file, relative to this file',
        '6: documents[3]: not a string; it takes the path of a file, relative to this file, in quotes',
        '6: documents[2]: its item would have the same id, a, as the one in line 6; give one an id of its own: { id: …, path: … }',
        '7: rules.files: not a list; write [] for none',
        '7: rules.groups.a: this is not a number of alerts',
        '8: runbooks.follow: "yes" is not true or false',
        `9: colour: no such key; it takes ${Object.keys(GATE.properties).join(', ')}`
      ]
    )
  })

  test('takes 1,000 of each kind of thing, and no more', t => {
    const paths = (count: number) => Array.from({ length: count }, (_, index) => `  /${index}: {}\n`).join('')
    assert.equal(configOf(t, `${SERVICE}health:\n${paths(1000)}`).config.health.length, 1000)
    assert.deepEqual(mistakesOf(t, `${SERVICE}health:\n${paths(1001)}`), [
      'gate.yaml:2: health: has 1001 entries, and a gate takes 1000; split the file'
    ])
  })

  test('says what a drill may show', t => {
    const text = `${SERVICE}drills:
  Database Down: { break: x, restore: y, shows: [] }
  b:
    break: x
    restore: ""
    shows:
      - { get: /x, query: up }
      - { query: "up ==", state: firing }
      - {}
      - { alert: X, state: active }
      - { get: /x, json: { status: 1 } }
`
    assert.deepEqual(
      mistakesOf(t, text).map(line => line.replace('gate.yaml:', '')),
      [
        '3: drills.…: "Database Down" is not at most 63 lower-case letters, digits and hyphens',
        '3: drills.….shows: shows nothing; it takes at least one of get, query and alert',
        '6: drills.b.restore: "" is not the command that restores it, which is printed and never run; no control characters',
        '8: drills.b.shows[0].query: cannot be combined with get; make it a separate entry',
        '9: drills.b.shows[1].query: "up ==" is not a PromQL expression',
        '9: drills.b.shows[1].state: cannot be used with query; it only works with alert',
        '9: drills.b.shows[1].value: missing; it takes a number',
        '10: drills.b.shows[2]: shows nothing; it takes one of get, query, alert',
        '11: drills.b.shows[3].state: "active" is not one of pending, firing',
        '12: drills.b.shows[4].json.status: "status" is not a JSON pointer, such as /checks/database/status'
      ]
    )
  })

  test('names no item that does not exist', t => {
    const text = `${SERVICE}metrics: { required: { jobs_total: counter } }
required: [rules-loded]
optional: [key-metric-job_total, rules-loaded]
waivers:
  - { item: drill-x, reason: "", until: 2026-02-30 }
  - { item: key-metric-jobs_total, reason: soon, by: ada, until: 2026-03-31 }
`
    assert.deepEqual(
      mistakesOf(t, text).map(line => line.replace('gate.yaml:', '')),
      [
        '3: required[0]: there is no item "rules-loded"; did you mean rules-loaded?',
        '4: optional[0]: there is no item "key-metric-job_total"; did you mean key-metric-jobs_total?',
        '6: waivers[0].reason: "" is not one line of at most 300 characters',
        '6: waivers[0].until: "2026-02-30" is not the last day on which it holds, in UTC, such as 2026-03-31',
        '6: waivers[0].item: there is no item "drill-x"; the report of the gate lists all ids'
      ]
    )
  })

  test('takes an item as required or as optional, not as both', t => {
    assert.deepEqual(mistakesOf(t, `${SERVICE}required: [rules-loaded]\noptional: [rules-loaded]\n`), [
      'gate.yaml:3: optional[0]: is also listed under required; remove it from one of the two'
    ])
  })

  test('looks at the files of TLS and of secrets, and repeats nothing of them', async t => {
    const { cert, key } = await selfSigned({ names: ['shop.example'] })
    const other = await selfSigned({ names: ['shop.example'] })
    const access = `service:
  name: shop
  url: https://shop.example
  caFile: ca.pem
  clientCertFile: cert.pem
  clientKeyFile: key.pem
  headers: { X-Token: { file: token } }
`
    const good = { 'ca.pem': cert, 'cert.pem': cert, 'key.pem': key, token: 'long-enough' }
    configOf(t, access, good)
    assert.deepEqual(mistakesOf(t, access, { ...good, 'ca.pem': 'nothing', 'key.pem': other.key, token: 'short' }), [
      'gate.yaml:7: token: not a secret for a header; it takes one line of 8 to 8192 printable ASCII characters',
      'gate.yaml:4: ca.pem: contains no PEM certificate',
      'gate.yaml:6: key.pem: not the key of the certificate'
    ])
  })

  for (const [one, other] of [
    ['clientCertFile', 'clientKeyFile'],
    ['clientKeyFile', 'clientCertFile']
  ] as const) {
    test(`takes no ${one} without a ${other}`, t => {
      const text = `service: { name: shop, url: "https://shop.example", ${one}: x.pem }\n`
      assert.deepEqual(mistakesOf(t, text), [`gate.yaml:1: service.${one}: needs ${other} as well; add it`])
    })
  }

  test('that a secret or a certificate is not there is no bad input', t => {
    const { result } = read(t, 'service: { name: a, url: "https://a", caFile: no.pem, headers: { X: { file: no } } }\n')
    assert.ok(!result.ok)
    assert.deepEqual(
      result.mistakes.map(({ kind }) => kind),
      ['cannot_read', 'cannot_read']
    )
  })

  for (const [what, text, message] of [
    ['is empty', '', 'gate.yaml:1: empty; a gate file is one YAML document; gate --init writes one'],
    [
      'has two documents',
      `${SERVICE}---\n${SERVICE}`,
      'gate.yaml:3: has a second document; a gate file is one YAML document; gate --init writes one'
    ]
  ] as const) {
    test(`that ${what} is refused`, t => assert.deepEqual(mistakesOf(t, text), [message]))
  }
})

suite('the gate file that --init writes', () => {
  test('is a good one', t => {
    const { config } = configOf(t, GATE_TEMPLATE)
    assert.equal(config.service.name, 'my-service')
  })

  test('is a good one with all that it has as comments, and these are all keys', t => {
    // A comment that is YAML ends in a value, a bracket or a colon, and has no sentence's end.
    const whole = GATE_TEMPLATE.split('\n')
      .map(line => line.replace(/^( *)# ((?: *)(?:[\w/-]+:|- \{).*)$/, (_, indent, yaml) => `${indent}${yaml}`))
      .filter(line => !/^ *caFile|^ *client|^ *headers|^ *Authorization/.test(line))
      .join('\n')
    const { config } = configOf(t, whole)
    assert.equal(config.drills[0]?.shows.length, 3)
    assert.equal(config.waivers.length, 1)
    for (const key of keysIn(GATE)) assert.match(GATE_TEMPLATE, new RegExp(`\\b${key}:`), key)
  })
})

suite('the examples of gate files', () => {
  test('are good ones, and name the schema in their first line', () => {
    for (const name of ['gate-guard.yaml', 'gate-minimal.yaml', 'gate-veza.yaml']) {
      const path = join(ROOT, 'docs/examples', name)
      const result = readGateFile(path)
      assert.ok(result.ok, name)
      assert.match(readFileSync(path, 'utf8'), /^# yaml-language-server: \$schema=\.\.\/schemas\/gate\.schema\.json\n/)
    }
  })
})

function keysIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own =
    'properties' in schema && typeof schema.properties === 'object' ? Object.keys(schema.properties ?? {}) : []
  return [...own.filter(key => key !== 'takes'), ...Object.values(schema).flatMap(keysIn)]
}
