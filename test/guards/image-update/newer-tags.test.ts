import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import type { NewerTags } from '../../../src/domain/image-update.ts'
import type { Observed } from '../../../src/domain/observation.ts'
import { findNewerTags } from '../../../src/guards/image-update/newer-tags.ts'
import { compileTagPattern, endEarly } from '../../../src/guards/image-update/tag-pattern.ts'
import { parseVersionRange } from '../../../src/guards/image-update/version-range.ts'
import { enableLinearEngine } from '../../support/linear-engine.ts'

interface TagSet {
  readonly rule: string
  readonly source: string
  readonly running: string
  readonly tags: string
  readonly tagPattern?: string
  readonly semverRange?: string
  readonly latest: string | null
  readonly part: string | null
  readonly why: string
}

enableLinearEngine()

const SETS: readonly TagSet[] = JSON.parse(readFileSync(join(import.meta.dirname, 'tag-sets.json'), 'utf8'))

function accepted<Value>(observed: Observed<Value>): Value {
  return observed.seen ? observed.value : assert.fail(observed.message)
}

function newer(running: string, tags: string, wish: { pattern?: string; range?: string } = {}): NewerTags {
  const { pattern, range } = wish
  return findNewerTags(running, tags.split(' '), {
    pattern: pattern === undefined ? null : accepted(compileTagPattern(pattern)),
    range: range === undefined ? null : accepted(parseVersionRange(range))
  })
}

suite('the newest tag of the same shape, as repositories have them', () => {
  for (const { rule, running, tags, tagPattern, semverRange, latest, part, why } of SETS) {
    test(rule, () => {
      const wish = {
        ...(tagPattern === undefined ? {} : { pattern: tagPattern }),
        ...(semverRange === undefined ? {} : { range: semverRange })
      }
      const found = newer(running, tags, wish)
      assert.deepEqual([found.latest, found.part], [latest, part], why)
    })
  }
})

