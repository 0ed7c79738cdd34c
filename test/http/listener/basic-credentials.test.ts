import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readBasicCredentials } from '../../../src/http/listener/basic-credentials.ts'
import { basic } from '../../support/https.ts'

suite('basic credentials', () => {
  for (const [user, password] of [
    ['alice', 'secret'],
    ['alice', 'with:colons:'],
    ['', ''],
    ['älice', 'pässwört']
  ] as const) {
    test(`are read: ${user} and ${password}`, () => {
      assert.deepEqual(readBasicCredentials(basic(user, password).authorization), { user, password })
    })
  }

  test('are read whatever the case of the scheme', () => {
    assert.deepEqual(readBasicCredentials('bAsIc  YTpi'), { user: 'a', password: 'b' })
  })

  for (const header of [
    undefined,
    '',
    'Basic',
    'Basic ',
    'Bearer YTpi',
    'Basic YTpi!',
    'Basic YWI=',
    'Basic YTpi YTpi'
  ]) {
    test(`are not there in ${header}`, () => assert.equal(readBasicCredentials(header), null))
  }
})
