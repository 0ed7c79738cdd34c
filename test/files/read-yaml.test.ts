import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readYaml } from '../../src/files/read-yaml.ts'

function values(text: string): unknown[] {
  const yaml = readYaml(text)
  assert.ok(yaml.ok)
  return yaml.value.map(({ value }) => value)
}

function mistakes(text: string): string[] {
  const yaml = readYaml(text)
  return yaml.ok ? [] : yaml.mistakes.map(({ line, message }) => `${line}: ${message}`)
}

suite('YAML', () => {
  for (const [rule, text, expected] of [
    ['has no documents where there is no text', '# nothing', []],
    ['has null for an empty document', '---\n---\na: 1\n', [null, { a: 1 }]],
    ['is 1.2, where no and on are words', 'no: on', [{ no: 'on' }]],
    ['has JSON in it, indented by tabs as well', '{\n\t"a": [\n\t\ttrue\n\t]\n}', [{ a: [true] }]],
    ['has aliases', 'a: &x [1]\nb: *x', [{ a: [1], b: [1] }]],
    ['has texts for keys, whatever they look like', '1: a\ntrue: b', [{ 1: 'a', true: 'b' }]]
  ] as const) {
    test(rule, () => assert.deepEqual(values(text), expected))
  }

  test('cannot reach the prototype of objects', () => {
    const [value] = values('__proto__: {polluted: true}')
    assert.deepEqual(Object.keys(Object(value)), ['__proto__'])
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  })

  for (const [rule, text, expected] of [
    [
      'what is not closed',
      'a: 1\nb: [',
      ['2: Flow sequence in block collection must be sufficiently indented and end with a ]']
    ],
    ['every key that is written twice', 'a: 1\nb: {c: 1, c: 2}\na: 3', ['3: duplicate key: a', '2: duplicate key: c']],
    ['a key that is no text', '? [a]\n: b', ['1: With stringKeys, all keys must be strings']],
    [
      'an alias without its anchor',
      'a: 1\n---\nb: *x',
      ['3: Unresolved alias (the anchor must be set before the alias)']
    ]
  ] as const) {
    test(`has a mistake for ${rule}, with its line`, () => assert.deepEqual(mistakes(text), expected))
  }

  test('does not let aliases multiply', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`
    )
    assert.deepEqual(mistakes(['l0: &l0 x', ...levels].join('\n')), [
      '1: Excessive alias count indicates a resource exhaustion attack'
    ])
  })

  for (const [rule, text, expected] of [
    ['brackets that are nested without end', '['.repeat(100_000), '1: nested too deeply'],
    ['brackets that end', `${'['.repeat(1000)}${']'.repeat(1000)}`, '1: nested too deeply'],
    ['items in items', `a:\n${'- '.repeat(1000)}x`, '2: nested too deeply'],
    [
      'lines that are indented ever more',
      Array.from({ length: 1000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
      '256: nested too deeply'
    ],
    ['more than anybody writes', 'a: 1\n'.repeat(100_000), '71429: more than 500000 YAML tokens'],
    ['directives alone', '%a\n'.repeat(200), '101: Missing directives-end indicator line']
  ] as const) {
    test(`has one mistake for ${rule}, with the line where it is too much`, () => {
      assert.deepEqual(mistakes(text), [expected])
    })
  }

  test('has no more mistakes of broken signs than somebody reads', () => {
    const found = mistakes(']\n'.repeat(100_000))
    assert.ok(found.length > 1 && found.length <= 101, String(found.length))
  })

  test('may be nested as deep as any manifest', () => {
    const depth = 120
    assert.equal(values(`${'{a: ['.repeat(depth)}${']}'.repeat(depth)}`).length, 1)
  })

  test('leaves the stacks of errors as they were', () => {
    const { stackTraceLimit } = Error
    mistakes('['.repeat(1000))
    values('a: 1')
    assert.equal(Error.stackTraceLimit, stackTraceLimit)
  })

  test('tells the line of a key, of an item, and of the nearest place above what is not there', () => {
    const yaml = readYaml(
      '# a comment\nlist:\n  - name: one\n    inner:\n      deep: 1\n  - &two\n    name: two\n  - *two\n'
    )
    assert.ok(yaml.ok)
    const lineOf = yaml.value[0]?.lineOf
    const lines = [
      [],
      ['list'],
      ['list', 0, 'inner'],
      ['list', 0, 'inner', 'deep'],
      ['list', 1],
      ['list', 2, 'name'],
      ['list', 0, 'gone', 'too']
    ]
    assert.deepEqual(
      lines.map(path => lineOf?.(path)),
      [2, 2, 4, 5, 7, 8, 3]
    )
  })
})
