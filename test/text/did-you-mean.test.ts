import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { didYouMean, namesWith } from '../../src/text/did-you-mean.ts'

const NAMES = ['endpoint', 'name', 'namespace', 'versionPointer']

suite('the name that was probably meant', () => {
  for (const [rule, wrong, expected] of [
    ['is one letter away', 'endpont', 'endpoint'],
    ['is two letters away in a short name', 'nmae', 'name'],
    ['is a third of its letters away in a long one', 'versionPntr', 'versionPointer'],
    ['does not mind capitals', 'NameSpace', 'namespace'],
    ['does not mind another style of writing', 'version_pointer', 'versionPointer'],
    ['is none where no name is near', 'replicas', null],
    ['is none where more than a third of a long one differs', 'versPntr', null],
    ['is none where four of ten letters differ', 'versionPtr', null],
    ['is none three letters away from a short name', 'nxyz', null],
    ['is none for what is no name at all', 'endpoint'.repeat(1000), null]
  ] as const) {
    test(rule, () => assert.equal(didYouMean(wrong, NAMES), expected === null ? null : `did you mean ${expected}?`))
  }

  test('has a letter of a short name at least', () => {
    assert.equal(didYouMean('xy', ['ab']), null)
    assert.equal(didYouMean('xb', ['ab']), 'did you mean ab?')
  })

  test('is as near as its caller asks for', () => {
    assert.equal(didYouMean('versionPntr', NAMES, 2), null)
    assert.equal(didYouMean('versionPointr', NAMES, 2), 'did you mean versionPointer?')
  })

  test('is looked for up to 64 letters', () => {
    const name = 'x'.repeat(64)
    assert.notEqual(didYouMean(name, [name]), null)
    assert.equal(didYouMean(`${name}x`, [name]), null)
  })

  test('is found by a part of it, in any case, but not by two letters', () => {
    assert.deepEqual(namesWith('NAME', NAMES), ['name', 'namespace'])
    assert.deepEqual(namesWith('pointer', NAMES), ['versionPointer'])
    assert.deepEqual(namesWith('end', NAMES), ['endpoint'])
    assert.deepEqual(namesWith('na', NAMES), [])
  })

  test('is none where there are no names', () => assert.equal(didYouMean('endpoint', []), null))
})
