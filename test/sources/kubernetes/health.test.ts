import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { FactKind } from '../../../src/domain/ports.ts'
import { judgeHealth } from '../../../src/sources/kubernetes/health.ts'
import { createStore } from '../../../src/sources/kubernetes/store.ts'
import { aCollection } from './a-collection.ts'

/** A store of such facts, read at that time or never, with the line of its problem or none. */
function aStore(factKind: FactKind, { readAt, problem }: { readAt?: number; problem?: string } = {}) {
  const collection = aCollection({ factKind, isNeeded: factKind === 'workloads' })
  const store = createStore(collection, {
    problem: { message: 'not read yet', concerns: 'server' },
    onChange: () => {}
  })
  if (readAt !== undefined) store.replace(new Map(), readAt)
  store.succeed()
  if (problem !== undefined) store.fail({ message: problem, concerns: 'collection' })
  return store
}

const clock = () => 1_700_000_000_000

suite('health of a Kubernetes source', () => {
  for (const [rule, stores, up] of [
    ['is up when all is known', [aStore('workloads', { readAt: 1 }), aStore('pods', { readAt: 1 })], true],
    ['is up without what is optional', [aStore('workloads', { readAt: 1 }), aStore('pods', { problem: 'no' })], true],
    ['is not up without a part of what is needed', [aStore('workloads'), aStore('workloads', { problem: 'no' })], false]
  ] as const) {
    test(rule, () => assert.equal(judgeHealth(stores, clock).up, up))
  }

  test('is as old as the oldest of what is needed, and no older for what is optional', () => {
    const now = performance.now()
    const ageOf = (...stores: ReturnType<typeof aStore>[]) => {
      const { lastSyncAt } = judgeHealth(stores, clock)
      return lastSyncAt === null ? null : Math.round((clock() - lastSyncAt) / 1000)
    }
    const young = aStore('workloads', { readAt: now - 10_000 })
    const old = aStore('workloads', { readAt: now - 60_000 })
    const pods = aStore('pods', { readAt: now - 900_000 })
    assert.deepEqual([ageOf(young, old), ageOf(young, pods), ageOf(young, aStore('pods'))], [60, 10, 10])
    assert.equal(ageOf(young, aStore('workloads')), null, 'a part was never read')
  })

  test('names each problem once, with the first kind of fact that it withholds', () => {
    const stores = [
      aStore('workloads', { problem: 'server gone' }),
      aStore('workloads', { problem: 'no rights' }),
      aStore('pods', { problem: 'server gone' }),
      aStore('nodes', { problem: 'no rights on nodes' })
    ]
    assert.deepEqual(judgeHealth(stores, clock).problems, [
      { message: 'server gone', withholds: 'workloads' },
      { message: 'no rights', withholds: 'workloads' },
      { message: 'no rights on nodes', withholds: 'nodes' }
    ])
  })

  test('names what was passed over in a line for each namespace, behind all other problems, and is up', () => {
    const collection = aCollection({ namespace: null })
    const store = createStore(collection, {
      problem: { message: 'not read yet', concerns: 'server' },
      onChange: () => {}
    })
    const keys = ['shop/a', 'shop/b\u202e', 'bank/x', ...Array.from({ length: 7 }, (_, index) => `many/${index}`)]
    store.replace(new Map(), 1, new Map(keys.map(key => [key, 'longer than 9 characters'])))
    store.succeed()
    const { up, problems } = judgeHealth([store, aStore('workloads', { readAt: 1, problem: 'no rights' })], clock)
    assert.equal(up, false)
    assert.equal(judgeHealth([store], clock).up, true)
    assert.deepEqual(
      problems.map(({ message }) => message),
      [
        'no rights',
        'longer than 9 characters, so not read: a, b\ufffd (deployments.apps in namespace shop)',
        'longer than 9 characters, so not read: x (deployments.apps in namespace bank)',
        'longer than 9 characters, so not read: 0, 1, 2, 3, 4, … and 2 more like these (deployments.apps in namespace many)'
      ]
    )
  })

  test('says of each namespace why something of it was not read', () => {
    const store = createStore(aCollection({ namespace: null }), {
      problem: { message: 'not read yet', concerns: 'server' },
      onChange: () => {}
    })
    store.replace(
      new Map(),
      1,
      new Map([
        ['shop/a', 'too long'],
        ['bank/x', 'too many containers']
      ])
    )
    store.succeed()
    assert.deepEqual(
      judgeHealth([store], clock).problems.map(({ message }) => message),
      [
        'too long, so not read: a (deployments.apps in namespace shop)',
        'too many containers, so not read: x (deployments.apps in namespace bank)'
      ]
    )
  })

  test('names twenty problems of a kind and counts the others, so that no kind hides another', () => {
    const many = Array.from({ length: 23 }, (_, index) => aStore('workloads', { problem: `no rights in ${index}` }))
    const { problems } = judgeHealth([...many, aStore('pods', { problem: 'no pods' })], clock)
    assert.deepEqual(problems.slice(19), [
      { message: 'no rights in 19', withholds: 'workloads' },
      { message: '… and 3 more like these', withholds: 'workloads' },
      { message: 'no pods', withholds: 'pods' }
    ])
  })
})
