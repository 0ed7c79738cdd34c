import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { shardOf } from '../../src/check/shard-of.ts'

const keys = (count: number) => Array.from({ length: count }, (_, n) => `shop-${n % 37}/service-${n}`)

const key = fc.string({ unit: 'grapheme', maxLength: 200 })
const total = fc.integer({ min: 1, max: 100 })

suite('shards', () => {
  test('have every target in exactly one of them', () => {
    fc.assert(
      fc.property(key, total, (target, shards) => {
        const shard = shardOf(target, shards)
        assert.ok(Number.isInteger(shard) && shard >= 0 && shard < shards)
        assert.equal(shardOf(target, shards), shard)
      })
    )
  })

  test('give to one that is added, and move nothing between themselves', () => {
    fc.assert(
      fc.property(key, total, (target, shards) => {
        const after = shardOf(target, shards + 1)
        assert.ok(after === shards || after === shardOf(target, shards))
      })
    )
  })

  // Half-way through an update, old and new instances split the same targets.
  for (const [target, ofThree, ofFour] of [
    ['keybuzz-client-dev/keybuzz-client', 1, 3],
    ['keybuzz-admin-dev/keybuzz-admin', 1, 1],
    ['shop/search', 0, 3],
    ['shop/worker', 2, 2],
    ['shop/wörker ☃', 0, 0]
  ] as const) {
    test(`are the same in every version of the guard: ${target}`, () => {
      assert.deepEqual([shardOf(target, 3), shardOf(target, 4), shardOf(target, 1)], [ofThree, ofFour, 0])
    })
  }

  for (const shards of [2, 3, 4, 5, 7, 10]) {
    test(`are evenly spread: 10,000 targets over ${shards} shards`, () => {
      const sizes = Map.groupBy(keys(10_000), name => shardOf(name, shards))
      assert.equal(sizes.size, shards)
      for (const { length } of sizes.values()) assert.ok(Math.abs(length * shards - 10_000) < 1_500, `${length}`)
    })
  }

  test('move a quarter of 1,000 targets when there are four in place of three', t => {
    const moved = keys(1_000).filter(name => shardOf(name, 3) !== shardOf(name, 4))
    t.diagnostic(`${moved.length} of 1,000 moved`)
    assert.ok(moved.every(name => shardOf(name, 4) === 3))
    assert.ok(moved.length > 200 && moved.length < 300, `${moved.length}`)
  })
})
