import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { scanJson } from '../../src/sources/scan-json.ts'

suite('JSON', () => {
  for (const [rule, text, rest] of [
    ['ends where its object does', '{"a": [1, {"b": null}], "c": {}} {"d": 1}', ' {"d": 1}'],
    ['ends where its text does, whatever brackets it holds', String.raw`"a\"}]\\"}`, '}'],
    ['ends where its number does', '-1.5e+3,', ','],
    ['may have white space before it', '\r\n\t {}\n', '\n'],
    ['may be an empty list', '[ ] ', ' ']
  ] as const) {
    test(rule, () => {
      const scan = scanJson(text, 0)
      assert.equal(scan.ok && text.slice(scan.end), rest)
    })
  }

  for (const [text, message] of [
    ['', '0: a value is expected'],
    ['{"a": ', '6: the text ends before its { is closed'],
    ['{"a": [1', '8: the text ends before its [ is closed'],
    ['{"a": "b', '8: the text ends inside a string'],
    ['{"a": "b\nc"}', '8: a string holds a line break or control character'],
    [String.raw`{"a": "\x"}`, '7: a string holds a backslash that begins no escape sequence'],
    [String.raw`"\u12"`, '1: a string holds a backslash that begins no escape sequence'],
    ['{a: 1}', '1: a key in double quotes is expected'],
    ['{"a": 1,}', '8: a key in double quotes is expected'],
    ['[1,]', '3: a value is expected'],
    ['{"a" 1}', '5: a colon is expected after the key'],
    ['{"a":: 1}', '5: a value is expected'],
    ['{"a": 1 "b": 2}', '8: a comma or } is expected'],
    ['[1}', '2: a comma or ] is expected'],
    ['{]', '1: a key in double quotes is expected'],
    ['[01]', '1: a value is expected'],
    ['[truth]', '1: a value is expected'],
    ['[1.]', '1: a value is expected'],
    [`${'['.repeat(1001)}`, '1000: nested more than 1000 levels deep']
  ] as const) {
    test(`has a fault with its place: ${text.slice(0, 20)}`, () => {
      const scan = scanJson(text, 0)
      assert.ok(!scan.ok)
      assert.equal(`${scan.fault.offset}: ${scan.fault.message}`, message)
    })
  }

  test('may have a thousand levels', () => {
    assert.equal(scanJson(`${'['.repeat(1000)}${']'.repeat(1000)}`, 0).ok, true)
  })

  test('may hold a text of many megabytes', () => {
    const text = `"${'x'.repeat(20_000_000)}${'\\n'.repeat(1_000_000)}"`
    assert.deepEqual(scanJson(text, 0), { ok: true, end: text.length })
  })

  test('has the items of a List, and of Lists in it, at their places', () => {
    const text =
      '  {"kind": "List", "items": [{"a": 1}, null, {"items": [2, {"items": [[3]]}]}], "more": [{"items": [4]}]}'
    const found: Record<string, string> = {}
    scanJson(text, 2, (path, offset) => {
      found[path] = text.slice(offset, offset + 2)
    })
    assert.deepEqual(found, {
      '/items/0': '{"',
      '/items/1': 'nu',
      '/items/2': '{"',
      '/items/2/items/0': '2,',
      '/items/2/items/1': '{"',
      '/items/2/items/1/items/0': '[3'
    })
  })
})
