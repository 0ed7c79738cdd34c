import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { suite, test } from 'node:test'
import { Ajv } from 'ajv'
import type { Static } from 'typebox'
import { renderSchemas } from '../../../docs/schemas.ts'
import type { GateReport } from '../../../src/domain/gate.ts'
import { readYaml } from '../../../src/files/read-yaml.ts'
import { GATE_TEMPLATE } from '../../../src/gate/config/template.ts'
import { type GATE_REPORT, renderGateJson } from '../../../src/gate/formats/json.ts'
import { renderGateJunit } from '../../../src/gate/formats/junit.ts'
import { renderGateMarkdown } from '../../../src/gate/formats/markdown.ts'
import { renderGateTable } from '../../../src/gate/formats/table.ts'
import { columnsOf } from '../../../src/text/columns.ts'
import { ROOT } from '../../support/files.ts'
import { aGateReport, anItem, NO_GO } from '../../support/gate-report.ts'

const plain = () => new PassThrough()
const terminal = (columns: number) => Object.assign(new PassThrough(), { columns })
const tableOf = (report: GateReport, columns?: number) =>
  renderGateTable(report, 'dev/shop', columns === undefined ? plain() : terminal(columns))

suite('the table', () => {
  test('tells everything of a report, in plain text where it is no terminal', () => {
    assert.equal(
      tableOf(NO_GO),
      `service      dev/shop
date         2026-11-03T03:03:05.000Z
commit       abc1234
environment  staging
validator    jane

Prometheus scrape
  FAIL  metrics-endpoint-answers
        connection refused
  SKIP  metrics-have-prefix
        GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms

Drills
  SKIP  drill-database-down (optional, waived until 2026-11-30)
        GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms

Documentation
  FAIL  document-prometheus (optional, waiver ended 2026-10-01)
        GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms

SECTION            PASS  FAIL  SKIP  TOTAL  RATE
Prometheus scrape     0     1     1      2   0 %
Drills                0     0     1      1   0 %
Documentation         0     1     0      1   0 %
all                   0     2     2      4   0 %

Reservations
  - drill-database-down is SKIP and waived by jane until 2026-11-30: no time yet

Actions
  - [blocking] Start the service (metrics-endpoint-answers, metrics-have-prefix)
  - Write the documentation (document-prometheus)

NO-GO: of 2 required items 1 failed and 1 could not be looked at
`
    )
  })

  test('fits the terminal', () => {
    const long = anItem({ evidence: `${'words of evidence '.repeat(20)}http://${'x'.repeat(200)}/` })
    const wide = anItem({ id: 'scrape-target-up', evidence: '計'.repeat(100) })
    const report = aGateReport({
      items: [long, wide],
      reservations: ['a reservation that is long '.repeat(5).trim()],
      actions: [{ action: 'do this and that '.repeat(9).trim(), blocking: true, items: ['metrics-endpoint-answers'] }]
    })
    for (const columns of [40, 41, 47, 48, 60, 80, 120]) {
      for (const table of [tableOf(report, columns), tableOf({ ...NO_GO, commit: null }, columns)]) {
        for (const line of table.split('\n')) assert.ok(columnsOf(line) <= columns, line)
      }
    }
    const rates = (columns: number) => /^SECTION.*$/m.exec(tableOf(NO_GO, columns))?.[0]
    assert.deepEqual(
      [48, 47, 40].map(rates),
      ['TOTAL  RATE', 'TOTAL', ''].map(more => `SECTION            PASS  FAIL  SKIP  ${more}`.trimEnd())
    )
  })

  test('names a few of the items that wait for an action', () => {
    const actions = [{ action: 'Start it', blocking: true, items: ['a', 'b', 'c', 'd', 'e'] }]
    assert.match(tableOf(aGateReport({ actions })), /\[blocking\] Start it \(a, b, c and 2 more\)/)
  })

  for (const [reservations, items, verdict, last] of [
    [[], [anItem()], 'GO', 'GO: all required items passed (1)'],
    [['x'], [anItem()], 'GO', 'GO with reservations: all required items passed (1)'],
    [
      ['x'],
      [anItem({ status: 'FAIL', waiver: { reason: 'x', by: null, until: '2026-12-01', expired: false } })],
      'GO',
      'GO with reservations: all required items passed or are waived (1)'
    ],
    [[], [anItem({ status: 'FAIL' })], 'NO-GO', 'NO-GO: of 1 required item 1 failed and 0 could not be looked at'],
    [['x'], [anItem({ status: 'SKIP', required: false })], 'NO-GO', 'NO-GO: nothing could be looked at'],
    [
      ['x'],
      [anItem({ status: 'FAIL', required: false }), anItem({ status: 'PASS' })],
      'NO-GO',
      'NO-GO: nothing shows that the service runs'
    ]
  ] as const) {
    test(`ends with ${last}`, () => {
      const lines = tableOf(aGateReport({ reservations, items, verdict })).trimEnd().split('\n')
      assert.equal(lines.at(-1), last)
    })
  }

  test('calls nothing 100 % that is not all', () => {
    const sections = [{ section: 'Drills', total: 1000, pass: 999, fail: 1, skip: 0, rate: 0.999 } as const]
    assert.match(tableOf(aGateReport({ sections })), /999 +1 +0 +1000 +99 %/)
  })
})

