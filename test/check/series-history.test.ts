import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Judged } from '../../src/check/judge.ts'
import { type JudgedAll, NOTHING_JUDGED } from '../../src/check/judged-all.ts'
import { createSeriesHistory } from '../../src/check/series-history.ts'
import { type Target, targetKey } from '../../src/domain/target.ts'
import { anObservation, aReport, aTarget, judgeOne } from '../support/facts.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

function judgedAll(services: readonly Judged[]): JudgedAll {
  const targets = services.map(({ target }) => target)
  const counted = services.map(service => ({ ...service, series: { required: 1, all: 1 } }))
  return {
    ...NOTHING_JUDGED,
    services: counted,
    selection: { ...NOTHING_JUDGED.selection, targets, keys: targets.map(targetKey) }
  }
}

const services = (names: readonly string[], changes: Partial<Target> = {}): JudgedAll =>
  judgedAll(names.map(service => judgeOne({ target: aTarget({ service, origin: 'annotation', ...changes }) })))

const numbered = (count: number, prefix = 's') => Array.from({ length: count }, (_, index) => `${prefix}${index}`)

suite('history of series', () => {
  test('takes a whole namespace at once, and all of it renamed, and a hundred more', () => {
    const history = createSeriesHistory()
    assert.equal(history.follow(services(numbered(500)), 0).size, 0)
    assert.equal(history.follow(services(numbered(500, 'renamed')), MINUTE).size, 0)
    // Two times 500 and 100 are the most; 1,000 were shown.
    assert.equal(history.follow(services(numbered(500, 'again')), 2 * MINUTE).size, 400)
  })

  test('holds back the service that is renamed all the time, and no neighbour', () => {
    const history = createSeriesHistory()
    let held = 0
    for (let rename = 0; rename < 300; rename += 1) {
      const neighbours = services(['calm'], { namespace: 'honest' })
      const tooNew = history.follow(
        judgedAll([...services([`name-${rename}`]).services, ...neighbours.services]),
        rename * 1000
      )
      held += tooNew.size
      assert.ok(!tooNew.has('honest/calm'))
    }
    assert.equal(held, 300 - 102)
  })

  test('holds nothing of the targets file back', () => {
    const history = createSeriesHistory()
    for (let round = 0; round < 5; round += 1) {
      assert.equal(history.follow(services(numbered(100, `r${round}-`), { origin: 'file' }), round).size, 0)
    }
  })

  test('forgets services that have gone an hour after the clock was set back, and looks again at once', () => {
    const history = createSeriesHistory()
    for (let round = 0; round < 3; round += 1) history.follow(services(numbered(60, `r${round}-`)), 24 * HOUR)
    const last = services(numbered(60, 'last-'))
    assert.equal(history.follow(last, 24 * HOUR).size, 20)
    history.follow(last, 0)
    assert.equal(history.follow(last, HOUR).size, 0)
  })

  test('looks at the same names again once a minute, and says the same in between', () => {
    const history = createSeriesHistory()
    for (let round = 0; round < 3; round += 1) history.follow(services(numbered(60, `r${round}-`)), 0)
    const late = services(numbered(60, 'late'))
    const held = history.follow(late, HOUR - MINUTE + 1)
    assert.equal(held.size, 20)
    assert.equal(history.follow(late, HOUR), held)
    assert.equal(history.follow(late, HOUR + 1).size, 0)
  })

  test('counts an hour from when a name was last there', () => {
    const history = createSeriesHistory()
    const early = services(numbered(60, 'early'))
    history.follow(early, 0)
    history.follow(early, MINUTE)
    history.follow(services(numbered(120, 'more')), MINUTE)
    const late = services(numbered(60, 'late'))
    assert.equal(history.follow(late, HOUR + MINUTE - 1).size, 20)
    history.follow(services([]), HOUR + MINUTE)
    assert.equal(history.follow(late, HOUR + MINUTE).size, 0)
  })

  test('lets in what waited once an hour is over since the others were shown', () => {
    const history = createSeriesHistory()
    for (let round = 0; round < 3; round += 1) history.follow(services(numbered(60, `r${round}-`)), 0)
    const late = services(numbered(60, 'late'))
    assert.equal(history.follow(late, MINUTE).size, 20)
    assert.equal(history.follow(late, HOUR - 1).size, 20)
    assert.equal(history.follow(late, HOUR + MINUTE).size, 0)
  })

  test('remembers for an hour what a service reported, though it was gone in between', () => {
    const history = createSeriesHistory()
    const one = judgeOne({ target: aTarget(), facts: { observation: anObservation(aReport('v7')) } })
    history.follow(judgedAll([one]), 0)
    history.follow(judgedAll([]), 10 * MINUTE)
    assert.equal(history.labelsOf('dev/shop'), one.labels)
    history.follow(judgedAll([]), HOUR + MINUTE)
    assert.equal(history.labelsOf('dev/shop').version.shown.length, 0)
    assert.equal(history.labelsOf('dev/other').version.shown.length, 0)
  })
})
