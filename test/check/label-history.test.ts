import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { followAgain, followLabels, type LabelHistory, NO_LABELS } from '../../src/check/label-history.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The history after these sets, one every `everyMs`; `null`: the endpoint was down. */
function after(sets: readonly (string | null)[], everyMs = SECOND, from: LabelHistory = NO_LABELS, start = 0) {
  return sets.reduce((history, labels, index) => followLabels(history, labels, start + index * everyMs), from)
}

const different = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`)

suite('labels', () => {
  test('are shown while there are ten within an hour', () => assert.equal(after(different(10)).held, null))

  test('are held back from the eleventh on', () => {
    assert.deepEqual(after(different(11)), { shown: [], held: { labels: 'v10', since: 10 * SECOND } })
    assert.notEqual(after(different(100)).held, null)
  })

  test('are shown when they change seldom, for ever', () => {
    assert.equal(after(different(200), 7 * MINUTE).held, null)
  })

  test('may change back and forth among a few, as two replicas do, for ever', () => {
    const backAndForth = Array.from({ length: 500 }, (_, index) => `v${index % 3}`)
    assert.equal(after(backAndForth).held, null)
  })

  test('stay held back until they have been the same for ten minutes', () => {
    const held = after(different(11))
    const since = 10 * SECOND
    assert.notEqual(followLabels(held, 'v10', since + 10 * MINUTE - 1).held, null)
    assert.equal(followLabels(held, 'v10', since + 10 * MINUTE).held, null)
    const changed = followLabels(held, 'v11', since + 9 * MINUTE)
    assert.notEqual(followLabels(changed, 'v11', since + 10 * MINUTE).held, null)
    assert.equal(followLabels(changed, 'v11', since + 19 * MINUTE).held, null)
  })

  test('are forgotten an hour after they were last shown', () => {
    const nine = after(different(9))
    const later = after(['w0', 'w1', 'w2'], SECOND, nine, HOUR + MINUTE)
    assert.deepEqual(
      later.shown.map(({ labels }) => labels),
      ['w0', 'w1', 'w2']
    )
  })

  test('are shown again ten minutes after the clock was set back, and no later', () => {
    const held = after(different(11), SECOND, NO_LABELS, 24 * HOUR)
    const setBack = followLabels(held, 'v10', 0)
    assert.notEqual(followLabels(setBack, 'v10', 10 * MINUTE - 1).held, null)
    assert.equal(followLabels(setBack, 'v10', 10 * MINUTE).held, null)
  })

  test('are forgotten an hour after the clock was set back', () => {
    const nine = after(different(9), SECOND, NO_LABELS, 24 * HOUR)
    const setBack = followAgain(nine, () => 'v8', 0)
    const later = after(['v8', 'w0', 'w1'], SECOND, setBack, HOUR)
    assert.deepEqual(
      later.shown.map(({ labels }) => labels),
      ['v8', 'w0', 'w1']
    )
  })

  test('that are shown all the time are not forgotten', () => {
    const history = after(Array(3 * 60).fill('v1'), MINUTE)
    assert.deepEqual(history.shown, [{ labels: 'v1', at: 179 * MINUTE }])
  })

  test('are not minted by an endpoint that goes down and comes back', () => {
    const upAndDown = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 'v1' : null))
    assert.equal(after(upAndDown).held, null)
  })

  test('are not counted where there are none: a probe that failed is no set', () => {
    assert.equal(after([null, ...different(10), null]).held, null)
    assert.deepEqual(
      after(['v1', null]).shown.map(({ labels }) => labels),
      ['v1']
    )
  })

  test('become no less calm by a probe that failed', () => {
    const held = after(different(11))
    const since = 10 * SECOND
    const down = followLabels(held, null, since + 9 * MINUTE)
    assert.equal(followLabels(down, 'v10', since + 10 * MINUTE).held, null)
  })

  test('are noted again once a minute, and not before', () => {
    const first = followLabels(NO_LABELS, 'v1', 0)
    assert.equal(followLabels(first, 'v1', MINUTE - 1), first)
    assert.deepEqual(followLabels(first, 'v1', MINUTE).shown, [{ labels: 'v1', at: MINUTE }])
    assert.notEqual(followLabels(first, 'v2', 1), first)
  })

  test('are forgotten after an hour, and not a moment before', () => {
    const nine = after(different(9), 0)
    assert.equal(followLabels(nine, 'w0', HOUR - 1).shown.length, 10)
    assert.deepEqual(
      followLabels(nine, 'w0', HOUR).shown.map(({ labels }) => labels),
      ['w0']
    )
  })

  test('take no more than ten places whatever comes, and show no more than eleven sets an hour', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 20 * MINUTE }))),
        steps => {
          let now = 0
          let history = NO_LABELS
          const shown: { labels: string; at: number }[] = []
          for (const [set, waitMs] of steps) {
            now += waitMs
            history = followLabels(history, `v${set}`, now)
            assert.ok(history.shown.length <= 10)
            if (history.held === null) shown.push({ labels: `v${set}`, at: now })
            const lately = new Set(shown.filter(({ at }) => now - at < HOUR).map(({ labels }) => labels))
            // Ten, and those that stayed for ten minutes after that.
            assert.ok(lately.size <= 10 + 6, `${lately.size}`)
          }
        }
      )
    )
  })
})
