import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createReplica } from '../../../src/sources/kubernetes/replica.ts'
import type { WatchEvent } from '../../../src/sources/kubernetes/watch.ts'
import { valueAt } from '../../../src/text/json.ts'

/** A replica that keeps an object's `kept`, and nothing of an object without. */
function replicaOfKept() {
  let changes = 0
  const reduce = (object: unknown) => (valueAt(object, 'kept') as object | undefined) ?? null
  const replica = createReplica(
    { resource: 'deployments.apps', namespace: null, path: '/deployments', reduce },
    { problem: 'not read yet', onChange: () => ++changes }
  )
  const changesBy = (work: () => void): number => {
    const before = changes
    work()
    return changes - before
  }
  return { replica, changesBy }
}

function event(type: WatchEvent['type'], name: string, kept?: object): WatchEvent {
  return { type, object: { metadata: { namespace: 'shop', name }, kept } }
}

suite('replica of a collection', () => {
  test('was not read at first, for the reason that it was given', () => {
    const { replica } = replicaOfKept()
    assert.deepEqual([replica.wasRead(), replica.problem(), replica.confirmedAt()], [false, 'not read yet', null])
  })

  test('was true when its list was asked for, and is true again with all that a watch says, even nothing', () => {
    const { replica } = replicaOfKept()
    replica.replace(new Map(), 1)
    assert.deepEqual([replica.wasRead(), replica.confirmedAt()], [true, 1])
    replica.apply([])
    assert.ok((replica.confirmedAt() ?? 0) > 1)
  })

  test('does not get younger by failing', () => {
    const { replica } = replicaOfKept()
    replica.replace(new Map(), 1)
    replica.fail('connection refused')
    assert.deepEqual([replica.confirmedAt(), replica.problem()], [1, 'connection refused'])
  })

  test('announces the first list, even an empty one, and then only lists that differ', () => {
    const { replica, changesBy } = replicaOfKept()
    const kept = { image: 'web:v1' }
    assert.equal(
      changesBy(() => replica.replace(new Map(), 1)),
      1
    )
    assert.equal(
      changesBy(() => replica.replace(new Map([['shop/web', kept]]), 2)),
      1
    )
    assert.equal(
      changesBy(() => replica.replace(new Map([['shop/web', kept]]), 3)),
      0
    )
    assert.equal(
      changesBy(() => replica.replace(new Map([['shop/api', kept]]), 4)),
      1
    )
    assert.deepEqual([...replica.kept().keys()], ['shop/api'])
  })

  test('announces the events of a batch once, and those that change nothing never', () => {
    const { replica, changesBy } = replicaOfKept()
    const batch = [event('ADDED', 'web', { image: 'web:v1' }), event('ADDED', 'api', { image: 'api:v1' })]
    assert.equal(
      changesBy(() => replica.apply(batch)),
      1
    )
    assert.equal(
      changesBy(() => replica.apply([event('MODIFIED', 'web', { image: 'web:v1' })])),
      0
    )
    assert.equal(
      changesBy(() => replica.apply([event('BOOKMARK', 'web')])),
      0
    )
    assert.equal(
      changesBy(() => replica.apply([event('DELETED', 'unknown', {})])),
      0
    )
    assert.deepEqual([...replica.kept().keys()], ['shop/web', 'shop/api'])
  })

  test('drops what is deleted, and what is no longer to be kept', () => {
    const { replica, changesBy } = replicaOfKept()
    replica.apply([event('ADDED', 'web', {}), event('ADDED', 'api', {})])
    assert.equal(
      changesBy(() => replica.apply([event('DELETED', 'web', {})])),
      1
    )
    assert.equal(
      changesBy(() => replica.apply([event('MODIFIED', 'api')])),
      1
    )
    assert.equal(replica.kept().size, 0)
  })

  test('announces a problem when it comes, changes and goes, and not while it lasts', () => {
    const { replica, changesBy } = replicaOfKept()
    assert.equal(
      changesBy(() => replica.fail('connection refused')),
      1
    )
    assert.equal(
      changesBy(() => replica.fail('connection refused')),
      0
    )
    assert.equal(
      changesBy(() => replica.succeed()),
      1
    )
    assert.equal(
      changesBy(() => replica.succeed()),
      0
    )
  })
})
