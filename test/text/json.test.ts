import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  countAt,
  isJsonObject,
  listAt,
  parseJson,
  resolvePointer,
  textAt,
  timeAt,
  valueAt
} from '../../src/text/json.ts'

// RFC 6901 section 5, but for the empty pointer, which is never a version's.
const RFC = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8
}

suite('JSON pointer', () => {
  for (const [pointer, document, found] of [
    ['/foo', RFC, ['bar', 'baz']],
    ['/foo/0', RFC, 'bar'],
    ['/', RFC, 0],
    ['/a~1b', RFC, 1],
    ['/c%d', RFC, 2],
    ['/e^f', RFC, 3],
    ['/g|h', RFC, 4],
    ['/i\\j', RFC, 5],
    ['/k"l', RFC, 6],
    ['/ ', RFC, 7],
    ['/m~0n', RFC, 8],
    ['/~01', { '~1': 'a tilde is not unescaped twice' }, 'a tilde is not unescaped twice'],
    ['/build/version', { build: { version: 'v1' } }, 'v1'],
    ['/foo/2', RFC, undefined],
    ['/foo/-', RFC, undefined],
    ['/foo/00', RFC, undefined],
    ['/foo/length', RFC, undefined],
    ['/missing', RFC, undefined],
    ['/missing/deeper', RFC, undefined],
    ['/version/length', { version: 'v1' }, undefined],
    ['/version/x', { version: null }, undefined],
    ['/constructor/name', {}, undefined],
    ['/__proto__/toString', {}, undefined],
    ['/toString', {}, undefined]
  ] as const) {
    test(`${pointer} in ${JSON.stringify(document)} finds ${JSON.stringify(found) ?? 'nothing'}`, () => {
      assert.deepEqual(resolvePointer(document, pointer), found)
    })
  }
})

suite('path through JSON', () => {
  test('leads to a value, or to nothing', () => {
    const object = { metadata: { name: 'web' }, items: ['a'] }
    assert.equal(valueAt(object, 'metadata', 'name'), 'web')
    assert.equal(valueAt(object), object)
    assert.equal(valueAt(object, 'metadata', 'name', 'length'), undefined)
    assert.equal(valueAt(object, 'items', 'length'), undefined)
    assert.equal(valueAt(null, 'metadata'), undefined)
  })

  test('leads to a count, which is 0 where none is written', () => {
    assert.equal(countAt({ status: { replicas: 2 } }, 'status', 'replicas'), 2)
    assert.equal(countAt({ status: { replicas: '2' } }, 'status', 'replicas'), 0)
    assert.equal(countAt({}, 'status', 'replicas'), 0)
  })

  test('begins at an object, which neither null nor a list is', () => {
    assert.deepEqual([{}, [], null, 'x'].map(isJsonObject), [true, false, false, false])
  })
})

suite('JSON text', () => {
  for (const [text, value] of [
    ['{"a":[1]}', { a: [1] }],
    ['null', null],
    ['\ufeff{"a":[1]}', { a: [1] }],
    [Buffer.from('\ufeffnull'), null],
    [Buffer.from('"für"'), 'für'],
    [new TextEncoder().encode('"für"'), 'für'],
    ['', undefined],
    ['<html>', undefined],
    [Buffer.from([0xff]), undefined],
    // Deeper than any stack.
    ['['.repeat(1_000_000), undefined]
  ] as const) {
    test(`gives its value, or nothing: ${String(text).slice(0, 20)}`, () => assert.deepEqual(parseJson(text), value))
  }
})

suite('what is read from JSON', () => {
  const object = { text: 'web', number: 7, list: ['a'], time: '2026-11-03T03:04:05Z', never: 'tomorrow' }

  test('is a text, a list or a time, and empty where it is anything else', () => {
    const names = ['text', 'number', 'list', 'missing']
    assert.deepEqual(
      names.map(name => textAt(object, name)),
      ['web', '', '', '']
    )
    assert.deepEqual(
      names.map(name => listAt(object, name)),
      [[], [], ['a'], []]
    )
    assert.deepEqual(
      ['time', 'never', 'number', 'missing'].map(name => timeAt(object, name)),
      [Date.UTC(2026, 10, 3, 3, 4, 5), null, null, null]
    )
  })
})