suite('the rule of shapes, point by point', () => {
  for (const [rule, running, tags, latest, part] of [
    ['case counts in the text', '1.0-Alpine', '1.1-alpine 1.2-ALPINE', null, null],
    ['separators are text', '1.0_1', '1.0-2 1.0.2', null, null],
    ['a v that stands alone is text before a number, in either case', 'V1', 'v2 V3', 'V3', 'major'],
    ['of a compact time the digits are numbers', '20240105T102030Z', '20240105T102031Z', '20240105T102031Z', 'other'],
    [
      'a time with minutes alone is a time',
      '2024-01-05T10-20',
      '2024-01-05T10-21 2024-01-06',
      '2024-01-05T10-21',
      'other'
    ],
    ['a day that no month has is no date', '2024-13-05', '2025-13-05', '2025-13-05', 'major'],
    ['seconds since 1970 are a time', '1769300001', '1769300002', '1769300002', 'other'],
    ['milliseconds since 1970 are a time', '1769300001123', '1769300002123', '1769300002123', 'other'],
    ['a date with hours and minutes is a time', '202401011230', '202401011231', '202401011231', 'other'],
    ['a date with seconds is a time', '20240101123000', '20240101123001', '20240101123001', 'other'],
    ['a number that is no date has a major version', '20249901', '20249902', '20249902', 'major'],
    ['a fourth number is no patch', '1.2.3.4', '1.2.3.5', '1.2.3.5', 'other'],
    ['letters behind a number make it text', '1.0-20H1', '1.0-20H2', null, null],
    ['letters make the number before them text', '1.1.1w', '1.1.2w', null, null],
    ['letters take only the number that they are glued to', '1.1.1w', '1.2.1w 1.3.1x', '1.2.1w', 'minor'],
    ['a glued counter counts', '8u312-jre', '8u402-jre', '8u402-jre', 'other'],
    ['a counter may have dots', '1.0-r1.2', '1.0-r1.3', '1.0-r1.3', 'other'],
    ['a number behind a system is text', '1.0-alpine-3.18', '1.0-alpine-3.19 1.1-alpine-3.19', null, null],
    ['only right behind a dash', '1.0-alpine_1', '1.0-alpine_2', '1.0-alpine_2', 'other'],
    ['only behind the whole name', '1.0-myalpine-1', '1.0-myalpine-2', '1.0-myalpine-2', 'other'],
    ['a system with its build has no version but its own', 'jdk-11.0.11_9', 'jdk-11.0.12_7', 'jdk-11.0.12_7', 'patch'],
    ['the system moves only with a build counter at the end', '1-debian-11-r4-x', '1-debian-12-r5-x', null, null],
    ['a processor is text: 386', '1.0-386', '1.0-686', null, null],
    ['a processor is text: arm-v6', '1.0-arm-v6', '1.0-arm-v7 1.1-arm-v6', '1.1-arm-v6', 'minor'],
    ['a processor is no version even where nothing else has digits', 'edge-armv6', 'edge-armv7', null, null],
    ['a processor is no number of a build', '385', '386 387', '387', 'major'],
    ['the first glued number is the version where none stands alone', '20H1', '20H2 21H1', '21H1', 'major'],
    ['a version that is glued has pre-releases', 'pg17', 'pg18beta1 pg16', null, null],
    ['a version that is glued has counters', 'php8.2p1', 'php8.2p2', 'php8.2p2', 'other'],
    ['a counter is the version where it is the first number', 'r1070-ls46', 'r1071-ls1', 'r1071-ls1', 'other'],
    ['what is glued behind a glued version is text', 'k8s', 'k9s k9t', 'k9s', 'major'],
    ['dotted digits behind a glued number belong to it', '1.0-el7.1', '1.0-el7.2 1.1-el7.1', '1.1-el7.1', 'minor'],
    ['and so does what is glued to them', '1.0-alpine3.19rc1', '1.0-alpine3.19rc2', null, null],
    ['a commit of forty digits is a commit', `1.0-${'a1'.repeat(20)}`, `1.1-${'b2'.repeat(20)}`, '1.1', 'minor'],
    ['more than forty are text', `1.0-${'a1'.repeat(21)}`, `1.1-${'b2'.repeat(21)}`, null, null],
    ['six are text', '1.0-a1b2c3', '1.1-a1b2c4', null, null],
    ['seven letters are a word', '1.0-defaced', '1.1-acceded', null, null],
    ['unless they are called a commit', '1.0-gdefaced', '1.1-gacceded', '1.1-gacceded', 'minor'],
    ['a commit may be glued to its mark', '1.0-sha1234567', '1.1-sha7654321', '1.1-sha7654321', 'minor'],
    ['a commit may be marked by git', '1.0-git.1234567', '1.1-git.7654321', '1.1-git.7654321', 'minor'],
    ['a commit in capitals is text', '1.0-A1B2C3D', '1.1-A1B2C3E', null, null],
    [
      'digits are a commit where a neighbour has letters, behind a stage too',
      '1.2.3-dev-1234567',
      '1.2.3 1.2.4-dev-0a1b2c3 1.2.4',
      '1.2.4-dev-0a1b2c3',
      'patch'
    ],
    [
      'digits are a commit where a neighbour has letters, after a version',
      '1.2.3-1234567',
      '1.2.4-0a1b2c3 1.2.3-7654321',
      '1.2.4-0a1b2c3',
      'patch'
    ],
    [
      'digits are a commit where a neighbour has letters, behind a dot',
      '1.2.3.1234567',
      '1.2.4.0a1b2c3 1.2.3.7654321',
      '1.2.4.0a1b2c3',
      'patch'
    ],
    [
      'digits behind a dot are a commit for who has letters, too',
      '1.0-123.0a1b2c3',
      '1.0-124.1234567',
      '1.0-124.1234567',
      'other'
    ],
    [
      'digits behind a dot are a number where no neighbour has letters',
      'v1.2.999999',
      'v1.2.1000000',
      'v1.2.1000000',
      'patch'
    ],
    [
      'a date behind a dot is a number whatever its neighbours are',
      '1.20240101',
      '1.20240201 1.a1b2c3d',
      '1.20240201',
      'minor'
    ],
    ['digits are a number where no neighbour has letters', 'x-1234567', 'x-1234568', 'x-1234568', 'major'],
    ['a date is a number whatever its neighbours are', 'x-20240101', 'x-20240102 x-a1b2c3d', 'x-20240102', 'other'],
    ['stages follow each other: dev, alpha', '1.0-nightly.9', '1.0-alpha.1', '1.0-alpha.1', 'other'],
    ['stages follow each other: alpha, beta', '1.0a9', '1.0b1', '1.0b1', 'other'],
    ['stages follow each other: beta, milestone', '1.0-beta9', '1.0-M1', '1.0-M1', 'other'],
    ['stages follow each other: milestone, candidate', '1.0.ea9', '1.0.CR1', '1.0.CR1', 'other'],
    ['stages do not go back', '1.0-rc1', '1.0-beta2 1.0-m3 1.0-alpha4 1.0-dev5', null, null],
    ['the number of a stage is a number', '1.0-rc9', '1.0-rc10', '1.0-rc10', 'other'],
    ['a single letter is a stage only when it is glued', '1.0-b1', '1.0-b2', '1.0-b2', 'other'],
    ['a stage before the version is text', 'beta1-1.0', 'beta1-1.1 beta2-1.2', 'beta1-1.1', 'minor'],
    ['a second stage is text', '1.0-rc1-beta2', '1.0-rc2-beta2 1.0-rc3-beta3', '1.0-rc2-beta2', 'other'],
    ['a second stage that is glued is text', '1.0-rc1-2a3', '1.0-rc2-2a3 1.0-rc3-2a4', '1.0-rc2-2a3', 'other'],
    ['a number behind the stage is a counter', '1.0-rc.1.2', '1.0-rc.1.3', '1.0-rc.1.3', 'other'],
    ['a lone zero is not padded', '1.0', '1.10', '1.10', 'minor'],
    ['a padded number is never followed by a bare one', '1.02', '1.3 1.10', '1.10', 'minor'],
    ['a bare number is never followed by a padded one', '1.6', '1.08', null, null],
    ['nor one of a build', '1.0-6', '1.0-08', null, null],
    ['zeros before a number do not count', '1.02', '1.002', null, null],
    ['999 is followed by 1000', '999', '1000', '1000', 'major'],
    ['99 is not followed by 1000', '99', '1000', null, null],
    ['99 is followed by 1000 where 100 to 999 lie between', '99', '1000 120', '1000', 'major'],
    ['9 is followed by 100', '9', '100', '100', 'major'],
    ['a leap in one place is none in another', '1.0.99', '1.0.1000 100.0.1', '100.0.1', 'major'],
    ['a counter may leap', '1.0-9', '1.0-10000', '1.0-10000', 'other'],
    ['a longer tag is none', '1'.repeat(128), '2'.repeat(129), null, null],
    ['a tag may have 128 characters', '1'.repeat(127), '2'.repeat(128), '2'.repeat(128), 'major'],
    ['what breaks the grammar of tags is none', '1.0', '1.1+x .1.2 1.3\n', null, null],
    ['signatures of other hashes are none either', 'sha1', `sha512-${'a'.repeat(128)}`, null, null]
  ] as const) {
    test(rule, () => {
      const found = newer(running, tags)
      const expected = latest === '1.1' ? tags : latest
      assert.deepEqual([found.latest, found.part], [expected, part])
    })
  }
})