suite('Markdown', () => {
  test('tells everything of a report', () => {
    assert.equal(
      renderGateMarkdown(NO_GO, 'dev/shop'),
      `# PROD gate of dev/shop: NO-GO

Of 2 required items 1 failed and 1 could not be looked at.

| Date | Commit | Environment | Validator |
| :-- | :-- | :-- | :-- |
| 2026-11-03T03:03:05.000Z | abc1234 | staging | jane |

## Reservations

- drill-database-down is SKIP and waived by jane until 2026-11-30: no time yet

## Actions

1. **Blocking:** Start the service (\`metrics-endpoint-answers\`, \`metrics-have-prefix\`)
1. Write the documentation (\`document-prometheus\`)

## Sections

| Section | PASS | FAIL | SKIP | Items | Rate |
| :-- | --: | --: | --: | --: | --: |
| Prometheus scrape | 0 | 1 | 1 | 2 | 0 % |
| Drills | 0 | 0 | 1 | 1 | 0 % |
| Documentation | 0 | 1 | 0 | 1 | 0 % |
| **All** | 0 | 2 | 2 | 4 | 0 % |

## Prometheus scrape

| Status | Item | Evidence |
| :-- | :-- | :-- |
| ❌ **FAIL** | \`metrics-endpoint-answers\` | /metrics answers<br>connection refused |
| ⏭️ **SKIP** | \`metrics-have-prefix\` | Metrics with the prefix are there<br>GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms |

## Drills

| Status | Item | Evidence |
| :-- | :-- | :-- |
| ⏭️ SKIP | \`drill-database-down\`<br>optional<br>waived until 2026-11-30 | Drill database-down<br>GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms |

## Documentation

| Status | Item | Evidence |
| :-- | :-- | :-- |
| ❌ FAIL | \`document-prometheus\`<br>optional<br>waiver ended 2026-10-01 | The Prometheus documentation is there<br>GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms |
`
    )
  })

  test('lets no evidence be Markdown or HTML, or mention anybody', () => {
    const evidence = 'a | b\n<script>x</script> **b** _c_ `d` [e](f) @ada #12 ~x~ $y$ \\ &amp;'
    const [row] = renderGateMarkdown(aGateReport({ items: [anItem({ evidence })] }), 'shop')
      .split('\n')
      .filter(line => line.includes('script'))
    assert.equal(
      row,
      '| ✅ PASS | `metrics-endpoint-answers` | /metrics answers<br>a \\| b &lt;script&gt;x&lt;/script&gt; \\*\\*b\\*\\* \\_c\\_ \\`d\\` \\[e\\](f) @<!-- -->ada #<!-- -->12 \\~x\\~ \\$y\\$ \\\\ &amp;amp; |'
    )
  })
})

