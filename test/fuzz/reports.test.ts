import assert from 'node:assert/strict'
import { suite } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { DEFAULT_GIT_SHA_POINTERS, DEFAULT_VERSION_POINTERS, isJsonPointer } from '../../src/domain/target.ts'
import { shown } from '../../src/domain/text.ts'
import { parseReport, readReport } from '../../src/probe/parse-report.ts'
import { resolvePointer } from '../../src/text/json.ts'
import { anyText, fuzz, near } from './fuzz.ts'

const DEFAULTS = { versionPointers: DEFAULT_VERSION_POINTERS, gitShaPointers: DEFAULT_GIT_SHA_POINTERS }
const key = fc.oneof(
  fc.constantFrom(
    'version',
    'appVersion',
    'build',
    'gitSha',
    'git_sha',
    'gitCommit',
    'commit',
    '__proto__',
    '',
    '~',
    '/',
    '0'
  ),
  anyText
)
const value = fc.oneof(anyText, fc.jsonValue(), fc.constantFrom('v1', 'abc1234', null, 0, [], {}))
const nearReport = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value)))
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .oneof(anyText, fc.json(), near('{"version":"v1","gitSha":"abc1234"}', '<!doctype html>'))
    .map(text => Buffer.from(text)),
  nearReport.map(report => Buffer.from(JSON.stringify(report)))
)
const pointers = fc.oneof(
  fc.constant(DEFAULTS),
  fc
    .array(fc.oneof(anyText, near('/version', '/a~1b/0')).filter(isJsonPointer), { minLength: 1, maxLength: 3 })
    .map(list => ({ versionPointers: list, gitShaPointers: list }))
)

suite('fuzzed reports', () => {
  fuzz(
    'give a version and a SHA that are ones, or a reason that can be shown',
    fc.tuple(bodies, pointers),
    ([body, where]) => {
      const report = parseReport(body, where)
      if (!report.seen) {
        assert.ok(report.message.length < 600 && report.message.isWellFormed())
        assert.doesNotMatch(report.message, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/)
        return
      }
      assert.notEqual(report.value.version?.trim(), '')
      if (report.value.gitSha !== null) assert.match(report.value.gitSha, /^[0-9a-f]{7,64}(?:-dirty)?$/i)
    }
  )

  fuzz('never show a secret that is to be redacted', fc.tuple(bodies, nearReport), ([body, more]) => {
    const secret = 'canary-secret'
    const redact = (text: string) => text.replaceAll(secret, '…')
    const texts = [
      Buffer.concat([Buffer.from(secret), body]),
      Buffer.from(JSON.stringify({ version: `${secret}1`, ...more }))
    ]
    for (const text of texts) assert.ok(!JSON.stringify(parseReport(text, { ...DEFAULTS, redact })).includes(secret))
  })

  const codings = {
    identity: (body: Uint8Array) => body,
    gzip: gzipSync,
    br: brotliCompressSync,
    deflate: deflateSync,
    raw: deflateRawSync
  }
  fuzz(
    'in any coding, whole or broken, are at most 64 KiB or a failure with a reason',
    fc.tuple(
      bodies,
      fc.constantFrom(...(Object.keys(codings) as (keyof typeof codings)[])),
      anyText,
      fc.nat({ max: 40 }),
      fc.nat()
    ),
    ([body, coding, anything, cut, repeat]) => {
      const whole = Buffer.concat(Array(1 + (repeat % 3)).fill(Buffer.from(codings[coding](body))))
      const sent = whole.subarray(0, whole.length - Math.min(cut, whole.length))
      const encoding = repeat % 5 === 0 ? anything : coding === 'raw' ? 'deflate' : coding
      const headers = { 'content-encoding': encoding }
      const report = readReport({ statusCode: 200, headers, body: sent, beginning: sent }, DEFAULTS)
      assert.ok(report.seen || report.message.isWellFormed())
    },
    0.2
  )
})

suite('fuzzed JSON pointers', () => {
  fuzz(
    'are taken or not, and then find an own member or nothing',
    fc.tuple(fc.jsonValue(), anyText),
    ([document, text]) => {
      resolvePointer(document, text)
      assert.equal(isJsonPointer(text) && shown(text) === '', false)
    }
  )

  fuzz(
    'find what they were made for',
    fc.tuple(fc.array(anyText, { minLength: 1, maxLength: 4 }), value),
    ([path, found]) => {
      const document = path.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), found)
      const pointer = path.map(name => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
      assert.deepEqual(resolvePointer(document, pointer), found)
    }
  )
})
