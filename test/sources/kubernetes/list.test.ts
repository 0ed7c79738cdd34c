import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ApiClient } from '../../../src/sources/kubernetes/api-client.ts'
import { ApiError, statusOf } from '../../../src/sources/kubernetes/failure.ts'
import { listCollection } from '../../../src/sources/kubernetes/list.ts'
import { valueAt } from '../../../src/text/json.ts'
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

  test('passes over what should have been read and could not be, and says why', async () => {
    const collection = aCollection({
      reduce: object => (valueAt(object, 'metadata', 'name') === 'good' ? object : null),
      whyUnread: object => (valueAt(object, 'metadata', 'name') === 'bad' ? 'too many containers' : null)
    })
    const client = scriptedClient({ lists: [() => page(['good', 'bad', 'of others'].map(name => named(name)))] })
    const { signal } = new AbortController()
    const { items, passedOver } = await listCollection(client, { collection, known: new Map(), signal })
    assert.deepEqual([[...items.keys()], [...passedOver]], [['shop/good'], [['shop/bad', 'too many containers']]])
  })

  test('passes nothing over where a collection may be left unread', async () => {
    const client = scriptedClient({ lists: [() => page([named('of others')])] })
    const collection = aCollection({ reduce: () => null })
    const { signal } = new AbortController()
    const { items, passedOver } = await listCollection(client, { collection, known: new Map(), signal })
    assert.deepEqual([items.size, passedOver.size], [0, 0])
  })

  test('whose rest has expired is read again from the first page, once', async () => {
    const first = () => page([named('a')], { next: 'rest' })
    const { listing } = list([first, expired, first, () => page([named('b')])])
    assert.deepEqual([...(await listing).items.keys()], ['shop/a', 'shop/b'])
    await assert.rejects(list([first, expired, first, expired, first]).listing, error => statusOf(error) === 410)
  })
})

suite('a list of large objects', () => {
  const LIMIT = 1_000

  /** A server with objects of these lengths, by their names, that answers no more than the limit at once. */
  function serverOf(lengths: Readonly<Record<string, number>>, metadataLength = 10) {
    const names = Object.keys(lengths)
    const asked: string[] = []
    const getJson: ApiClient['getJson'] = async ({ path, accept }) => {
      const query = new URLSearchParams(path.split('?')[1])
      const start = Number(query.get('continue') ?? '0')
      const limit = Number(query.get('limit'))
      const onPage = names.slice(start, start + limit)
      const isMetadata = accept.includes('PartialObjectMetadataList')
      asked.push(`${isMetadata ? 'name' : 'page'} ${start}+${limit}`)
      const length = onPage.reduce((sum, name) => sum + (isMetadata ? metadataLength : (lengths[name] ?? 0)), 0)
      if (length > LIMIT) throw new ApiError({ kind: 'too_large', limit: LIMIT })
      const end = start + onPage.length
      const kind = isMetadata ? { kind: 'PartialObjectMetadataList' } : {}
      return {
        ...page(
          onPage.map(name => named(name)),
          end < names.length ? { next: String(end) } : {}
        ),
        ...kind
      }
    }
    const list = (collection = aCollection()) =>
      listCollection(
        { ...scriptedClient({}), getJson },
        { collection, known: new Map(), signal: new AbortController().signal }
      )
    return { list, asked }
  }

  function lengths(count: number, length: number, others: Readonly<Record<number, number>> = {}) {
    return Object.fromEntries(Array.from({ length: count }, (_, index) => [`web-${index}`, others[index] ?? length]))
  }

  test('is read in smaller pages, which grow again after them', async () => {
    const { list, asked } = serverOf(lengths(1_000, 1, { 300: 800, 301: 800 }))
    const { items, passedOver } = await list()
    assert.deepEqual([items.size, passedOver.size], [1_000, 0])
    assert.deepEqual(asked.slice(0, 5), ['page 0+250', 'page 250+250', 'page 250+125', 'page 250+62', 'page 250+31'])
    assert.equal(asked.at(-1)?.replace(/^.*\+/, ''), '250')
    assert.ok(asked.length < 30, `${asked.length} requests`)
  })

  for (const [rule, at] of [
    ['first', 0],
    ['in the middle', 333],
    ['last', 599]
  ] as const) {
    test(`passes over the one that is too large alone, and reads all others: ${rule}`, async () => {
      const { list, asked } = serverOf(lengths(600, 1, { [at]: LIMIT + 1 }))
      const { items, passedOver } = await list()
      assert.deepEqual([...passedOver], [[`shop/web-${at}`, 'longer than 1000 characters']])
      assert.equal(items.size, 599)
      assert.ok(!items.has(`shop/web-${at}`))
      assert.deepEqual(
        asked.filter(line => line.startsWith('name')),
        [`name ${at}+1`]
      )
      assert.ok(asked.length < 40, `${asked.length} requests`)
    })
  }

  test('passes over hundreds of them, and reads all others', async () => {
    const large = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [100 + index, LIMIT + 1]))
    const { items, passedOver } = await serverOf(lengths(1_000, 1, large)).list()
    assert.deepEqual([items.size, passedOver.size], [800, 200])
  })

  test('fails where not even the metadata of one can be read', async () => {
    const { list } = serverOf({ ...lengths(3, 1), big: LIMIT + 1 }, LIMIT + 1)
    await assert.rejects(list(), { failure: { kind: 'too_large', limit: LIMIT } })
  })

  test('fails where metadata are all that is asked for', async () => {
    const { list, asked } = serverOf(lengths(1, 1), LIMIT + 1)
    await assert.rejects(list(aCollection({ representation: 'metadata' })), {
      failure: { kind: 'too_large', limit: LIMIT }
    })
    assert.deepEqual(
      asked.filter(line => line.endsWith('+1')),
      ['name 0+1']
    )
  })
})

suite('a list that would not end', () => {
  const next = (token: string) => () => page([named(token)], { next: token })

  for (const [rule, tokens] of [
    ['one that was just given', ['a', 'a']],
    ['an earlier one', ['a', 'b', 'c', 'a']]
  ] as const) {
    test(`ends with a continue token that comes again: ${rule}`, async () => {
      const { listing, queries } = list(tokens.map(next))
      await assert.rejects(listing, { failure: { kind: 'not_kubernetes' } })
      assert.equal(queries().length, tokens.length)
    })
  }

  test('ends with a continue token that fits in no address', async () => {
    await assert.rejects(list([next('x'.repeat(4_097))]).listing, { failure: { kind: 'not_kubernetes' } })
    const { listing } = list([next('x'.repeat(4_096)), () => page([named('last')])])
    assert.equal((await listing).items.size, 2)
  })

  test('ends after four thousand pages', async () => {
    const { listing, queries } = list(Array.from({ length: 4_001 }, (_, index) => next(String(index))))
    await assert.rejects(listing, { failure: { kind: 'not_kubernetes' } })
    assert.equal(queries().length, 4_000)
  })
})
