import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createFairQueue } from '../../../src/http/listener/fair-queue.ts'

/** A queue with these items, whose first letter is their owner; and those that have no place, as they come. */
function queueOf(most: number, items: string) {
  const queue = createFairQueue<string>(most)
  const refused = items.split(' ').flatMap(item => queue.add(item.charAt(0), item) ?? [])
  const taken: string[] = []
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item)
  return [taken.join(' '), refused.join(' ')]
}

suite('fair queue', () => {
  for (const [rule, items, taken, refused] of [
    ['goes round by owner, in the order in which they came', 'a1 a2 a3 b1 c1 c2', 'a1 b1 c1 a2 c2 a3', ''],
    ['refuses the new one of who has the most', 'a1 a2 a3 a4 a5 a6 a7', 'a1 a2 a3 a4 a5 a6', 'a7'],
    [
      'gives to who has few the last place of who has the most',
      'b1 a1 a2 a3 a4 a5 c1 c2',
      'b1 a1 c1 a2 c2 a3',
      'a5 a4'
    ],
    [
      'takes nothing from who has no more than the new one would',
      'a1 a2 b1 b2 c1 c2 d1 d2',
      'a1 b1 c1 d1 b2 c2',
      'a2 d2'
    ],
    ['refuses the new one where each has one', 'a1 b1 c1 d1 e1 f1 g1', 'a1 b1 c1 d1 e1 f1', 'g1']
  ] as const) {
    test(rule, () => assert.deepEqual(queueOf(6, items), [taken, refused]))
  }
})
