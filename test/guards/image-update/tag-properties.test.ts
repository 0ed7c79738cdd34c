import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { NewerTags } from '../../../src/domain/image-update.ts'
import { cutTag } from '../../../src/guards/image-update/cut-tag.ts'
import { findNewerTags } from '../../../src/guards/image-update/newer-tags.ts'
import { fuzz } from '../../fuzz/fuzz.ts'

const ANY = { pattern: null, range: null }

const small = fc.oneof(fc.nat({ max: 30 }), fc.constantFrom('02', '04', '0', '999', '2024', '20240105', '1769300001'))
const version = fc.array(small, { minLength: 1, maxLength: 4 }).map(numbers => numbers.join('.'))
const stage = fc
  .tuple(fc.constantFrom('-rc', '-beta.', 'b', '.dev', '-alpha-', 'rc', '-m'), small)
  .map(([word, number]) => `${word}${number}`)
const commit = fc.constantFrom('a1b2c3d', '0f9e8d7', '1234567', '7654321', 'defaced')
const suffix = fc.oneof(
  fc.constantFrom('-alpine', '-alpine3.18', '_amd64', '-ubuntu-22.04', '-SNAPSHOT', 'w', '-x86_64', 'T10-20-30Z'),
  fc.tuple(fc.constantFrom('-r', '-ls', '_', '-', '_p', '.post'), small).map(([word, n]) => `${word}${n}`),
  commit.map(hex => `-${hex}`)
)

// Tags as people make them, close enough to each other that many have the same shape.
const plausible = fc
  .tuple(
    fc.constantFrom('', '', '', 'v', 'release-', 'main-', 'php', 'sha-', '2024-01-'),
    fc.oneof({ weight: 5, arbitrary: version }, { weight: 1, arbitrary: commit }),
    fc.option(stage, { nil: '', freq: 3 }),
    fc.array(suffix, { maxLength: 2 })
  )
  .map(([prefix, number, pre, suffixes]) => `${prefix}${number}${pre}${suffixes.join('')}`.slice(0, 128))

const grammar = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/)
const tag = fc.oneof({ weight: 9, arbitrary: plausible }, { weight: 1, arbitrary: grammar })
const repository = fc.array(tag, { minLength: 1, maxLength: 40 })

function answersOf({ latest, sameMajor, sameMinor, passedOver }: NewerTags): string[] {
  return [latest, sameMajor, sameMinor, ...passedOver.map(({ tag }) => tag)].filter(answer => answer !== null)
}

suite('newer tags, whatever a repository holds', () => {
  fuzz(
    'do not depend on the order of the list, nor on repeats',
    repository.chain(tags => fc.tuple(fc.constant(tags), fc.shuffledSubarray(tags, { minLength: tags.length }))),
    ([tags, shuffled]) => {
      const [running = ''] = tags
      const found = findNewerTags(running, tags, ANY)
      assert.deepEqual(findNewerTags(running, [...shuffled, ...tags], ANY), found)
    }
  )

  fuzz('are tags of the list, and never the one that runs', fc.tuple(tag, repository), ([running, tags]) => {
    for (const answer of answersOf(findNewerTags(running, [...tags, running], ANY))) {
      assert.ok(tags.includes(answer))
      assert.notEqual(answer, running)
    }
  })

  fuzz('never lead back: who follows them comes to an end, and passes no tag twice', repository, tags => {
    for (const running of tags) {
      const passed = new Set([running])
      for (let next = findNewerTags(running, tags, ANY).latest; next !== null; ) {
        assert.ok(!passed.has(next), `${[...passed].join(' → ')} → ${next}`)
        passed.add(next)
        next = findNewerTags(next, tags, ANY).latest
      }
    }
  })

  fuzz('are newer one way only', fc.tuple(tag, tag, repository), ([one, other, tags]) => {
    const all = [one, other, ...tags]
    const leadsTo = (from: string, to: string) => answersOf(findNewerTags(from, all, ANY)).includes(to)
    assert.ok(!(leadsTo(one, other) && leadsTo(other, one)))
  })

  fuzz('of the same major are never beyond the latest', fc.tuple(tag, repository), ([running, tags]) => {
    const { latest, sameMajor, sameMinor } = findNewerTags(running, tags, ANY)
    if (latest === null) assert.deepEqual([sameMajor, sameMinor], [null, null])
    for (const within of [sameMajor, sameMinor]) {
      if (within !== null) assert.equal(findNewerTags(latest ?? '', [within, ...tags], ANY).latest === within, false)
    }
  })
})

suite('a tag that is cut', () => {
  fuzz('is put together again from its pieces', tag, text => {
    const pieces = cutTag(text)
    assert.equal(pieces.map(piece => piece.text).join(''), text)
    for (const { text: part, at } of pieces) assert.equal(text.slice(at, at + part.length), part)
  })

  fuzz('has at most one version and one pre-release, and this one behind the version', tag, text => {
    const kinds = cutTag(text).map(({ kind }) => kind)
    assert.ok(kinds.filter(kind => kind === 'version').length <= 1)
    assert.ok(kinds.filter(kind => kind === 'pre-release').length <= 1)
    if (kinds.includes('pre-release')) assert.ok(kinds.indexOf('version') < kinds.indexOf('pre-release'))
  })
})

const HOSTILE = [
  '1',
  '1.',
  'a1',
  '1a',
  '-',
  'a',
  '1-rc',
  'alpine-1.',
  '1.1.1.1a',
  '0123456789abcdef',
  '-rc',
  '1b1-',
  '2024-01-01-',
  'x86_64-',
  'php-1_',
  'arm64v',
  'sha-',
  'k3s'
].map(unit => unit.repeat(128).slice(0, 128).replace(/^[-.]/, '_'))

/** Processor time, which what else runs on the machine does not lengthen; the least of three, in microseconds. */
function costOf(work: () => void): number {
  const once = () => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  return Math.max(1, Math.min(once(), once(), once()))
}

suite('the cost of tags', () => {
  const plain = '1.2.3-rc.4-alpine3.18-r5_amd64-'.repeat(5).slice(0, 128)
  const repeated = (of: string) =>
    Array.from({ length: 300 }, (_, index) => `${of.slice(0, 125)}${index}`.slice(0, 128))

  for (const hostile of HOSTILE) {
    test(`of 128 characters is no more than ten times that of others, as in ${hostile.slice(0, 16)}`, () => {
      const ordinary = costOf(() => findNewerTags(plain, repeated(plain), ANY))
      const cost = costOf(() => findNewerTags(hostile, repeated(hostile), ANY))
      assert.ok(cost < 10 * ordinary, `${cost} µs, and ${ordinary} µs for others`)
    })
  }

  test('of 100,000 grows as their number: each is read once', () => {
    let read = 0
    const tags = function* (count: number) {
      for (let index = 0; index < count; index += 1) {
        read += 1
        yield `v1.${index % 300}.${index}-alpine3.${index % 20}`
      }
    }
    const tenth = costOf(() => findNewerTags('v1.2.3-alpine3.18', tags(10_000), ANY))
    read = 0
    const whole = costOf(() => findNewerTags('v1.2.3-alpine3.18', tags(100_000), ANY))
    assert.equal(read, 300_000)
    assert.ok(whole < 40 * tenth, `${whole} µs, and ${tenth} µs for a tenth`)
    assert.equal(findNewerTags('v1.2.3-alpine3.18', tags(100_000), ANY).latest, 'v1.298.99898-alpine3.18')
  })
})
