import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { matches, parseMatchers } from '../../../src/gate/live/matchers.ts'

suite('the matchers of a selector', () => {
  for (const [selector, expected] of [
    ['', []],
    ['job="a"', ['job = a']],
    [' job = "a" , env!=\'b\',zone=~`c.*`, x !~ "d",', ['job = a', 'env != b', 'zone =~ c.*', 'x !~ d']],
    ['job="a\\"b\\\\c\\n"', ['job = a"b\\c\n']],
    ['job="a", ', ['job = a']],
    ['job="a,b"', ['job = a,b']],
    ['job="\\u0061"', null],
    ['"job.name"="a"', null],
    ['job', null],
    ['job="a" env="b"', null]
  ] as const) {
    test(`are read, or not: ${selector}`, () => {
      const found = parseMatchers(selector)
      const words = found?.map(({ label, operator, value }) => `${label} ${operator} ${value}`) ?? null
      assert.deepEqual(words, expected)
    })
  }

  for (const [selector, labels, expected] of [
    ['', {}, true],
    ['job="a"', { job: 'a' }, true],
    ['job="a"', { job: 'b' }, false],
    ['job="a"', {}, false],
    ['job=""', {}, true],
    ['job!="a"', { job: 'b' }, true],
    ['job!="a"', { job: 'a' }, false],
    ['job=~"a|b"', { job: 'b' }, true],
    ['job=~"a|b"', { job: 'bc' }, false],
    ['job!~"a.*"', { job: 'ab' }, false],
    ['job!~"a.*"', { job: 'b' }, true],
    ['job="a",env="b"', { job: 'a', env: 'c' }, false],
    // RE2 has flags, quotes and ends where JavaScript has none.
    ['job=~`\\Qa.b\\E`', { job: 'a.b' }, null],
    ['job=~`\\Aab\\z`', { job: 'ab' }, null],
    ['job=~`[[:alpha:]]b`', { job: 'ab' }, null],
    ['job=~"(?U)a"', { job: 'a' }, null],
    ['job=~"(?U)a",env="b"', { job: 'a', env: 'c' }, false],
    ['job=~"(?U)a",env="b"', { job: 'a', env: 'b' }, null]
  ] as const) {
    test(`match labels, do not, or cannot be tried: ${selector} of ${JSON.stringify(labels)}`, () =>
      assert.equal(matches(labels, parseMatchers(selector) ?? []), expected))
  }
})
