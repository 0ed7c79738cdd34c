import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type Marked, markDifference } from '../../../src/http/page/difference.ts'

function bracketed({ before, differing, after }: Marked): string {
  return `${before}[${differing}]${after}`
}

suite('difference', () => {
  for (const [rule, one, other, expected] of [
    ['marks the number that differs', 'v0.2.12-dev', 'v0.2.33-dev', ['v0.2.[12]-dev', 'v0.2.[33]-dev']],
    ['keeps numbers whole', '1.12.0', '1.13.0', ['1.[12].0', '1.[13].0']],
    ['keeps words whole', '1.0-beta', '1.0-better', ['1.0-[beta]', '1.0-[better]']],
    ['marks what only one has', 'v1.4.2', 'v1.4.2-hotfix.1', ['v1.4.2[]', 'v1.4.2[-hotfix.1]']],
    ['marks what stands before', '1.2.3', 'v1.2.3', ['[]1.2.3', '[v]1.2.3']],
    ['marks all where nothing is shared', 'main', '7', ['[main]', '[7]']],
    ['does not share a token twice', '1.1', '1.1.1', ['1.1[]', '1.1[.1]']],
    ['marks nothing in equal strings', '1.2', '1.2', ['1.2[]', '1.2[]']],
    ['takes the empty string', '', '1', ['[]', '[1]']]
  ] as const) {
    test(rule, () => assert.deepEqual(markDifference(one, other).map(bracketed), expected))
  }

  test('loses no character, and shares what it leaves unmarked', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^v?[0-9]\.[0-9]{1,2}(-[a-z]{1,3})?$/))
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [a, b] = markDifference(one, other)
        assert.equal(a.before + a.differing + a.after, one)
        assert.equal(b.before + b.differing + b.after, other)
        assert.deepEqual([a.before, a.after], [b.before, b.after])
      })
    )
  })
})
