import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { toReleaseManifest } from '../../../src/sources/releases/to-release-manifest.ts'

const WHOLE = { tag: 'v1.4.2', gitSha: 'abc1234', date: '2026-01-04T18:00:00Z', runner: 'ci-7' }

suite('a release manifest', () => {
  test('has tag, SHA, date and runner', () => {
    assert.deepEqual(toReleaseManifest(JSON.stringify(WHOLE), 'm'), {
      ok: true,
      value: { tag: 'v1.4.2', gitSha: 'abc1234', releasedAt: Date.UTC(2026, 0, 4, 18), runner: 'ci-7' }
    })
  })

  test('needs a tag alone, and may have more', () => {
    assert.deepEqual(toReleaseManifest('{"tag":"v1","images":{"a":[1]},"schema":2}', 'm'), {
      ok: true,
      value: { tag: 'v1', gitSha: null, releasedAt: null, runner: '' }
    })
  })

  for (const gitSha of ['unknown', '', 'dev', 'abc123']) {
    test(`takes the SHA "${gitSha}" for none`, () => {
      const read = toReleaseManifest(JSON.stringify({ ...WHOLE, gitSha }), 'm')
      assert.equal(read.ok && read.value.gitSha, null)
    })
  }

  for (const [text, message] of [
    ['', 'm: not JSON; it takes a JSON object such as {"tag":"v1.4.2","gitSha":"abc1234"}'],
    ['{"tag":"v1.4', 'm: not JSON; it takes a JSON object such as {"tag":"v1.4.2","gitSha":"abc1234"}'],
    ['[]', 'm: not a JSON object; it takes a JSON object such as {"tag":"v1.4.2","gitSha":"abc1234"}'],
    ['{}', 'm: tag is missing; it takes the image\'s tag, such as "v1.4.2"'],
    ['{"tag":""}', 'm: tag "" is not valid; it takes the image\'s tag, such as "v1.4.2"'],
    ['{"tag":"a b"}', 'm: tag "a b" is not valid; it takes the image\'s tag, such as "v1.4.2"'],
    ['{"tag":1.4}', 'm: tag is a number; it takes the image\'s tag, such as "v1.4.2"'],
    ['{"tag":"v1","gitSha":1234567}', 'm: gitSha is a number; it takes a string, such as "abc1234"'],
    ['{"tag":"v1","date":"soon"}', 'm: date "soon" is not valid; it takes a time, such as "2026-01-04T18:00:00Z"'],
    ['{"tag":"v1","date":null}', 'm: date is null; it takes a time, such as "2026-01-04T18:00:00Z"'],
    ['{"tag":"v1","runner":["ci"]}', 'm: runner is a list; it takes a string, such as "ci-7"'],
    ['{"tag":"v1","runner":{}}', 'm: runner is an object; it takes a string, such as "ci-7"']
  ] as const) {
    test(`is refused as ${text || 'nothing'}`, () => {
      const read = toReleaseManifest(text, 'm')
      assert.deepEqual(read.ok ? [] : read.mistakes.map(mistake => mistake.message), [message])
    })
  }

  test('tells of all that is wrong at once', () => {
    const read = toReleaseManifest('{"tag":1,"gitSha":2,"date":3,"runner":4}', 'm')
    assert.equal(read.ok ? 0 : read.mistakes.length, 4)
  })
})
