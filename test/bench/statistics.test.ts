import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { advantage, alone, byTurns, spreadOf } from '../../tools/bench/statistics.ts'

suite("a benchmark's statistics", () => {
  for (const [rule, samples, expected] of [
    ['takes the sample in the middle, whatever their order', [9, 1, 5], { median: 5, least: 1, most: 9, count: 3 }],
    [
      'lies between the two in the middle of an even number',
      [1, 2, 4, 100],
      { median: 3, least: 1, most: 100, count: 4 }
    ],
    ['is the sample where there is one alone', [7], { median: 7, least: 7, most: 7, count: 1 }],
    ['sorts numbers, not texts', [10, 9, 100], { median: 10, least: 9, most: 100, count: 3 }]
  ] as const) {
    test(`the median ${rule}`, () => assert.deepEqual(spreadOf(samples), expected))
  }

  test('of no samples are none', () => assert.throws(() => spreadOf([]), /no samples/))

  test('tell an advantage above 1 whichever way is better', () => {
    assert.equal(advantage(2, 10, 'less'), 5)
    assert.equal(advantage(10, 2, 'more'), 5)
    assert.equal(advantage(10, 2, 'less'), 0.2)
  })

  test('measure by turns', async () => {
    const order: string[] = []
    const measure = (name: string) => async () => order.push(name)
    assert.deepEqual(await byTurns(2, measure('A'), measure('B')), { ours: [1, 3], peer: [2, 4] })
    assert.deepEqual(order, ['A', 'B', 'A', 'B'])
  })

  test('have no peer samples if there is no peer', async () => {
    assert.deepEqual(await alone(2, async () => 5), { ours: [5, 5], peer: [] })
  })
})