suite('beside the latest tag', () => {
  for (const [rule, running, tags, sameMajor, sameMinor] of [
    ['stand the newest of the same major and minor', '15.4.1', '15.4.2 15.12.0 17.2.0', '15.12.0', '15.4.2'],
    ['which may be the latest itself', '15.4.1', '15.4.2', '15.4.2', '15.4.2'],
    ['of one number only, there is no minor', '15', '16', null, null],
    ['a date has neither', '2024-01-05', '2024-01-06', null, null],
    ['builds of one version are within it', '15.4-1', '15.4-2', '15.4-2', '15.4-2'],
    ['zeros before a number do not count', '2024.01.1', '2024.01.2', '2024.01.2', '2024.01.2']
  ] as const) {
    test(rule, () => {
      const found = newer(running, tags)
      assert.deepEqual([found.sameMajor, found.sameMinor], [sameMajor, sameMinor])
    })
  }

  for (const [rule, running, tags, range, passedOver] of [
    ['nothing is passed over when nothing is newer', '2.0', '1.0 2.0-rc1 v1.9', undefined, []],
    ['the nearest by its text', '1.0', 'v1.1 1.2-alpine-x', undefined, [['v1.1', 'text']]],
    ['the nearest by its first letter too', 'ab1', 'xb9 ab2z', undefined, [['ab2z', 'text']]],
    ['of the nearest shape, the newest', '1.0-a', '1.1-b 1.2-b 2.0-other', undefined, [['1.2-b', 'text']]],
    ['the newest build of it', '1.0-a', '1.1-2 1.1-10', undefined, [['1.1-10', 'text']]],
    ['text alone does not tell two apart: names do', '1.0-a', '1.1-c 1.1-b', undefined, [['1.1-b', 'text']]],
    ['the nearest, not one that begins and ends with the same number', '1', 'v2 3-1', undefined, [['v2', 'text']]],
    ['the nearest, letter by letter', 'abc1', 'axc9 abc2x', undefined, [['abc2x', 'text']]],
    ['the nearest, whatever it ends with', '1', 'v9 2-x', undefined, [['v9', 'text']]],
    ['the nearest by its end too', '1-abc', 'v2-abc 3-abd', undefined, [['v2-abc', 'text']]],
    ['one that is newer than the latest, not a nearer one', '1.0', '1.2 v1.2 1.3-x', undefined, [['1.3-x', 'text']]],
    ['one with another count of numbers', '1.0', '1.0.1 2.0.0', undefined, [['2.0.0', 'text']]],
    ['one with a commit in the place of a number', '1.0-8', '1.1-f3ba42e', undefined, [['1.1-f3ba42e', 'text']]],
    ['no text that could not follow: a leap', '1.0', 'v2024.1', undefined, []],
    ['no text that could not follow: padding', '1.0', 'v1.02', undefined, []],
    ['no text that could not follow: a pre-release', '1.0', 'v1.1-rc1', undefined, []],
    ['no text that could not follow: out of range', '1.0', 'v2.0', '^1', []],
    ['no text that is not newer than the latest', '1.0', '1.2 v1.2', undefined, []],
    ['one pre-release, the highest', '1.0', '1.1-rc1 1.1-rc2', undefined, [['1.1-rc2', 'pre-release']]],
    ['one of another padding', '1.0', '1.1 1.02', undefined, [['1.02', 'padding']]],
    ['one that leaps', '1.0', '1.1 2024.0', undefined, [['2024.0', 'leap']]],
    ['one that is out of range', '1.0', '1.1 2.0 3.0', '^1', [['3.0', 'range']]]
  ] as const) {
    test(`is shown what was rejected: ${rule}`, () => {
      const found = newer(running, tags, range === undefined ? {} : { range })
      assert.deepEqual(
        found.passedOver.map(({ tag, why }) => [tag, why]),
        passedOver
      )
    })
  }

  test('says that a tag without a number has no order', () => {
    assert.deepEqual(newer('latest', '1.0 2.0'), {
      isOrdered: false,
      latest: null,
      part: null,
      sameMajor: null,
      sameMinor: null,
      passedOver: []
    })
  })
})

