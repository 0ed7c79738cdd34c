import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createStore } from '../../../src/sources/kubernetes/store.ts'
import type { WatchEvent } from '../../../src/sources/kubernetes/watch.ts'
import { valueAt } from '../../../src/text/json.ts'
import { aCollection } from './a-collection.ts'

const NOT_READ = { message: 'not read yet', concerns: 'collection' } as const
const REFUSED = { message: 'connection refused', concerns: 'server' } as const

/** A store that keeps an object's `kept`, and nothing of an object without. */
function storeOfKept() {
  let changes = 0
  const reduce = (object: unknown) => valueAt(object, 'kept') ?? null
  const store = createStore(aCollection({ reduce }), { problem: NOT_READ, onChange: () => ++changes })
  const changesBy = (work: () => void): number => {
    const before = changes
    work()
    return changes - before
  }
  return { store, changesBy }
}

function event(type: WatchEvent['type'], name: string, kept?: object): WatchEvent {
  return { type, object: { metadata: { namespace: 'shop', name }, kept } }
}

suite('store of a collection', () => {
  test('was not read at first, for the reason that it was given', () => {
    const { store } = storeOfKept()
    assert.deepEqual([store.wasRead(), store.problem(), store.confirmedAt()], [false, NOT_READ, null])
  })

  test('was true when its list was asked for, and is true again with all that a watch says, even nothing', () => {
    const { store } = storeOfKept()
    store.replace(new Map(), 1)
    assert.deepEqual([store.wasRead(), store.confirmedAt()], [true, 1])
    store.apply([], 2)
    assert.equal(store.confirmedAt(), 2)
  })

  test('does not get younger by failing', () => {
    const { store } = storeOfKept()
    store.replace(new Map(), 1)
    store.fail(REFUSED)
    assert.deepEqual([store.confirmedAt(), store.problem()], [1, REFUSED])
  })

  test('announces the first list, even an empty one, and then only lists that differ', () => {
    const { store, changesBy } = storeOfKept()
    const kept = { image: 'web:v1' }
    assert.equal(
      changesBy(() => store.replace(new Map(), 1)),
      1
    )
    assert.equal(
      changesBy(() => store.replace(new Map([['shop/web', kept]]), 2)),
      1
    )
    assert.equal(
      changesBy(() => store.replace(new Map([['shop/web', kept]]), 3)),
      0
    )
    assert.equal(
      changesBy(() => store.replace(new Map([['shop/api', kept]]), 4)),
      1
    )
    assert.deepEqual([...store.items().keys()], ['shop/api'])
  })

  test('loses what a list no longer has, and announces it', () => {
    const { store, changesBy } = storeOfKept()
    const [web, api] = [{ image: 'web:v1' }, { image: 'api:v1' }]
    store.replace(
      new Map([
        ['shop/web', web],
        ['shop/api', api]
      ]),
      1
    )
    assert.equal(
      changesBy(() => store.replace(new Map([['shop/api', api]]), 2)),
      1
    )
    assert.deepEqual([...store.items().keys()], ['shop/api'])
  })

  test('tells of each item that comes, changes or goes, by lists and by events', () => {
    const told: unknown[] = []
    const reduce = (object: unknown) => valueAt(object, 'kept') ?? null
    const store = createStore(aCollection({ reduce }), {
      problem: NOT_READ,
      onChange: () => {},
      onItem: (before, after) => told.push([before, after])
    })
    store.replace(
      new Map([
        ['shop/web', 'web 1'],
        ['shop/api', 'api 1'],
        ['shop/old', 'old 1']
      ]),
      1
    )
    store.replace(
      new Map([
        ['shop/web', 'web 2'],
        ['shop/api', 'api 1']
      ]),
      2
    )
    store.apply([event('DELETED', 'api'), event('ADDED', 'new', { image: 'new:v1' })], 3)
    assert.deepEqual(told, [
      [null, 'web 1'],
      [null, 'api 1'],
      [null, 'old 1'],
      ['web 1', 'web 2'],
      ['old 1', null],
      ['api 1', null],
      [null, { image: 'new:v1' }]
    ])
  })

  test('passes nothing over where a collection may be left unread', () => {
    const { store, changesBy } = storeOfKept()
    assert.equal(
      changesBy(() => store.apply([event('ADDED', 'of others')], 1)),
      0
    )
    assert.equal(store.passedOver().size, 0)
  })

  test('announces the events of a batch once, and those that change nothing never', () => {
    const { store, changesBy } = storeOfKept()
    const batch = [event('ADDED', 'web', { image: 'web:v1' }), event('ADDED', 'api', { image: 'api:v1' })]
    assert.equal(
      changesBy(() => store.apply(batch, 1)),
      1
    )
    assert.equal(
      changesBy(() => store.apply([event('MODIFIED', 'web', { image: 'web:v1' })], 1)),
      0
    )
    assert.equal(
      changesBy(() => store.apply([event('BOOKMARK', 'web')], 1)),
      0
    )
    assert.equal(
      changesBy(() => store.apply([event('DELETED', 'unknown', {})], 1)),
      0
    )
    assert.deepEqual([...store.items().keys()], ['shop/web', 'shop/api'])
  })

  test('drops what is deleted, and what is no longer to be kept', () => {
    const { store, changesBy } = storeOfKept()
    store.apply([event('ADDED', 'web', {}), event('ADDED', 'api', {})], 1)
    assert.equal(
      changesBy(() => store.apply([event('DELETED', 'web', {})], 2)),
      1
    )
    assert.equal(
      changesBy(() => store.apply([event('MODIFIED', 'api')], 2)),
      1
    )
    assert.equal(store.items().size, 0)
  })

  test('announces what a list passed over, when that differs, and when it is read or gone', () => {
    const { store, changesBy } = storeOfKept()
    const tooLong = new Map([
      ['shop/large', 'too long'],
      ['shop/larger', 'too long']
    ])
    store.replace(new Map(), 1)
    assert.equal(
      changesBy(() => store.replace(new Map(), 2, tooLong)),
      1
    )
    assert.equal(
      changesBy(() => store.replace(new Map(), 3, new Map(tooLong))),
      0
    )
    assert.deepEqual([...store.passedOver()], [...tooLong])
    assert.equal(
      changesBy(() => store.apply([event('DELETED', 'large')], 4)),
      1
    )
    assert.equal(
      changesBy(() => store.apply([event('MODIFIED', 'larger', { image: 'web:v1' })], 5)),
      1
    )
    assert.equal(store.passedOver().size, 0)
  })

  test('announces what an event brings that cannot be read, when the reason differs, and when it can be read again', () => {
    const reduce = (object: unknown) => valueAt(object, 'kept') ?? null
    const whyUnread = (object: unknown) => String(valueAt(object, 'why'))
    let changes = 0
    const store = createStore(aCollection({ reduce, whyUnread }), { problem: NOT_READ, onChange: () => ++changes })
    const bad = (why: string): WatchEvent => ({
      type: 'MODIFIED',
      object: { metadata: { namespace: 'shop', name: 'web' }, why }
    })
    const steps: readonly (readonly [WatchEvent, readonly string[], number])[] = [
      [event('ADDED', 'web', { image: 'web:v1' }), [], 1],
      [bad('too many'), ['too many'], 2],
      [bad('too many'), ['too many'], 2],
      [bad('too few'), ['too few'], 3],
      [event('MODIFIED', 'web', { image: 'web:v1' }), [], 4],
      [bad('too many'), ['too many'], 5],
      [{ ...bad('too many'), type: 'DELETED' }, [], 6]
    ]
    for (const [index, [change, passedOver, count]] of steps.entries()) {
      store.apply([change], index)
      assert.deepEqual([[...store.passedOver().values()], changes], [passedOver, count], `step ${index}`)
    }
  })

  test('announces a problem when it comes, changes and goes, and not while it lasts', () => {
    const { store, changesBy } = storeOfKept()
    assert.equal(
      changesBy(() => store.fail(REFUSED)),
      1
    )
    assert.equal(
      changesBy(() => store.fail(REFUSED)),
      0
    )
    assert.equal(
      changesBy(() => store.succeed()),
      1
    )
    assert.equal(
      changesBy(() => store.succeed()),
      0
    )
  })
})
