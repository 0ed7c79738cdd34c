import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { PageBounds } from '../../src/registry/tag-pages.ts'
import {
  type ClientWish,
  type FakeServer,
  inShort,
  repositoryOf,
  type ScriptedAnswer,
  startClient,
  startFake
} from '../support/registry-fake.ts'

const page = (tags: unknown, link?: string | readonly string[]): ScriptedAnswer => ({
  headers: link === undefined ? {} : { link },
  body: { name: 'shop/app', tags }
})
/** Of a page with one tag such as `1.0`. */
const PAGE_BYTES = 34
/** Beyond what any of these lists has. */
const BOUNDS: PageBounds = { pages: 100, tags: 100, bytes: 10_000, ms: 1_000_000 }
const next = (reference: string) => `<${reference}>; rel="next"`

/** Lists the tags of a registry that gives these pages, by the text behind `?`, the first one by `n=1000`. */
async function list(t: TestContext, pages: Readonly<Record<string, ScriptedAnswer>>, wish: ClientWish = {}) {
  const registry = await startFake(t, 'registry.test', ({ path }) => pages[path.split('?')[1] ?? ''] ?? { status: 404 })
  const client = startClient(t, [registry], wish)
  return { tags: await client.listTags(repositoryOf(registry)), registry }
}

const queriesOf = ({ questions }: FakeServer) => questions.map(({ path }) => path.split('?')[1] ?? '')