suite('semver-range', () => {
  for (const [rule, running, tags, range, latest] of [
    ['pads with zeros', '1.4', '1.5 2.0', '<=1.5.0', '1.5'],
    ['leaves counters and a fourth number out', '1.0.0.1-1', '1.0.0.9-9', '1.0.0', '1.0.0.9-9'],
    ['leaves the stage out', '1.0-rc1', '1.0-rc2', '1.0.0', '1.0-rc2'],
    ['reads padded numbers', '24.04', '24.10 25.04', '^24', '24.10'],
    ['skips one version', '1.6.2', '1.6.3', '<1.6.3 || >1.6.3', null],
    ['takes numbers of any size', '9007199254740993', '9007199254740994', '>1', '9007199254740994']
  ] as const) {
    test(rule, () => assert.equal(newer(running, tags, { range }).latest, latest))
  }

  for (const [rule, range, message] of [
    ['refuses what is no range', 'fifteen', 'not a range of versions; examples: ^15, ~1.5, >=2.1 <3'],
    ['refuses more than 512 characters', '1'.repeat(513), 'longer than 512 characters']
  ] as const) {
    test(rule, () => {
      const parsed = parseVersionRange(range)
      assert.ok(!parsed.seen)
      assert.equal(parsed.reason, 'invalid')
      assert.equal(parsed.message, `semver-range "${range.slice(0, 128)}" is refused: ${message}`)
    })
  }
})