suite('JSON', () => {
  const ajv = new Ajv({ allErrors: true, strict: false })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/)
  const accepts = (name: string) => ajv.compile(JSON.parse(readFileSync(join(ROOT, 'docs/schemas', name), 'utf8')))

  test('is the report, by the schema that ships', () => {
    const isReport = accepts('gate-report.schema.json')
    for (const report of [NO_GO, aGateReport()]) {
      const json = JSON.parse(renderGateJson(report))
      assert.deepEqual(json, report)
      assert.ok(isReport(json), JSON.stringify(isReport.errors))
    }
    assert.ok(!isReport({ ...NO_GO, verdict: 'MAYBE' }))
    assert.ok(!isReport({ ...NO_GO, more: 1 }))
  })

  test('has a schema that says what the report is', () => {
    const report: Static<typeof GATE_REPORT> = JSON.parse(JSON.stringify(NO_GO))
    const back: GateReport = report
    assert.equal(back.verdict, 'NO-GO')
  })

  test('has schemas that are up to date (else: npm run docs)', () => {
    for (const [name, text] of Object.entries(renderSchemas())) {
      assert.equal(readFileSync(join(ROOT, 'docs/schemas', name), 'utf8'), text)
    }
  })

  test('has a schema of the gate file that takes the examples, and no unknown key', () => {
    const isGate = accepts('gate.schema.json')
    const files = ['gate-guard.yaml', 'gate-minimal.yaml', 'gate-veza.yaml'].map(name =>
      readFileSync(join(ROOT, 'docs/examples', name), 'utf8')
    )
    for (const text of [...files, GATE_TEMPLATE]) {
      const yaml = readYaml(text)
      assert.ok(yaml.ok)
      assert.ok(isGate(yaml.value[0]?.value), JSON.stringify(isGate.errors))
    }
    assert.ok(!isGate({ service: { name: 'a', url: 'http://a' }, metric: {} }))
  })
})

suite('JUnit', () => {
  test('has a suite for each section with items: FAIL is a failure, SKIP is skipped', () => {
    assert.equal(
      renderGateJunit({ ...NO_GO, items: NO_GO.items.slice(0, 2) }),
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="Prometheus scrape" tests="2" failures="1" errors="0" skipped="1" time="0.000" timestamp="2026-11-03T03:03:05">
    <testcase classname="Prometheus scrape" name="metrics-endpoint-answers" time="0.000">
      <failure type="FAIL" message="connection refused">FAIL: connection refused</failure>
      <system-out>/metrics answers&#10;connection refused</system-out>
    </testcase>
    <testcase classname="Prometheus scrape" name="metrics-have-prefix" time="0.000">
      <skipped message="GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms">SKIP: GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms</skipped>
      <system-out>Metrics with the prefix are there&#10;GET http://localhost:8080/metrics: 200, 8112 bytes, 12 ms</system-out>
    </testcase>
  </testsuite>
</testsuites>
`
    )
  })

  test('has no element and no attribute but those that the schema of Jenkins has', () => {
    // Source: junit-10.xsd of jenkinsci/xunit-plugin, as much of it as we write.
    const allowed: Readonly<Record<string, readonly string[]>> = {
      testsuites: [],
      testsuite: ['name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp'],
      testcase: ['name', 'classname', 'time'],
      failure: ['type', 'message'],
      skipped: ['type', 'message'],
      'system-out': []
    }
    for (const [, element = '', attributes = ''] of renderGateJunit(NO_GO).matchAll(
      /<([a-z-]+)((?: [a-z]+="[^"<]*")*)\/?>/g
    )) {
      assert.ok(Object.hasOwn(allowed, element), element)
      for (const [, name = ''] of attributes.matchAll(/ ([a-z]+)="/g)) {
        assert.ok(allowed[element]?.includes(name), `${element} ${name}`)
      }
    }
  })

  test('tells what is optional and waived', () => {
    const xml = renderGateJunit(NO_GO)
    assert.match(xml, /12 ms \(optional, waived until 2026-11-30, no time yet\)/)
    assert.match(xml, /12 ms \(optional, waiver ended 2026-10-01, moved\)/)
  })

  test('is an empty list of suites where there are no items', () => {
    assert.match(renderGateJunit(aGateReport({ items: [] })), /<testsuites>\n<\/testsuites>\n$/)
  })
})
