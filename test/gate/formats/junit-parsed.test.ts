// What others make of the report: read back by an XML parser that is not ours, and held against what GitLab and Jenkins say.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { suite, test } from 'node:test'
import type { GateReport } from '../../../src/domain/gate.ts'
import { renderGateJunit } from '../../../src/gate/formats/junit.ts'
import { findProgram, needs } from '../../support/component.ts'
import { aGateReport, anItem, NO_GO } from '../../support/gate-report.ts'

interface Element {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
  readonly children: readonly Element[]
}

const READ = `import json, sys, xml.etree.ElementTree as tree
def told(one): return {'tag': one.tag, 'attributes': one.attrib, 'text': one.text or '', 'children': [told(child) for child in one]}
print(json.dumps(told(tree.fromstring(sys.stdin.buffer.read()))))`
const missing = findProgram('python3') === undefined ? 'python3 is not on the PATH' : undefined

function parsed(report: GateReport): Element {
  const python = spawnSync('python3', ['-c', READ], { input: renderGateJunit(report), encoding: 'utf8' })
  assert.equal(python.status, 0, python.stderr)
  return JSON.parse(python.stdout)
}

// It contains what servers say.
const EVIL = '</failure>]]><script>"a" \'b\' & \u00e9 \u{1f525}\nnext line\ttab &amp; %s <!-- -->'
const REPORT = aGateReport({
  ...NO_GO,
  items: [
    ...NO_GO.items,
    anItem({ id: 'rules-loaded', section: 'Alert rules', status: 'FAIL', evidence: EVIL, item: EVIL }),
    anItem({ id: 'rules-evaluated', section: 'Alert rules', status: 'SKIP', evidence: EVIL })
  ]
})

suite('JUnit, read by another parser', needs(missing), () => {
  test('has suites whose counts are those of their cases', () => {
    const { tag, children: suites } = parsed(REPORT)
    assert.equal(tag, 'testsuites')
    for (const { tag: name, attributes, children: cases } of suites) {
      const count = (child: string) => cases.filter(({ children }) => children.some(one => one.tag === child)).length
      assert.equal(name, 'testsuite')
      assert.deepEqual([attributes.tests, attributes.failures, attributes.skipped, attributes.errors].map(Number), [
        cases.length,
        count('failure'),
        count('skipped'),
        0
      ])
      // Jenkins' jenkins-junit.xsd: xs:dateTime in the pattern ISO8601, and a decimal.
      assert.match(attributes.timestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
      assert.match(attributes.time ?? '', /^\d+\.\d+$/)
    }
    assert.deepEqual(
      suites.flatMap(({ children }) => children.map(({ attributes }) => attributes.name)).toSorted(),
      REPORT.items.map(({ id }) => id).toSorted()
    )
  })

  test('has cases with what both know: names, a time, and one verdict at most', () => {
    const cases = parsed(REPORT).children.flatMap(({ children }) => children)
    for (const { tag, attributes, children } of cases) {
      assert.equal(tag, 'testcase')
      // GitLab (lib/gitlab/ci/parsers/test/junit.rb) knows a case again by these two, and needs both.
      assert.deepEqual(Object.keys(attributes), ['classname', 'name', 'time'])
      const tags = children.map(child => child.tag)
      assert.ok(
        tags.every(one => ['failure', 'skipped', 'system-out'].includes(one)),
        tags.join()
      )
      assert.ok(tags.filter(one => one !== 'system-out').length <= 1)
      // The order of the schema of Jenkins.
      assert.deepEqual(
        tags,
        tags.toSorted((one, other) => Number(one === 'system-out') - Number(other === 'system-out'))
      )
    }
    assert.equal(new Set(cases.map(({ attributes }) => attributes.name)).size, cases.length)
  })

  test('says every evidence word by word, whatever stands in it: in the attribute for Jenkins, in the text for GitLab', () => {
    const cases = parsed(REPORT).children.flatMap(({ children }) => children)
    for (const [id, tag, status] of [
      ['rules-loaded', 'failure', 'FAIL'],
      ['rules-evaluated', 'skipped', 'SKIP']
    ]) {
      const verdict = cases.find(one => one.attributes.name === id)?.children.find(one => one.tag === tag)
      assert.equal(verdict?.attributes.message, EVIL)
      assert.equal(verdict.text, `${status}: ${EVIL}`)
      assert.ok(verdict.children.length === 0)
    }
  })
})
