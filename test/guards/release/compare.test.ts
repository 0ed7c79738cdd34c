import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { compareLabel, compareVersions, splitChart } from '../../../src/guards/release/compare.ts'
import { isSameSha } from '../../../src/guards/tag-sha.ts'

const verdictOf = ({ verdict }: { verdict: string }) => verdict

suite('two names of a version', () => {
  for (const [rule, declared, actual, verdict] of [
    ['agree as the same text', 'main-2', 'main-2', 'agrees'],
    ['agree but for a leading v', '1.4.2', 'v1.4.2', 'agrees'],
    ['agree but for a leading V', 'V1.4.2', '1.4.2', 'agrees'],
    ['agree but for build metadata', '1.4.2+build.7', 'v1.4.2', 'agrees'],
    ['agree where a tag has `_` for `+`', '1.4.2+build.7', 'v1.4.2_build.7', 'agrees'],
    ['agree where a tag has `-` for `+`', '1.4.2-build.7', 'v1.4.2+build.7', 'agrees'],
    ['differ where `_` is `-`, and nothing is `+`', '1.4.2_build.7', '1.4.2-build.7', 'differs'],
    ['agree without being three numbers', 'v2024.1', '2024.1', 'agrees'],
    ['differ by a v that does not lead', 'main-v2', 'main-2', 'differs'],
    ['differ by a number', '1.4.2', 'v1.4.10', 'differs'],
    ['differ by a fourth number', '1.4.2', '1.4.2.7', 'differs'],
    ['differ by a number behind a word, of which nobody knows that it is moved', 'web-1.4', 'web-1.4.2', 'differs'],
    ['differ by a pre-release', '1.4.2', '1.4.2-dev', 'differs'],
    ['differ by zeros that are not written', '1.4.2', '1.5', 'differs'],
    ['differ where `_` is of the tag, in which it stands for nothing', '1.4.3', '1.4.2_build.7', 'differs'],
    ['are not compared where one is moved from version to version', '1.4.2', 'latest', 'unknown'],
    ['are not compared where the declared one is', 'stable', 'v1.4.2', 'unknown'],
    ['are not compared where one is moved along the other', '1.4.2', 'v1.4', 'unknown'],
    ['are not compared where the declared one is', '1', '1.4.2', 'unknown'],
    ['are not compared where one is a commit', '1.4.2', 'sha-0123abc', 'unknown'],
    ['differ where both are commits', '0123abc', 'abc0123', 'differs'],
    ['agree as one commit, which one has in full', '0123abcdef0123abcdef0123abcdef0123abcdef', 'sha-0123abc', 'agrees'],
    ['agree where one holds the commit of the other', 'main-0123abc-1767225600', '0123abcdef', 'agrees'],
    ['differ where only the day is the same', '20260104-0123abc', '20260104-abc0123', 'differs'],
    ['differ as two builds of one commit', 'web-0123abc', 'web-debug-0123abc', 'differs'],
    ['do not take a date for a commit', '20260104', '20260105', 'differs']
  ] as const) {
    test(rule, () => assert.equal(verdictOf(compareVersions(declared, actual)), verdict))
  }

  for (const [declared, actual, why] of [
    ['1.4.2', 'sha-0123abc', 'sha-0123abc names a commit, not a version'],
    ['0123abc', '1.4.2', '0123abc names a commit, not a version'],
    ['latest', '1.4.2', 'latest names no version'],
    ['1.4.2', 'stable', 'stable names no version'],
    ['1.4.2', 'v1.4', '1.4.2 and v1.4 differ in length']
  ] as const) {
    test(`are not compared where ${why}`, () => {
      assert.deepEqual(compareVersions(declared, actual), { verdict: 'unknown', why })
    })
  }

  test('say why they are not compared, and cut what is long', () => {
    const long = `sha-0123abc${'x'.repeat(200)}`
    const compared = compareVersions('1.4.2', long.replaceAll('x', ' 0123abc'))
    assert.ok(compared.verdict === 'unknown' && compared.why.length < 180, JSON.stringify(compared))
  })
})

suite('the label app.kubernetes.io/version', () => {
  for (const [rule, label, tag, verdict] of [
    ['has `_` for `+`', '1.4.2_build.7', 'v1.4.2', 'agrees'],
    ['agrees with a tag that build tools wrote alike', '1.4.2_build.7', '1.4.2_build.7', 'agrees'],
    ['agrees with a tag that build tools wrote alike, with a v before it', '1.4.2_build.7', 'v1.4.2_build.7', 'agrees'],
    ['agrees with a tag that build tools wrote alike, without its v', 'v1.4.2_build.7', '1.4.2_build.7', 'agrees'],
    ['agrees with a tag that has `-` for `+`', 'v1.28.5_k3s1', 'v1.28.5-k3s1', 'agrees'],
    ['differs by its build metadata from a tag that has `-` for `+`', 'v1.28.5_k3s2', 'v1.28.5-k3s1', 'differs'],
    ['differs by its number', '1.4.3_build.7', '1.4.2', 'differs'],
    ['is not compared at its full length', 'a1'.repeat(31).concat('b'), 'v1', 'unknown'],
    [
      'is not compared at its full length, even where the tag begins so',
      `1.4.2-${'x'.repeat(57)}`,
      `1.4.2-${'x'.repeat(60)}`,
      'unknown'
    ],
    [
      'is not compared where its end may have been trimmed',
      `1.4.2-${'x'.repeat(56)}`,
      `v1.4.2-${'x'.repeat(56)}-y`,
      'unknown'
    ],
    ['is compared where nothing was trimmed', `1.4.2-${'x'.repeat(56)}`, '1.4.3', 'differs']
  ] as const) {
    test(rule, () => assert.equal(verdictOf(compareLabel(label, tag)), verdict))
  }
})

suite('the label helm.sh/chart', () => {
  for (const [label, name, version] of [
    ['shop-1.2.3', 'shop', '1.2.3'],
    ['seidra-ultimate-0.1.0_build.7', 'seidra-ultimate', '0.1.0+build.7'],
    ['shop-v1.2.3-rc.1', 'shop', 'v1.2.3-rc.1'],
    ['app-2-1.2.3', 'app-2', '1.2.3'],
    ['shop', 'shop', ''],
    ['shop-1.2', 'shop-1.2', ''],
    ['', '', ''],
    [`shop-1.2.3-${'x'.repeat(50)}`, 'shop', `1.2.3-${'x'.repeat(50)}`],
    // A hyphen at the place where it was cut is gone.
    [`shop-1.2.3-${'x'.repeat(51)}`, 'shop', ''],
    [`shop-1.2.3-${'x'.repeat(52)}`, 'shop', '']
  ] as const) {
    test(`${label.slice(0, 40)} is ${version || 'no version'} of ${name}`, () =>
      assert.deepEqual(splitChart(label), { name, version }))
  }
})

suite('two git SHAs', () => {
  for (const [one, other, expected] of [
    ['0123abc', '0123abcdef0123', true],
    ['0123ABC', '0123abc-dirty', true],
    ['0123abc', '0123abd', false]
  ] as const) {
    test(`${one} and ${other} ${expected ? 'begin alike' : 'differ'}`, () =>
      assert.equal(isSameSha(one, other), expected))
  }
})
