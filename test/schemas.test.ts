import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite, test } from 'node:test'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { renderSchemas } from '../docs/schemas.ts'
import { ROOT } from './support/files.ts'

const FOLDER = 'docs/schemas'
const FIRST_LINE = /^# yaml-language-server: \$schema=(\S+)\n/
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const schemas = renderSchemas()

/** Examples that name a schema of ours, and the path of it. */
const examples = globSync('docs/examples/*.yaml', { cwd: ROOT }).flatMap(path => {
  const [, schema] = FIRST_LINE.exec(read(path)) ?? []
  return schema === undefined ? [] : [[path, join(dirname(path), schema)] as const]
})

function accepts(schema: string, value: unknown): boolean {
  return new Ajv().compile(JSON.parse(read(schema)))(value)
}

suite('published schemas', () => {
  for (const [name, text] of Object.entries(schemas)) {
    test(`${name} is as npm run docs makes it, and is a schema`, () => {
      assert.equal(read(join(FOLDER, name)), text)
      new Ajv({ strict: true, validateFormats: false }).compile(JSON.parse(text))
    })
  }

  test('are no more than those that are made', () => {
    assert.deepEqual(globSync('*', { cwd: join(ROOT, FOLDER) }).sort(), Object.keys(schemas).sort())
  })

  for (const [example, schema] of examples) {
    test(`${example} names its schema in its first line, and keeps to it`, () => {
      assert.ok(existsSync(join(ROOT, schema)))
      assert.ok(accepts(schema, parse(read(example))))
      assert.ok(!accepts(schema, { ...parse(read(example)), nonsense: 1 }))
    })
  }

  test('are named by the examples of targets', () => {
    const named = examples.filter(([, schema]) => schema.endsWith('/targets.schema.json')).map(([path]) => path)
    assert.deepEqual(named.sort(), ['docs/examples/all-keys.yaml', 'docs/examples/targets.yaml'])
  })

  test('take the containers of a Docker host as targets, and no other kinds', () => {
    const target = { service: 'shop', namespace: 'shop_dev' }
    const of = (kind: string) => ({ targets: [{ ...target, workload: { kind, name: 'shop_app.1' } }] })
    assert.ok(accepts(join(FOLDER, 'targets.schema.json'), of('Container')))
    assert.ok(!accepts(join(FOLDER, 'targets.schema.json'), of('Job')))
  })
})