suite('the list of tags', () => {
  for (const [rule, pages, tags, asked] of [
    ['is one page where there is no link', { 'n=1000': page(['1.0', '2.0']) }, ['1.0', '2.0'], ['n=1000']],
    [
      'goes on as the registry links, whatever the link says',
      {
        'n=1000': page(['1.0'], next('/v2/shop/app/tags/list?next_page=A%2Bb%3D&x')),
        'next_page=A%2Bb%3D&x': page(['2.0'])
      },
      ['1.0', '2.0'],
      ['n=1000', 'next_page=A%2Bb%3D&x']
    ],
    [
      'goes on from the page itself where the link is relative to it',
      { 'n=1000': page(['1.0'], next('list?last=1.0')), 'last=1.0': page(['2.0']) },
      ['1.0', '2.0'],
      ['n=1000', 'last=1.0']
    ],
    [
      'goes on where only the query is linked',
      { 'n=1000': page(['1.0'], next('?last=1.0')), 'last=1.0': page(['2.0']) },
      ['1.0', '2.0'],
      ['n=1000', 'last=1.0']
    ],
    ['is empty where there are none', { 'n=1000': page([]) }, [], ['n=1000']],
    ['is empty where the last one was deleted', { 'n=1000': page(null) }, [], ['n=1000']],
    ['is empty where they are left out', { 'n=1000': { body: { name: 'shop/app' } } }, [], ['n=1000']],
    [
      'ends at an empty page, though it links on, as Gitea does',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': page([], next('?p=3')) },
      ['1.0'],
      ['n=1000', 'p=2']
    ],
    [
      'ends at a page without anything new',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': page(['1.0'], next('?p=3')) },
      ['1.0'],
      ['n=1000', 'p=2']
    ],
    ['holds each tag once', { 'n=1000': page(['1.0', '1.0']) }, ['1.0'], ['n=1000']],
    [
      'leaves out what is no tag',
      { 'n=1000': page(['1.0', 7, null, 'x'.repeat(129), 'y'.repeat(128)]) },
      ['1.0', 'y'.repeat(128)],
      ['n=1000']
    ],
    [
      'is asked without a count where one is refused with 405',
      { 'n=1000': { status: 405 }, '': page(['1.0']) },
      ['1.0'],
      ['n=1000', '']
    ],
    [
      'is asked without a count where one is refused with 400',
      { 'n=1000': { status: 400 }, '': page(['1.0']) },
      ['1.0'],
      ['n=1000', '']
    ]
  ] as const) {
    test(rule, async t => {
      const { tags: found, registry } = await list(t, pages)
      assert.deepEqual(found, { seen: true, value: { tags, gap: null } })
      assert.deepEqual(queriesOf(registry), asked)
    })
  }

  test('is whole where it ends with all the pages, tags and bytes that it may have', async t => {
    const pages = { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': page(['2.0']) }
    const { tags } = await list(t, pages, { pageBounds: { ...BOUNDS, pages: 2, tags: 2, bytes: 2 * PAGE_BYTES } })
    assert.deepEqual(tags, { seen: true, value: { tags: ['1.0', '2.0'], gap: null } })
  })

  for (const [rule, pages, gap, asked, bounds] of [
    [
      'where the next page is on another host, which is not asked',
      { 'n=1000': page(['1.0'], next('http://evil.test/v2/shop/app/tags/list')) },
      'invalid: the list of tags is incomplete: its next page is at http://evil.test, not at http://REGISTRY',
      ['n=1000'],
      undefined
    ],
    [
      'where the next page is on another port, or speaks no TLS: nobody told the registry of the proxy in front of it',
      { 'n=1000': page(['1.0'], next('http://registry.test/v2/shop/app/tags/list?last=1.0')) },
      'invalid: the list of tags is incomplete: its next page is at http://registry.test, not at http://REGISTRY',
      ['n=1000'],
      undefined
    ],
    [
      'where the next page is nowhere',
      { 'n=1000': page(['1.0'], next('http://')) },
      'invalid: the list of tags is incomplete: its next page has no valid address',
      ['n=1000'],
      undefined
    ],
    [
      'where the pages go round',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': page(['2.0'], next('?n=1000')) },
      'invalid: the list of tags is incomplete: the pages form a loop',
      ['n=1000', 'p=2'],
      undefined
    ],
    [
      'where there are too many pages',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': page(['2.0'], next('?p=3')) },
      'invalid: the list of tags is incomplete: more than 2 pages',
      ['n=1000', 'p=2'],
      { ...BOUNDS, pages: 2 }
    ],
    [
      'where there are too many tags',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': page(['2.0'], next('?p=3')) },
      'invalid: the list of tags is incomplete: more than 2 tags',
      ['n=1000', 'p=2'],
      { ...BOUNDS, tags: 2 }
    ],
    [
      'where there are too many bytes',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': page(['2.0'], next('?p=3')) },
      'invalid: the list of tags is incomplete: more than 68 bytes',
      ['n=1000', 'p=2'],
      { ...BOUNDS, bytes: 2 * PAGE_BYTES }
    ],
    [
      'where a page fails: a group of Nexus repositories refuses its own link',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': { status: 400 } },
      "invalid: the list of tags is incomplete: REGISTRY/shop/app's next page of tags: the registry answered HTTP 400",
      ['n=1000', 'p=2'],
      undefined
    ],
    [
      'where a page refuses the method: that is no matter of a count',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': { status: 405 } },
      "invalid: the list of tags is incomplete: REGISTRY/shop/app's next page of tags: the registry answered HTTP 405",
      ['n=1000', 'p=2'],
      undefined
    ],
    [
      'where a page is not there: Artifactory leaves its own prefix out of the link',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': { status: 404, body: { errors: [{ code: 'NAME_UNKNOWN' }] } } },
      "invalid: the list of tags is incomplete: REGISTRY/shop/app's next page of tags does not exist (NAME_UNKNOWN)",
      ['n=1000', 'p=2'],
      undefined
    ],
    [
      'where the registry lets nobody read on',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': { status: 403 } },
      "forbidden: the list of tags is incomplete: REGISTRY/shop/app's next page of tags is forbidden: if it is private, add credentials to REGISTRY_AUTH_FILE",
      ['n=1000', 'p=2'],
      undefined
    ],
    [
      'where a page is none',
      { 'n=1000': page(['1.0'], next('?p=2')), 'p=2': { body: '<html>' } },
      'invalid: the list of tags is incomplete: REGISTRY sent no list of tags',
      ['n=1000', 'p=2'],
      undefined
    ],
    [
      'where a page is cut off',
      {
        'n=1000': page(['1.0'], next('?p=2')),
        'p=2': { headers: { 'content-length': '1000', connection: 'close' }, body: '{"name":' }
      },
      'unreachable: the list of tags is incomplete: REGISTRY cannot be reached: the connection was closed before the response was complete',
      ['n=1000', 'p=2', 'p=2'],
      undefined
    ]
  ] as const) {
    test(`has a gap ${rule}`, async t => {
      const { tags, registry } = await list(t, pages, bounds === undefined ? {} : { pageBounds: bounds })
      assert.ok(tags.seen)
      assert.deepEqual(tags.value.tags, ['1.0', ...(JSON.stringify(pages).includes('2.0') ? ['2.0'] : [])])
      const { gap: found } = tags.value
      assert.equal(found && inShort(found), gap.replace('REGISTRY', registry.host))
      assert.deepEqual(queriesOf(registry), asked)
    })
  }

  suite('from a registry that takes 30 s for each page', () => {
    /** A registry with this many pages; each but the last links to the next. */
    async function listSlowly(t: TestContext, pages: number, wish: ClientWish = {}) {
      const registry = await startFake(t, 'registry.test', ({ path }) => {
        const number = Number(path.split('p=')[1] ?? 1)
        client.clock.pass(30_000)
        return page([`1.${number}`], number === pages ? undefined : next(`?p=${number + 1}`))
      })
      const client = startClient(t, [registry], wish)
      return client.listTags(repositoryOf(registry))
    }

    test('is read for ten minutes, and says how far it came', async t => {
      const list = await listSlowly(t, 2000)
      assert.ok(list.seen && list.value.gap !== null)
      assert.equal(list.value.tags.length, 20)
      assert.equal(
        inShort(list.value.gap),
        'unreachable: the list of tags is incomplete: the registry took 600 s for 20 pages with 20 tags; it may take 600 s'
      )
    })

    test('is whole where the last page comes as the time is up', async t => {
      const list = await listSlowly(t, 20)
      assert.ok(list.seen)
      assert.equal(list.value.gap, null)
    })

    test('is whole where only our own budget takes longer', async t => {
      const list = await listSlowly(t, 19, { perMinute: 1 })
      assert.ok(list.seen)
      assert.deepEqual([list.value.tags.length, list.value.gap], [19, null])
    })
  })

  for (const [rule, body] of [
    ['HTML', '<html>'],
    ['an error', { errors: [] }],
    ['a list', [1]],
    ['nothing', 'null'],
    ['tags that are no list', { tags: { a: 1 } }]
  ] as const) {
    test(`is invalid where the first page is ${rule}`, async t => {
      const { tags, registry } = await list(t, { 'n=1000': { body } })
      assert.equal(inShort(tags), `invalid: ${registry.host} sent no list of tags`)
    })
  }

  test('is not asked without a count for any other failure', async t => {
    const { tags, registry } = await list(t, { 'n=1000': { status: 404 } })
    assert.equal(tags.seen ? '' : tags.reason, 'not_found')
    assert.equal(registry.questions.length, 1)
  })

  test('may have 100,000 tags, on one page or on a hundred', async t => {
    const tags = Array.from({ length: 100_000 }, (_, index) => `1.0.${index}`)
    const whole = await list(t, { 'n=1000': page(tags) })
    assert.ok(whole.tags.seen)
    assert.equal(whole.tags.value.tags.length, 100_000)
    const pages = Array.from({ length: 100 }, (_, index) => [
      index === 0 ? 'n=1000' : `p=${index}`,
      page(tags.slice(index * 1000, index * 1000 + 1000), index === 99 ? undefined : next(`?p=${index + 1}`))
    ])
    const paged = await list(t, Object.fromEntries(pages))
    assert.deepEqual(paged.tags, whole.tags)
    assert.equal(paged.registry.questions.length, 100)
  })

  test('goes on where it was redirected to, which is then its own host', async t => {
    const mirror = await startFake(t, 'mirror.test', ({ path }) =>
      path.includes('last') ? page(['2.0']) : page(['1.0'], next('/v2/there/tags/list?last=1.0'))
    )
    const registry = await startFake(t, 'registry.test', ({ path }) => ({
      status: 307,
      headers: { location: `http://${mirror.host}${path}` }
    }))
    const found = await startClient(t, [registry, mirror]).listTags(repositoryOf(registry))
    assert.deepEqual(found, { seen: true, value: { tags: ['1.0', '2.0'], gap: null } })
    assert.deepEqual([registry.questions.length, mirror.questions.length], [1, 2])
  })
})
