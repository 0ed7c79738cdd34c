import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { changesBetween } from '../../src/domain/service-change.ts'
import { aMismatch, aService } from '../http/fixtures.ts'

const AT = 1_000

suite('what changed of a service', () => {
  test('is nothing where nothing did', () => {
    assert.deepEqual(changesBetween(aService(), aService(), AT), [])
  })

  test('is its status, with the words of its guard, its version and its image', () => {
    const before = aService()
    const after = aMismatch({ deployed: { image: 'ghcr.io/keybuzzio/keybuzz-client:v0.2.33-dev' } })
    const message = 'UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev)'
    assert.deepEqual(changesBetween(before, after, AT), [
      { at: AT, what: 'deployed image', from: before.deployed.image, to: after.deployed.image, message: '' },
      { at: AT, what: 'reported version', from: 'v0.2.12-dev', to: 'v0.2.33-dev', message: '' },
      { at: AT, what: 'version', from: 'OK', to: 'MISMATCH', message }
    ])
  })

  for (const [what, before, after] of [
    ['the first check', aService({ status: 'UNKNOWN', reported: null }), aService({ isSinceStart: true })],
    [
      'the first sight of its workload',
      aService({ deployed: { image: null, found: null } }),
      aService({ isSinceStart: true })
    ],
    ['a new message under the same status', aService({ message: 'one' }), aService({ message: 'another' })]
  ] as const) {
    test(`is not ${what}`, () => assert.deepEqual(changesBetween(before, after, AT), []))
  }

  test('is not that no version is reported for a while: the status tells', () => {
    const down = aService({
      status: 'ERROR',
      message: 'Endpoint error: HTTP 502',
      reported: { version: null, gitSha: null }
    })
    const what = (changes: ReturnType<typeof changesBetween>) => changes.map(({ from, to }) => [from, to])
    assert.deepEqual(what(changesBetween(aService(), down, AT)), [['OK', 'ERROR']])
    assert.deepEqual(what(changesBetween(down, aService(), AT)), [['ERROR', 'OK']])
  })
})