suite('tag-pattern', () => {
  for (const [rule, running, tags, pattern, latest, part] of [
    ['chooses among tags by itself', '22.04', '22.10 24.04 24.10', '^\\d[02468]\\.04$', '24.04', 'major'],
    [
      'compares only what its groups hold',
      '1.9-alpine3.18',
      '1.2-alpine3.19',
      '-alpine(\\d+)\\.(\\d+)$',
      '1.2-alpine3.19',
      'minor'
    ],
    ['from left to right', '1-a2-b3', '1-a3-b1 1-a2-b9', '^1-a(\\d+)-b(\\d+)$', '1-a3-b1', 'major'],
    ['lets text change', 'v1.0', '1.1-x', '', '1.1-x', 'minor'],
    ['leaves out what does not match', '1.0', '1.1 1.2-rc', '^[\\d.]+$', '1.1', 'minor'],
    ['leaves out what has another count of numbers', '1.0', '1.1.1', '', null, null],
    ['lets numbers leap and be padded', '1.0', '2024.01', '^[\\d.]+$', '2024.01', 'major'],
    ['knows a date', '2024-01-05', '2024-01-06', '^[\\d-]+$', '2024-01-06', 'other'],
    ['knows a date in its groups', '2024-01-05', '2024-01-06', '^(\\d+)-(\\d+)-(\\d+)$', '2024-01-06', 'other'],
    ['takes a version that stands before a date', 'v2-x7', 'v3-x7', '^v(\\d+)-x7$', 'v3-x7', 'major'],
    ['compares a running tag that does not match', '23.10', '24.04', '^\\d[02468]\\.04$', '24.04', 'major'],
    ['but not where its groups would hold the numbers', '1.0', 'v1.1', '^v(\\d+)\\.(\\d+)$', null, null],
    ['takes a group that took no part for empty', '1', '2-3', '^(\\d+)(?:-(\\d+))?$', null, null],
    ['never chooses a signature', 'sha1', `sha256-${'a'.repeat(64)}`, '', null, null]
  ] as const) {
    test(rule, () => {
      const found = newer(running, tags, { pattern })
      assert.deepEqual([found.latest, found.part], [latest, part])
    })
  }

  test('that takes too long sees only the tags that were given in time', () => {
    let calls = 0
    const isTimeUp = () => {
      calls += 1
      return calls > 2
    }
    const tags = endEarly(['1.1', '1.2', '1.3'], isTimeUp)
    assert.equal(
      findNewerTags('1.0', tags.tags, { pattern: accepted(compileTagPattern('')), range: null }).latest,
      '1.2'
    )
    assert.ok(tags.wasCut())
    const all = endEarly(['1.1', '1.2', '1.3'], () => false)
    assert.equal(
      findNewerTags('1.0', all.tags, { pattern: accepted(compileTagPattern('')), range: null }).latest,
      '1.3'
    )
    assert.ok(!all.wasCut())
  })

  test('knows the same major version whatever zeros stand before it', () => {
    assert.equal(newer('01.1', '1.2 2.1', { pattern: '^[\\d.]+$' }).sameMajor, '1.2')
  })

  test('is bound by a range beside it', () => {
    const found = newer('v1.0', 'v1.1 v2.0', { pattern: '^v(\\d+)\\.(\\d+)$', range: '^1' })
    assert.equal(found.latest, 'v1.1')
    assert.deepEqual(found.passedOver, [{ tag: 'v2.0', why: 'range' }])
  })

  const LINEAR_ONLY =
    'the linear engine supports no look-around, no back-references, no inline flags and at most 16 repetitions'
  test('refuses every pattern where the process has no linear engine, rather than be kept busy by one', async () => {
    const module = join(import.meta.dirname, '../../../src/guards/image-update/tag-pattern.ts')
    const script = `import { compileTagPattern, endEarly } from '${module}'; console.log(compileTagPattern('^1').message)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
    assert.equal(stdout, 'tag-pattern "^1" is refused: it needs the linear engine, which is not available\n')
  })

  for (const [rule, pattern, message] of [
    ['look-around', '^(?!x)', LINEAR_ONLY],
    ['back-references', '(a)\\1', LINEAR_ONLY],
    ['great repetitions', '(a{20}){20}', LINEAR_ONLY],
    ['bad syntax', '(a', 'unterminated group'],
    ['more than 256 characters', 'a'.repeat(257), 'longer than 256 characters']
  ] as const) {
    test(`refuses ${rule}, and says so`, () => {
      const compiled = compileTagPattern(pattern)
      assert.ok(!compiled.seen)
      assert.equal(compiled.reason, 'invalid')
      assert.equal(compiled.message, `tag-pattern "${pattern.slice(0, 128)}" is refused: ${message}`)
    })
  }
})
