import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { seen } from '../../src/domain/observation.ts'
import { DEFAULT_GIT_SHA_POINTERS, DEFAULT_VERSION_POINTERS } from '../../src/domain/target.ts'
import { parseReport, type Reading, readReport } from '../../src/probe/parse-report.ts'

setFlagsFromString('--expose-gc')

const DEFAULTS = { versionPointers: DEFAULT_VERSION_POINTERS, gitShaPointers: DEFAULT_GIT_SHA_POINTERS }

function parse(text: string | Buffer, reading: Partial<Reading> = {}) {
  const report = parseReport(Buffer.from(text), { ...DEFAULTS, ...reading })
  return report.seen ? seen({ version: report.value.version, gitSha: report.value.gitSha }) : report
}

suite('report', () => {
  for (const [rule, text, version, gitSha] of [
    ['takes the version and the SHA', '{"version":"v1","gitSha":"abc1234"}', 'v1', 'abc1234'],
    ['takes the first pointer that hits', '{"build":{"version":"c"},"appVersion":"b","version":"a"}', 'a', null],
    ['passes over an empty version', '{"version":"","appVersion":"b"}', 'b', null],
    ['passes over a blank version', '{"version":" \\t","build":{"version":"c"}}', 'c', null],
    ['passes over a version of another type', '{"version":2,"appVersion":"b"}', 'b', null],
    ['takes no white space around a version', '{"version":" \\tv1.2 beta\\r\\n"}', 'v1.2 beta', null],
    ['takes no white space around a SHA', '{"version":"v1","gitSha":"abc1234\\n"}', 'v1', 'abc1234'],
    ['takes a SHA of a tree with changes', '{"version":"v1","gitSha":"abc1234-dirty"}', 'v1', 'abc1234-dirty'],
    ['takes no SHA with anything else behind it', '{"version":"v1","gitSha":"abc1234-clean"}', 'v1', null],
    [
      'does not mind bytes that are no text where they do not matter',
      Buffer.from('{"version":"v1","by":"Andr\xe9"}', 'latin1'),
      'v1',
      null
    ],
    ['takes no SHA with anything else in front', '{"version":"v1","gitSha":"x-abc1234"}', 'v1', null],
    ['keeps a byte order mark within', '{"version":"v\ufeff1"}', 'v\ufeff1', null],
    ['takes a SHA of 7 digits, in either case', '{"version":"v1","git_sha":"ABCDEF0"}', 'v1', 'ABCDEF0'],
    ['takes a SHA of 64 digits', `{"version":"v1","commit":"${'0a'.repeat(32)}"}`, 'v1', '0a'.repeat(32)],
    ['passes over a placeholder SHA', '{"version":"v1","gitSha":"unknown","gitCommit":"abc1234"}', 'v1', 'abc1234'],
    ['takes the last of doubled keys', '{"version":"a","version":"b"}', 'b', null],
    ['reads the numbers that only Python writes', '{"a":NaN,"b":[Infinity,-Infinity],"version":"v1"}', 'v1', null],
    ['takes them for text in a string', '{"a":NaN,"version":"v1-\\"NaN"}', 'v1-"NaN', null],
    ['does not mind a byte order mark', '\ufeff{"version":"v1"}', 'v1', null],
    [
      'reads Spring Boot, git mode simple',
      '{"git":{"branch":"main","commit":{"id":"abc1234"}},"build":{"version":"1.4.0"}}',
      '1.4.0',
      'abc1234'
    ],
    [
      'reads Spring Boot, git mode full',
      `{"git":{"commit":{"id":{"abbrev":"0a0a0a0","full":"${'0a'.repeat(20)}"}}},"build":{"version":"1.4.0"}}`,
      '1.4.0',
      '0a'.repeat(20)
    ],
    ["reads Kubernetes' /version", '{"major":"1","gitVersion":"v1.35.0","gitCommit":"abc1234"}', 'v1.35.0', 'abc1234'],
    [
      "reads Prometheus' build information",
      '{"status":"success","data":{"version":"3.5.0","revision":"abc1234"}}',
      '3.5.0',
      'abc1234'
    ],
    ['takes what stands at the top before an envelope', '{"version":"v1","data":{"version":"v2"}}', 'v1', null],
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
    [
      'names where it looked',
      '{}',
      'no_version',
      'no version at /version, /appVersion, /build/version, /gitVersion or /data/version'
    ],
    ['names the wrong type', '{"appVersion":["v1"]}', 'no_version', '/appVersion is an array, not a string'],
    ['names a version that is empty', '{"appVersion":" "}', 'no_version', '/appVersion is empty'],
    ['names null', '{"version":null}', 'no_version', '/version is null, not a string'],
    ['takes null for no object', 'null', 'not_json', 'null instead of a JSON object'],
    ['takes an array for no object', '[{"version":"v1"}]', 'not_json', 'an array instead of a JSON object'],
    ['takes a text for no object', '"v1"', 'not_json', 'a string instead of a JSON object'],
    ['names nothing', '', 'not_json', 'not JSON: empty body'],
    ['names white space', ' \r\n\t', 'not_json', 'not JSON: empty body'],
    ['names a page, in either case', '\n<!DOCTYPE HTML><p>', 'not_json', 'not JSON: an HTML page'],
    ['names a page without a type', '<head/><HTML>', 'not_json', 'not JSON: an HTML page'],
    ['names other markup', '<?xml version="1.0"?><version>v1</version>', 'not_json', 'not JSON: markup'],
    ['names what is no text', Buffer.from('oops \xe9', 'latin1'), 'not_json', 'not JSON: not UTF-8 text'],
    [
      'says of JSON lines that more follows the first, which looks right to a person',
      '{"version":"v1"}\n{"version":"v1"}\n',
      'not_json',
      'not JSON: only its first 17 characters are'
    ],
    [
      'says so of two documents without a line between them',
      '{\n"version":"v1"}{"version":"v1"}',
      'not_json',
      'not JSON: only its first 17 characters are'
    ],
    [
      'says so of the zero byte that ends a text in C',
      '{"version":"v1"}\0',
      'not_json',
      'not JSON: only its first 16 characters are'
    ],
    ['shows text from its first word on', '\n\n oops', 'not_json', 'not JSON: it begins with oops'],
    ['does not read a number where a name must be', '{NaN:1,"version":"v1"}', 'not_json', undefined],
    [
      'reads no strange number in the place of a version',
      '{"version":NaN}',
      'no_version',
      '/version is null, not a string'
    ],
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

test('a report tells at which pointers it found what', () => {
  const report = parseReport(
    Buffer.from('{"version":"","appVersion":"v1","gitSha":"none","commit":"abc1234"}'),
    DEFAULTS
  )
  const value = { version: 'v1', gitSha: 'abc1234', versionPointer: '/appVersion', gitShaPointer: '/commit' }
  assert.deepEqual(report, { seen: true, value })
})

suite('report under git-sha', () => {
  for (const [rule, text, value] of [
    ['needs no version', '{"gitSha":"abc1234"}', { version: null, gitSha: 'abc1234' }],
    ['may have one', '{"version":"v1","gitSha":"abc1234"}', { version: 'v1', gitSha: 'abc1234' }],
    ['takes an empty version for none', '{"version":" ","gitSha":"abc1234"}', { version: null, gitSha: 'abc1234' }],
    ['may lack both', '{}', { version: null, gitSha: null }]
  ] as const) {
    test(rule, () => assert.deepEqual(parse(text, { versionMatch: 'git-sha' }), { seen: true, value }))
  }
})

suite('what is kept of a report', () => {
  for (const [what, version, kept] of [
    ['129 characters', 'v'.repeat(129), 'v'.repeat(129)],
    ['130 characters', 'v'.repeat(130), 'v'.repeat(129)],
    ['characters of two units', '\u{1f600}'.repeat(200), '\u{1f600}'.repeat(129)]
  ] as const) {
    test(`of ${what} is at most one more than is shown`, () => {
      const report = parse(JSON.stringify({ version }))
      assert.equal(report.seen ? report.value.version : '', kept)
    })
  }

  test('has no secret in it, cut where it may be', () => {
    const redact = (text: string) => text.replaceAll('canary-secret', '…')
    const report = parse(JSON.stringify({ version: `${'v'.repeat(120)}canary-secret` }), { redact })
    assert.equal(report.seen ? report.value.version : '', `${'v'.repeat(120)}…`)
    const sha = parse('{"version":"v1","gitSha":"abc1234"}', { redact: text => text.replace('abc', '…') })
    assert.deepEqual(sha, { seen: true, value: { version: 'v1', gitSha: null } })
  })

  test('does not keep the rest of the body in memory', () => {
    const collectGarbage = runInNewContext('gc') as () => void
    const bodies = [' '.repeat(60_000), 'v'.repeat(60_000)].map(text =>
      Buffer.from(`{"version":"${text}v1.2.3-rc.1234"}`)
    )
    const read = () => bodies.map(body => parseReport(body, DEFAULTS))
    read()
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    const reports = Array.from({ length: 200 }, read)
    collectGarbage()
    // 24 MB, were it kept.
    const kept = process.memoryUsage().heapUsed - before
    assert.ok(kept < 4_000_000, `${kept} bytes`)
    assert.equal(reports.length, 200)
  })
})

suite('a report of whom nothing binds', () => {
  const discreet = { isDiscreet: true }

  for (const [version, shown] of [
    ['v1.2.3-rc.1+build_7', 'v1.2.3-rc.1+build_7'],
    ['v'.repeat(128), 'v'.repeat(128)],
    ['v'.repeat(129), '(not a version)'],
    ['postgres://user:password@host', '(not a version)'],
    ['two words', '(not a version)'],
    ['v1\nv2', '(not a version)'],
    ['verſion', '(not a version)']
  ] as const) {
    test(`shows ${JSON.stringify(version).slice(0, 40)} as ${shown.slice(0, 40)}`, () => {
      const report = parse(JSON.stringify({ version }), discreet)
      assert.equal(report.seen ? report.value.version : report.message, shown)
    })
  }

  for (const [text, message] of [
    ['canary text', 'not JSON: text'],
    ['<html>canary</html>', 'not JSON: an HTML page'],
    ['"canary"', 'a string instead of a JSON object'],
    ['{"version":{"canary":1}}', '/version is an object, not a string']
  ] as const) {
    test(`says of ${text} no more than ${message}`, () => {
      const report = parse(text, discreet)
      assert.equal(report.seen ? 'seen' : report.message, message)
    })
  }

  test('shows no name of an encoding', () => {
    const answer = {
      statusCode: 200,
      headers: { 'content-encoding': 'canary' },
      body: Buffer.from([0xff]),
      beginning: Buffer.alloc(0)
    }
    const report = readReport(answer, { ...DEFAULTS, ...discreet })
    assert.equal(report.seen ? 'seen' : report.message, 'unknown content encoding')
  })
})

suite('the length of an answer', () => {
  for (const [length, outcome] of [
    ['65536', 'v1'],
    ['65537', 'report is larger than 64 KiB'],
    [undefined, 'v1']
  ] as const) {
    test(`is taken from its head: ${length ?? 'it does not say'}`, () => {
      const body = Buffer.from('{"version":"v1"}')
      const headers = length === undefined ? {} : { 'content-length': length }
      const report = readReport({ statusCode: 200, headers, body, beginning: body }, DEFAULTS)
      assert.equal(report.seen ? report.value.version : report.message, outcome)
    })
  }
})

suite('encoding of an answer', () => {
  const body = Buffer.from('{"version":"v1"}')

  for (const [encoding, sent, outcome] of [
    [undefined, body, 'v1'],
    ['UTF-8', body, 'v1'],
    ['identity, utf-8', body, 'v1'],
    ['', body, 'v1'],
    ['none', body, 'v1'],
    ['gzip', gzipSync(body), 'v1'],
    [' GZip ', gzipSync(body), 'v1'],
    ['gzip, utf-8', gzipSync(body), 'v1'],
    ['zstd', zstdCompressSync(body), 'v1'],
    ['x-gzip', gzipSync(body), 'v1'],
    ['gzip', Buffer.from('{"version":""}'), '/version is empty'],
    ['identity', Buffer.from([0xff]), 'not JSON: not UTF-8 text'],
    [undefined, gzipSync(body), 'not JSON: gzip, but no Content-Encoding says so'],
    ['gzip, , identity', Buffer.from('oops'), 'not JSON: broken gzip encoding'],
    // A stored block (RFC 1951 section 3.2.4) with a bit set that is not looked at: all but the beginning of zlib.
    ['deflate', Buffer.from([0x09, 16, 0, 0xef, 0xff, ...body]), 'v1'],
    ['deflate', deflateSync(body), 'v1'],
    ['deflate', deflateRawSync(body), 'v1'],
    ['deflate', Buffer.alloc(0), 'not JSON: broken deflate encoding'],
    ['compress, gzip', gzipSync(Buffer.from([0xff])), 'not JSON: not UTF-8 text'],
    ['compress', Buffer.from('oops'), 'not JSON: it begins with oops'],
    [undefined, Buffer.from([0xff]), 'not JSON: not UTF-8 text'],
    ['br, gzip', gzipSync(brotliCompressSync(body)), 'v1'],
    ['gzip, br', gzipSync(brotliCompressSync(body)), 'not JSON: broken gzip, br encoding'],
    ['gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(body))), 'not JSON: broken gzip, gzip, gzip encoding'],
    ['gzip', body, 'v1'],
    ['gzip', gzipSync(body).subarray(0, 20), 'not JSON: broken gzip encoding'],
    // Without the checksum and the length, and as Go's Writer sends it that is flushed but not closed.
    ['gzip', gzipSync(body).subarray(0, -8), 'v1'],
    ['gzip', gzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH }), 'v1'],
    ['deflate', deflateSync(body).subarray(0, -4), 'v1'],
    ['gzip, gzip', gzipSync(gzipSync(body).subarray(0, -8)), 'v1'],
    [
      'gzip',
      gzipSync('{}').subarray(0, -8),
      'no version at /version, /appVersion, /build/version, /gitVersion or /data/version'
    ],
    ['compress', Buffer.from([0x1f, 0x9d, 0x90]), 'unknown content encoding compress'],
    ['utf-8', Buffer.from('oops'), 'not JSON: it begins with oops'],
    ['gzip', gzipSync(Buffer.alloc(65_537, ' ')), 'report is larger than 64 KiB'],
    [['gzip', 'br'], brotliCompressSync(gzipSync(body)), 'v1']
  ] as const) {
    test(`${JSON.stringify(encoding) ?? 'none'} around ${sent.length} bytes is ${outcome}`, () => {
      const headers = { 'content-encoding': typeof encoding === 'object' ? [...encoding] : encoding }
      const report = readReport({ statusCode: 200, headers, body: sent, beginning: sent }, DEFAULTS)
      assert.equal(report.seen ? report.value.version : report.message, outcome)
    })
  }
})
