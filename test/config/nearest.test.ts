import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { nearest } from '../../src/config/nearest.ts'

suite('nearest name', () => {
  for (const [rule, wrong, expected] of [
    ['is one letter away', 'endpont', 'endpoint'],
    ['is two letters away in a short name', 'nmae', 'name'],
    ['does not mind capitals', 'NameSpace', 'namespace'],
    ['does not mind another style of writing', 'version_pointer', 'versionPointer'],
    ['is none where no name is near', 'replicas', null],
    ['is none for what is no name at all', 'endpoint'.repeat(1000), null]
  ] as const) {
    test(rule, () => assert.equal(nearest(wrong, ['endpoint', 'name', 'namespace', 'versionPointer']), expected))
  }

  test('is none where there are no names', () => assert.equal(nearest('endpoint', []), null))
})
