import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isSpecialAddress } from '../../src/probe/special-addresses.ts'

// Which addresses are special is told in allow.test.ts, as annotations meet them.
suite('special addresses', () => {
  for (const text of ['', 'localhost', '127.1', '0x7f000001', '10.0.0.256', '10.0.0.1/32', '[2606:4700::1111]']) {
    test(`are all that are none: ${text || 'an empty one'}`, () => assert.equal(isSpecialAddress(text), true))
  }

  test('in 6to4 are told by the four bytes behind its prefix', () => {
    assert.equal(isSpecialAddress('2002:a83f:8110:808::1'), true, '168.63.129.16')
    assert.equal(isSpecialAddress('2002:8a8:3f81:1000::1'), false, '8.168.63.129')
  })
})
