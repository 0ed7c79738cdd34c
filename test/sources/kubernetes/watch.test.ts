import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ApiError } from '../../../src/sources/kubernetes/failure.ts'
import { canResume, createLineSplitter, isNews } from '../../../src/sources/kubernetes/watch.ts'

const REFUSED = { isAccepted: false, wasSteady: false }
const SHORT = { isAccepted: true, wasSteady: false }
const STEADY = { isAccepted: true, wasSteady: true }

const CUT = Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
const SILENT = new ApiError({ kind: 'timeout', afterMs: 90_000 })
const GARBAGE = new ApiError({ kind: 'not_kubernetes' })
const status = (code: number) => new ApiError({ kind: 'status', code, message: '', retryAfterMs: 0 })

suite('lines of a watch', () => {
  for (const [rule, chunks, lines] of [
    ['are one in a chunk', ['{"a":1}\n'], ['{"a":1}']],
    ['are several in a chunk', ['{"a":1}\n{"b":2}\n'], ['{"a":1}', '{"b":2}']],
    ['go over chunks', ['{"a"', ':', '1}', '\n{"b":2}', '\n'], ['{"a":1}', '{"b":2}']],
    ['are none before their end', ['{"a":1}'], []],
    ['are not the empty ones', ['\n\r\n', '{"a":1}\n\n'], ['{"a":1}']]
  ] as const) {
    test(rule, () => {
      const split = createLineSplitter(100, () => new Error('too long'))
      assert.deepEqual(
        chunks.flatMap(chunk => split(chunk)),
        lines
      )
    })
  }

  for (const [rule, chunks] of [
    ['that has not ended', ['12345', '67890', '1']],
    ['that has ended', ['12345678901\n']]
  ] as const) {
    test(`a line ${rule} is not gathered beyond the length`, () => {
      const split = createLineSplitter(10, () => new Error('too long'))
      assert.throws(() => chunks.map(chunk => split(chunk)), /too long/)
    })
  }
})

suite('a watch that ended', () => {
  for (const [what, error, how, resumes, news] of [
    ['in good order', null, STEADY, true, false],
    ['in good order, at its very start', null, SHORT, false, false],
    ['cut off', CUT, STEADY, true, false],
    ['cut off at its very start', CUT, SHORT, false, false],
    ['silent for too long', SILENT, STEADY, true, false],
    ['with an expired history', status(410), STEADY, false, false],
    ['with an error of the server', status(500), STEADY, false, true],
    ['with what is no event', GARBAGE, STEADY, false, true],
    ['refused for an expired history', status(410), REFUSED, false, false],
    ['refused for missing rights', status(403), REFUSED, true, true],
    ['refused for an old token', status(401), REFUSED, true, true],
    ['refused while the server restores its memory', status(429), REFUSED, false, true],
    ['refused by a failing server', status(500), REFUSED, false, true],
    ['without a connection', CUT, REFUSED, false, true],
    ['without an answer', SILENT, REFUSED, false, true]
  ] as const) {
    const next = resumes ? 'goes on where it stood' : 'begins with a list'
    test(`${what}: ${next}, ${news ? 'which is a problem' : 'and nobody needs to know'}`, () => {
      const ending = { error, ...how }
      assert.deepEqual([canResume(ending), isNews(ending)], [resumes, news])
    })
  }
})
