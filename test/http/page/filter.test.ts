import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { matchesFilter, searchText, statusTerm } from '../../../src/http/page/filter.ts'
import { aMismatch, aService } from '../fixtures.ts'

const TEXT = searchText(aMismatch({ workload: { kind: 'StatefulSet', name: 'web' } }))

suite('filter', () => {
  for (const [rule, filter, matches] of [
    ['finds everything when empty', '', true],
    ['finds everything when blank', '  ', true],
    ['finds a part of the service', 'buzz-cli', true],
    ['finds the namespace', 'keybuzz-client-dev', true],
    ['finds the workload', 'statefulset/web', true],
    ['finds the status', 'mismatch', true],
    ['finds the deployed tag', 'v0.2.12', true],
    ['finds the reported version', 'v0.2.33', true],
    ['finds the git SHA', 'abc1234', true],
    ['finds the endpoint', 'https://client-dev', true],
    ['does not mind the case', 'KeyBuzz', true],
    ['wants every word, in any order', 'v0.2.33 keybuzz', true],
    ['does not find where one word is missing', 'keybuzz v9', false],
    ['does not find what is not there', 'billing', false],
    ['does not join neighbours', 'keybuzz-clientkeybuzz', false]
  ] as const) {
    test(rule, () => assert.equal(matchesFilter(TEXT, filter), matches))
  }

  test('finds a status by its term and no message that has its word', () => {
    const wordy = searchText(aService({ status: 'ERROR', message: 'Endpoint error: token is OK' }))
    assert.equal(matchesFilter(wordy, statusTerm('OK')), false)
    assert.equal(matchesFilter(wordy, statusTerm('ERROR')), true)
  })

  test('finds a rollout in progress', () => {
    assert.ok(matchesFilter(searchText(aService({ deployed: { rolloutInProgress: true } })), 'rollout'))
  })

  test('takes a target of which nothing is known', () => {
    const deployed = { found: null, image: null, imageTag: null, rolloutInProgress: null }
    assert.ok(matchesFilter(searchText(aService({ status: 'UNKNOWN', deployed, reported: null })), 'unknown'))
  })
})
