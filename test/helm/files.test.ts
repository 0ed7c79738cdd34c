import assert from 'node:assert/strict'
import { globSync, lstatSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { contentsOf, recordContents } from '../../helm/chart-version.ts'
import { generatedChartFiles, readChartFiles } from '../../helm/generate.ts'
import { readChartValues } from '../../helm/values-file.ts'
import { VARIABLES } from '../../src/config/environment.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const chart = parse(read('helm/Chart.yaml'))

suite("the chart's files", () => {
  for (const [name, text] of Object.entries(generatedChartFiles())) {
    test(`${name} is made from its sources as they are (else: npm run docs)`, () => {
      assert.equal(read(`helm/${name}`), text)
    })
  }

  test('name the release: appVersion is the version of the package', () => {
    assert.equal(chart.appVersion, JSON.parse(read('package.json')).version)
  })

  test("have a version that moves with templates, values and appVersion (else: raise Chart.yaml's version, npm run docs)", () => {
    const recorded = chart.annotations['version-guard.keybuzz.io/contents']
    assert.equal(recorded, contentsOf(read('helm/Chart.yaml'), readChartFiles()))
  })

  test('link to alerts and dashboards, and hold no copies', () => {
    for (const name of ['alerts', 'dashboards']) {
      assert.ok(lstatSync(join(ROOT, 'helm/files', name)).isSymbolicLink())
      assert.equal(realpathSync(join(ROOT, 'helm/files', name)), join(ROOT, name))
    }
  })

  test('ask the cluster for nothing while they render: what is made, values say', () => {
    for (const path of globSync('helm/templates/**/*.*', { cwd: ROOT })) {
      assert.doesNotMatch(read(path), /\.Capabilities|\blookup\b/, path)
    }
  })

  test('take every variable of the guard, in config or by a value of its own', () => {
    const { properties } = JSON.parse(read('helm/values.schema.json'))
    const set = [...read('helm/templates/_pod.tpl').matchAll(/- name: ([A-Z_]+)$/gm)].map(([, name]) => name)
    for (const name of VARIABLES.keys()) {
      const isInConfig = name in properties.config.properties
      assert.ok(isInConfig !== (name === 'PORT' || set.includes(name)), name)
    }
  })

  test('have for KeyBuzz the two services of the example', () => {
    const { targets, namespaces } = parse(read('helm/values-keybuzz-dev.yaml'))
    assert.deepEqual(targets, parse(read('docs/examples/targets.yaml')).targets)
    assert.deepEqual(namespaces, ['keybuzz-client-dev', 'keybuzz-admin-dev'])
  })
})

suite('values.yaml', () => {
  test('gives each value with its default and the words for it', () => {
    const text = '# file\n\n# -- one\na: 1\nb:\n  # -- two,\n  # and more\n  c: { d: [x] }\n  # -- three\n  e: ""\n'
    assert.deepEqual(readChartValues(text), [
      { path: 'a', byDefault: 1, description: 'one' },
      { path: 'b.c', byDefault: { d: ['x'] }, description: 'two, and more' },
      { path: 'b.e', byDefault: '', description: 'three' }
    ])
  })

  test('has no value without a description', () => {
    assert.throws(() => readChartValues('# -- a\na: 1\nb: 2\n'), /b has no comment/)
  })
})

suite("the chart's version", () => {
  const chartYaml = (version: string, recorded: string) =>
    `version: ${version}\nappVersion: 1.0.0\nannotations:\n  version-guard.keybuzz.io/contents: ${recorded}\n`
  const first = contentsOf(chartYaml('0.1.0', 'none'), { a: 'b' })

  test('stands for contents: another template, another value, another release is another one', () => {
    assert.match(first, /^0\.1\.0 sha256:[0-9a-f]{16}$/)
    for (const files of [{ a: 'c' }, { b: 'b' }, { a: 'b', c: '' }]) {
      assert.notEqual(contentsOf(chartYaml('0.1.0', 'none'), files), first)
    }
    assert.notEqual(contentsOf(chartYaml('0.1.0', 'none').replace('1.0.0', '1.0.1'), { a: 'b' }), first)
  })

  test('keeps its record until it is raised, so that a change without a new version shows', () => {
    const old = chartYaml('0.1.0', first)
    assert.equal(recordContents(old, { a: 'changed' }), old)
    const raised = recordContents(chartYaml('0.1.1', first), { a: 'changed' })
    assert.match(raised, /contents: 0\.1\.1 sha256:[0-9a-f]{16}\n$/)
    assert.ok(!raised.includes(first.split(' ')[1] ?? ''))
  })
})
