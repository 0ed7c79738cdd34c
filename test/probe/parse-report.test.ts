import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DEFAULT_GIT_SHA_POINTERS, DEFAULT_VERSION_POINTERS } from '../../src/domain/target.ts'
import { parseReport, resolvePointer } from '../../src/probe/parse-report.ts'

const DEFAULTS = { versionPointers: DEFAULT_VERSION_POINTERS, gitShaPointers: DEFAULT_GIT_SHA_POINTERS }

function parse(text: string, pointers: Partial<typeof DEFAULTS> | Record<string, readonly string[]> = {}) {
  return parseReport(Buffer.from(text), { ...DEFAULTS, ...pointers })
}

suite('report', () => {
  for (const [rule, text, version, gitSha] of [
    ['takes the version and the SHA', '{"version":"v1","gitSha":"abc1234"}', 'v1', 'abc1234'],
    ['takes the first pointer that hits', '{"build":{"version":"c"},"appVersion":"b","version":"a"}', 'a', null],
    ['passes over an empty version', '{"version":"","appVersion":"b"}', 'b', null],
    ['passes over a blank version', '{"version":" \\t","build":{"version":"c"}}', 'c', null],
    ['passes over a version of another type', '{"version":2,"appVersion":"b"}', 'b', null],
    ['leaves the version as it is', '{"version":" v1\\n"}', ' v1\n', null],
    ['takes a SHA of 7 digits, in either case', '{"version":"v1","git_sha":"ABCDEF0"}', 'v1', 'ABCDEF0'],
    ['takes a SHA of 64 digits', `{"version":"v1","commit":"${'0a'.repeat(32)}"}`, 'v1', '0a'.repeat(32)],
    ['passes over a placeholder SHA', '{"version":"v1","gitSha":"unknown","gitCommit":"abc1234"}', 'v1', 'abc1234'],
    ['takes no SHA with a line end', '{"version":"v1","gitSha":"abc1234\\n"}', 'v1', null],
    ['takes the last of doubled keys', '{"version":"a","version":"b"}', 'b', null],
    ['does not mind a byte order mark', '\ufeff{"version":"v1"}', 'v1', null],
    ['does not mind other members', '{"__proto__":null,"constructor":1,"version":"v1"}', 'v1', null]
  ] as const) {
    test(rule, () => assert.deepEqual(parse(text), { seen: true, value: { version, gitSha } }))
  }

  test('takes a version and a SHA from where the target says', () => {
    const pointers = { versionPointers: ['/app/tag'], gitShaPointers: ['/app/sha'] }
    const report = parse('{"version":"other","app":{"tag":"v1","sha":"abc1234"}}', pointers)
    assert.deepEqual(report, { seen: true, value: { version: 'v1', gitSha: 'abc1234' } })
  })

  for (const [rule, text, reason, message] of [
    ['names where it looked', '{}', 'no_version', 'no version at /version, /appVersion or /build/version'],
    ['names the wrong type', '{"appVersion":["v1"]}', 'no_version', '/appVersion is an array, not a string'],
    ['does not read from prototypes', '{"__proto__":{"version":"v1"}}', 'no_version', undefined],
    ['takes a boolean for no object', 'true', 'not_json', 'a boolean instead of a JSON object'],
    [
      'shows how text begins, made harmless',
      'oops\u0007\u202e',
      'not_json',
      'not JSON: it begins with oops\ufffd\ufffd'
    ],
    ['shows no more than the beginning', 'x'.repeat(9000), 'not_json', `not JSON: it begins with ${'x'.repeat(32)}`]
  ] as const) {
    test(rule, () => {
      const report = parse(text)
      assert.equal(report.seen ? 'seen' : report.reason, reason)
      if (message !== undefined) assert.equal(report.seen ? 'seen' : report.message, message)
    })
  }

  test('names a single pointer, cut and made harmless', () => {
    const report = parse('{}', { versionPointers: [`/\u0000${'x'.repeat(250)}`] })
    assert.equal(report.seen ? 'seen' : report.message, `no version at /\ufffd${'x'.repeat(126)}`)
  })
})

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
