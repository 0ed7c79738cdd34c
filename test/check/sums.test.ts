import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type Counted, sumAgain, sumUp } from '../../src/check/sums.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import { aSnapshot, aTarget, aWorkload, judgeOne } from '../support/facts.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const WORKLOADS = NAMES.map(name => aWorkload({ name }))
const { known } = aSnapshot(WORKLOADS.toReversed())

interface Changes {
  readonly isSeen?: boolean
  readonly image?: boolean
  readonly version?: boolean
  readonly validUntil?: number
  readonly required?: number
  readonly optional?: number
}

function counted(place: number, changes: Changes = {}): Counted {
  const { isSeen = true, image = false, version = false, required = 19, optional = 12 } = changes
  const { validUntil = Number.POSITIVE_INFINITY } = changes
  const workload = isSeen ? seen(WORKLOADS[place] ?? aWorkload()) : unseen('unreadable', 'no spec')
  const judged = judgeOne({ target: aTarget({ service: NAMES[place] ?? '' }), facts: { workload } })
  const series = { required, all: required + optional }
  return { ...judged, validUntil, series, report: { ...judged.report, held: { image, version } } }
}

suite('sums', () => {
  const services = NAMES.map((_, place) => counted(place))

  test('find the workload of each service among all', () => {
    const { workloads } = sumUp(services.with(2, counted(2, { isSeen: false })), known)
    assert.deepEqual([...workloads], [6, 5, -1, 3, 2, 1, 0])
    assert.deepEqual([...sumUp(services.slice(0, 2), []).workloads], [-1, -1])
  })

  test('count what all have, and name those of which something is held back', () => {
    const held = services.with(1, counted(1, { image: true, required: 7 })).with(4, counted(4, { version: true }))
    const { series, held: places, reports, validUntil } = sumUp(held.with(5, counted(5, { validUntil: 30 })), known)
    assert.deepEqual(series, { required: 6 * 19 + 7, all: 6 * 31 + 19 })
    assert.deepEqual([...places], [1, 4])
    assert.equal(reports[4], held[4]?.report)
    assert.deepEqual([validUntil[4], validUntil[5]], [Number.POSITIVE_INFINITY, 30])
  })

  test('are the same when only those are looked at that changed', () => {
    const change = fc.record(
      {
        place: fc.nat(NAMES.length - 1),
        isSeen: fc.boolean(),
        image: fc.boolean(),
        version: fc.boolean(),
        validUntil: fc.nat(100),
        required: fc.nat(20),
        optional: fc.nat(10)
      },
      { requiredKeys: ['place'] }
    )
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 6 }), steps => {
        let last = { services, sums: sumUp(services, known) }
        for (const changes of steps) {
          const next = [...last.services]
          // A missing workload is looked for each time; once it appears, everything is summed up again.
          const isSeen = (place: number) => last.sums.workloads[place] !== -1
          for (const { place, ...one } of changes)
            next[place] = counted(place, isSeen(place) ? one : { ...one, isSeen: false })
          const places = new Set(changes.map(({ place }) => place))
          const sums = sumAgain(
            last,
            next,
            [...places].map(index => ({ index }))
          )
          assert.deepEqual(
            { ...sums, held: [...sums.held].sort() },
            { ...sumUp(next, known), held: [...sumUp(next, known).held] }
          )
          last = { services: next, sums }
        }
      })
    )
  })

  test('of before stay as they were', () => {
    const sums = sumUp(services, known)
    const next = services.with(3, counted(3, { image: true, isSeen: false, validUntil: 5, required: 1 }))
    sumAgain({ services, sums }, next, [{ index: 3 }])
    assert.deepEqual(sums, sumUp(services, known))
  })
})
