import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { Revision } from '../../src/domain/workload.ts'
import { explainRevisions, unreadRevisions } from '../../src/explain/revisions.ts'
import { aPod, aWorkload, theFacts } from '../support/facts.ts'

const HOUR_MS = 3_600_000

function revision(number: number, hour: number, image: string | null = `shop:v${number}`): Revision {
  const template = image === null ? null : { templateId: image, containers: [{ name: 'app', image }] }
  return { name: `shop-${number}`, number, createdAt: hour * HOUR_MS, template }
}

function lives(revisions: readonly Revision[], pods = [aPod({ revision: 'shop-2' })]): readonly string[] {
  const { items } = explainRevisions(theFacts({ revisions: seen(revisions), pods: seen(pods) }))
  const hour = (time: string | null) => (time === null ? '?' : Date.parse(time) / HOUR_MS)
  return items.map(
    ({ number, images, from, to, isCurrent, pods: count }) =>
      `${number} ${images.join() || 'unread'} ${hour(from)}-${isCurrent ? 'now' : hour(to)} ${count}`
  )
}

suite('what was live when', () => {
  test('goes from the making of a revision to that of the next one, the newest first', () => {
    assert.deepEqual(lives([revision(1, 1), revision(3, 5, 'shop:v3'), revision(2, 2)]), [
      '3 shop:v3 5-now 0',
      '2 shop:v2 2-5 1',
      '1 shop:v1 1-2 0'
    ])
  })

  test('does not claim to know when somebody went back', () => {
    assert.deepEqual(lives([revision(2, 2), revision(3, 1, 'shop:v1')]), ['3 shop:v1 ?-now 0', '2 shop:v2 2-? 1'])
  })

  test('ends where the next one begins, though both were made at the same moment', () => {
    assert.deepEqual(lives([revision(1, 1), revision(2, 1)]), ['2 shop:v2 1-now 1', '1 shop:v1 1-1 0'])
  })

  test('has no number where its controller gives none', () => {
    const { items } = explainRevisions(theFacts({ revisions: seen([revision(0, 1)]) }))
    assert.equal(items[0]?.number, null)
  })

  test('names the containers where there are several', () => {
    const containers = ['app', 'proxy'].map(name => ({ name, image: `${name}:v1` }))
    const several = { ...revision(1, 1), template: { templateId: '', containers } }
    const { items } = explainRevisions(theFacts({ revisions: seen([several]) }))
    assert.deepEqual(items[0]?.images, ['app: app:v1', 'proxy: proxy:v1'])
  })

  test('is the one with the highest number where the workload does not say', () => {
    const workload = seen(aWorkload({ status: unseen('no_status', 'no status in a file') }))
    const { items, note } = explainRevisions(theFacts({ workload, revisions: seen([revision(1, 1), revision(2, 2)]) }))
    assert.deepEqual(
      items.map(({ isCurrent, to }) => [isCurrent, to === null]),
      [
        [true, true],
        [false, false]
      ]
    )
    assert.equal(note, '')
  })

  test('is live though a newer one was made: it has no end', () => {
    const status = aWorkload().status
    assert.ok(status.seen)
    const workload = seen(aWorkload({ status: seen({ ...status.value, updateRevision: 'shop-1' }) }))
    const { items } = explainRevisions(theFacts({ workload, revisions: seen([revision(1, 1), revision(2, 2)]) }))
    assert.deepEqual([items[1]?.isCurrent, items[1]?.to], [true, null])
  })

  test('follows the controller of a StatefulSet', () => {
    const status = aWorkload().status
    assert.ok(status.seen)
    const workload = seen(aWorkload({ status: seen({ ...status.value, updateRevision: 'shop-1' }) }))
    const { items } = explainRevisions(theFacts({ workload, revisions: seen([revision(1, 1), revision(2, 2)]) }))
    assert.deepEqual(
      items.map(({ isCurrent }) => isCurrent),
      [false, true]
    )
  })

  test('is at most ten, and says how many older ones there are, and which are not read', () => {
    const many = Array.from({ length: 12 }, (_, index) => revision(index + 1, index, index === 11 ? null : 'shop:v1'))
    const facts = theFacts({ revisions: seen(many) })
    const { items, note } = explainRevisions(facts)
    assert.deepEqual([items.length, items[0]?.images], [10, []])
    assert.equal(note, '2 older ones are kept; images of some have not been read yet')
    assert.deepEqual(unreadRevisions(facts), ['shop-12'])
    const unread = Array.from({ length: 12 }, (_, index) => revision(index + 1, index, null))
    assert.equal(unreadRevisions(theFacts({ revisions: seen(unread) })).length, 10)
  })

  test('says why it is not known', () => {
    const { items, note } = explainRevisions(theFacts({ revisions: unseen('not_watched', 'set WATCH_PODS=true') }))
    assert.deepEqual([items, note], [[], 'set WATCH_PODS=true'])
    const gone = theFacts({ workload: unseen('not_found', 'it is gone'), revisions: seen([revision(1, 1)]) })
    assert.deepEqual(explainRevisions(gone), { items: [], note: 'it is gone' })
    assert.equal(explainRevisions(theFacts({ revisions: seen([]) })).note, 'the workload has no revisions')
    assert.deepEqual(unreadRevisions(theFacts()), [])
  })
})
