import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createFairQueue } from '../../../src/http/listener/fair-queue.ts'

/**
 * What is taken from a queue of these items, and which had no place, as they came. `a.x1` is of address `a` and user
 * `x`, `b1` of address `b` and the user without a name.
 */
function queueOf(most: number, items: string) {
  const queue = createFairQueue<string>(most)
  const refused = items.split(' ').flatMap(item => queue.add(ownerOf(item), item) ?? [])
  const taken: string[] = []
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item)
  return [taken.join(' '), refused.join(' ')]
}

function ownerOf(item: string) {
  const [, address = '', user = ''] = /^(\w)(?:\.(\w))?\d$/.exec(item) ?? []
  return { address, user }
}

suite('fair queue', () => {
  for (const [rule, items, taken, refused] of [
    ['goes round by address, in the order in which they came', 'a1 a2 a3 b1 c1 c2', 'a1 b1 c1 a2 c2 a3', ''],
    ['goes round by user within an address', 'a.x1 a.x2 a.x3 a.y1 b1 b2', 'a.x1 b1 a.y1 b2 a.x2 a.x3', ''],
    ['gives an address of many users no more turns', 'a.x1 a.y1 a.z1 b1 b2 b3', 'a.x1 b1 a.y1 b2 a.z1 b3', ''],
    ['refuses the new item of whoever has the most', 'a1 a2 a3 a4 a5 a6 a7', 'a1 a2 a3 a4 a5 a6', 'a7'],
    [
      'gives to whoever has few the last place of whoever has the most',
      'b1 a1 a2 a3 a4 a5 c1 c2',
      'b1 a1 c1 a2 c2 a3',
      'a5 a4'
    ],
    [
      'takes nothing from whoever has no more than the new one would',
      'a1 a2 b1 b2 c1 c2 d1 d2',
      'a1 b1 c1 d1 a2 b2',
      'c2 d2'
    ],
    ['refuses the new one where each has one', 'a1 b1 c1 d1 e1 f1 g1', 'a1 b1 c1 d1 e1 f1', 'g1'],
    [
      'makes room for another user of the same address',
      'a.x1 a.x2 a.x3 a.x4 a.x5 a.x6 a.y1',
      'a.x1 a.y1 a.x2 a.x3 a.x4 a.x5',
      'a.x6'
    ],
    [
      'makes room for another user within its address, where no other address has more',
      'a.x1 a.x2 b1 b2 c1 c2 a.y1',
      'a.x1 b1 c1 a.y1 b2 c2',
      'a.x2'
    ],
    [
      'takes from the user with the most, of the address with the most',
      'a.x1 a.y1 a.y2 b.z1 b.z2 a.w1 b.v1 c1',
      'a.x1 b.z1 c1 a.y1 b.v1 a.w1',
      'a.y2 b.z2'
    ],
    [
      'refuses the new user of a crowded address where each user has one item',
      'a.u1 a.v1 a.w1 a.x1 a.y1 a.z1 a.t1',
      'a.u1 a.v1 a.w1 a.x1 a.y1 a.z1',
      'a.t1'
    ]
  ] as const) {
    test(rule, () => assert.deepEqual(queueOf(6, items), [taken, refused]))
  }

  test('has room again for each item that was taken', () => {
    const queue = createFairQueue<string>(2)
    const add = (item: string) => queue.add(ownerOf(item), item)
    assert.deepEqual([add('a1'), add('b1'), add('c1')], [undefined, undefined, 'c1'])
    for (const next of ['c1', 'd1', 'e1']) {
      assert.ok(queue.take() !== undefined)
      assert.deepEqual([add(next), add('z1')], [undefined, 'z1'])
    }
  })
})
