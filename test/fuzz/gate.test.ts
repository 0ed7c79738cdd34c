import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, suite } from 'node:test'
import fc from 'fast-check'
import { readGateFile } from '../../src/gate/config/gate-file.ts'
import { GATE } from '../../src/gate/config/gate-schema.ts'
import { syntaxFault } from '../../src/gate/files/promql.ts'
import { readMarkdown } from '../../src/gate/files/read-markdown.ts'
import { readPrometheusConfig } from '../../src/gate/files/read-prometheus-config.ts'
import { readRules } from '../../src/gate/files/read-rules.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'
import { aRulesFile, aRunbook } from '../support/gate-files.ts'
import { anyText, fuzz, near } from './fuzz.ts'

const VEZA = readFileSync(join(ROOT, 'docs/examples/gate-veza.yaml'), 'utf8')
const RULES = aRulesFile({ a: 2 }, { runbook: 'a.md' })
const JOBS = 'scrape_configs: [{ job_name: a, static_configs: [{ targets: ["b:1"] }] }]\nscrape_config_files: [x]\n'

const value = fc.jsonValue({ maxDepth: 2 })
const optional = (keys: readonly string[]) =>
  fc.record(Object.fromEntries(keys.map(key => [key, fc.oneof(value, fc.array(value, { maxLength: 3 }))])), {
    requiredKeys: []
  })
const gate = optional(Object.keys(GATE.properties)).map(made => JSON.stringify(made))
const rule = optional(['alert', 'record', 'expr', 'for', 'labels', 'annotations'])
const rules = fc.array(rule, { maxLength: 3 }).map(made => JSON.stringify({ groups: [{ name: 'a', rules: made }] }))

/** Each message is one line, as it may be shown. */
function arePrintable(messages: readonly string[]): void {
  for (const message of messages) {
    assert.ok(message !== '' && message.isWellFormed(), message)
    assert.doesNotMatch(message, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
  }
}

suite('the files of a gate', () => {
  const path = join(temporaryFolder({ after }), 'a.yaml')

  fuzz(
    'a gate file is taken, or told line by line what is wrong with it',
    fc.oneof(near(VEZA), gate, anyText),
    text => {
      writeFileSync(path, text)
      const result = readGateFile(path)
      if (!result.ok) arePrintable(result.mistakes.map(({ message }) => message.replaceAll(path, '')))
    },
    0.1
  )

  fuzz(
    'rules and jobs are read, or told what is wrong with them',
    fc.oneof(near(RULES, JOBS), rules, anyText),
    text => {
      writeFileSync(path, text)
      const { groups, mistakes } = readRules(path, 'a.yaml')
      assert.ok(groups.length === 0 || mistakes.length === 0)
      arePrintable(mistakes)
      arePrintable(readPrometheusConfig(path, 'a.yaml').mistakes.map(message => message.replaceAll(path, '')))
    },
    0.1
  )

  fuzz(
    'a text is read as Markdown and as PromQL',
    near(aRunbook(), '<!-- a --> [b](<c d>) `e`\n---\n    f\n', 'sum by (a) (rate(b{c="d"}[5m])) > 1'),
    text => {
      const { headings, hasCommand } = readMarkdown(text)
      assert.ok(hasCommand || headings.every(heading => !heading.hasCommand))
      const fault = syntaxFault(text)
      if (fault !== null) arePrintable([fault])
    },
    0.2
  )
})
