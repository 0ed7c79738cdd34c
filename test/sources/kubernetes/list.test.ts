import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ApiError, statusOf } from '../../../src/sources/kubernetes/failure.ts'
import { listCollection } from '../../../src/sources/kubernetes/list.ts'
import { aCollection } from './a-collection.ts'
import { named, page, type Script, scriptedClient } from './scripted-client.ts'

function list(lists: NonNullable<Script['lists']>) {
  const client = scriptedClient({ lists })
  const { signal } = new AbortController()
  const listing = listCollection(client, { collection: aCollection(), known: new Map(), signal })
  return { listing, queries: () => client.asked.map(({ path }) => new URLSearchParams(path.split('?')[1])) }
}

const expired = () => {
  throw new ApiError({ kind: 'status', code: 410, message: '', retryAfterMs: 0 })
}

suite('a list', () => {
  for (const [rule, items] of [
    ['null', null],
    ['left out', undefined],
    ['an empty list', []]
  ] as const) {
    test(`of nothing is empty where its items are ${rule}`, async () => {
      const { items: kept, resourceVersion } = await list([() => page(items)]).listing
      assert.deepEqual([kept.size, resourceVersion], [0, '1'])
    })
  }

  for (const [rule, answer] of [
    ['whose items are no list', page({})],
    ['whose items are a text', page('none')],
    ['without a resource version', { metadata: {}, items: [] }],
    ['whose continue token is no text', { metadata: { resourceVersion: '1', continue: 7 }, items: [] }],
    ['that is null', null],
    ['that is a text', 'items']
  ] as const) {
    test(`${rule} is none`, async () => {
      await assert.rejects(list([() => answer]).listing, { failure: { kind: 'not_kubernetes' } })
    })
  }

  test('is put together from its pages, and as of the last one', async () => {
    const { listing, queries } = list([
      () => page([named('a'), named('b')], { next: 'one/=&', resourceVersion: '7' }),
      () => page(null, { next: 'two', resourceVersion: '7' }),
      () => page([named('c')], { resourceVersion: '8' })
    ])
    const { items, resourceVersion } = await listing
    assert.deepEqual([[...items.keys()], resourceVersion], [['shop/a', 'shop/b', 'shop/c'], '8'])
    assert.deepEqual(
      queries().map(query => query.get('continue')),
      [null, 'one/=&', 'two']
    )
  })

  test('whose rest has expired is read again from the first page, once', async () => {
    const first = () => page([named('a')], { next: 'rest' })
    const { listing } = list([first, expired, first, () => page([named('b')])])
    assert.deepEqual([...(await listing).items.keys()], ['shop/a', 'shop/b'])
    await assert.rejects(list([first, expired, first, expired, first]).listing, error => statusOf(error) === 410)
  })
})
