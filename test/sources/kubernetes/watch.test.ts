import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ApiError } from '../../../src/sources/kubernetes/failure.ts'
import {
  canResume,
  createLineSplitter,
  isNews,
  type WatchEvent,
  watchCollection
} from '../../../src/sources/kubernetes/watch.ts'
import { aCollection } from './a-collection.ts'
import { named, scriptedClient } from './scripted-client.ts'

const REFUSED = { isAccepted: false, wasSteady: false }
const SHORT = { isAccepted: true, wasSteady: false }
const STEADY = { isAccepted: true, wasSteady: true }

const CUT = new ApiError({ kind: 'network', error: new Error('aborted'), proxy: '' })
const SILENT = new ApiError({ kind: 'timeout', afterMs: 90_000, of: 'answer', proxy: '' })
const LARGE = new ApiError({ kind: 'too_large', limit: 9 })
const GARBAGE = new ApiError({ kind: 'not_kubernetes' })
const status = (code: number) => new ApiError({ kind: 'status', code, message: '', retryAfterMs: 0 })

suite('lines of a watch', () => {
  for (const [rule, chunks, lines] of [
    ['are one in a chunk', ['{"a":1}\n'], ['{"a":1}']],
    ['are several in a chunk', ['{"a":1}\n{"b":2}\n'], ['{"a":1}', '{"b":2}']],
    ['go over chunks', ['{"a"', ':', '1}', '\n{"b":2}', '\n'], ['{"a":1}', '{"b":2}']],
    ['are none before their end', ['{"a":1}'], []],
    ['are not the empty ones', ['\n\r\n', '{"a":1}\n\n'], ['{"a":1}']],
    ['may be as long as is allowed', ['x'.repeat(100), '\n'], ['x'.repeat(100)]]
  ] as const) {
    test(rule, () => {
      const split = createLineSplitter(100, () => new Error('too long'))
      assert.deepEqual(
        chunks.flatMap(chunk => split(chunk)),
        lines
      )
    })
  }

  for (const [rule, chunks] of [
    ['that has not ended', ['12345', '67890', '1']],
    ['that has ended', ['12345678901\n']]
  ] as const) {
    test(`a line ${rule} is not gathered beyond the length`, () => {
      const split = createLineSplitter(10, () => new Error('too long'))
      assert.throws(() => chunks.map(chunk => split(chunk)), /too long/)
    })
  }
})

suite('a watch', () => {
  const line = (event: unknown) => `${JSON.stringify(event)}\n`
  const added = { type: 'ADDED', object: named('web') }

  async function watch(pieces: readonly string[], timeoutMs = 1) {
    const client = scriptedClient({ watches: [() => ['', ...pieces]] })
    const { signal } = new AbortController()
    const told: WatchEvent[] = []
    const request = { collection: aCollection(), resourceVersion: '7', timeoutMs, signal }
    let failure: unknown
    try {
      for await (const events of watchCollection(client, request)) told.push(...events)
    } catch (error) {
      failure = error instanceof ApiError ? error.failure : error
    }
    return { told, failure, query: new URLSearchParams(client.asked[0]?.path.split('?')[1]) }
  }

  test('tells the events in their order, a bookmark too', async () => {
    const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } }
    const deleted = { type: 'DELETED', object: named('api') }
    const { told, failure } = await watch([line(added), line(bookmark) + line(deleted)])
    assert.deepEqual([told, failure], [[added, bookmark, deleted], undefined])
  })

  test('begins after the version that is known, and never asks for less than a second', async () => {
    const { query } = await watch([])
    assert.deepEqual(
      [query.get('resourceVersion'), query.get('timeoutSeconds'), query.get('watch')],
      ['7', '1', 'true']
    )
    assert.equal((await watch([], 2_000_000)).query.get('timeoutSeconds'), '2000')
    assert.equal((await watch([], 2_000_001)).query.get('timeoutSeconds'), '2001')
    assert.equal((await watch([], 0)).query.get('timeoutSeconds'), '1')
  })

  for (const [rule, text] of [
    ['no JSON', '<html>\n'],
    ['of no known type', line({ ...added, type: 'CREATED' })],
    ['without a type', line({ object: named('web') })],
    ['without an object', line({ type: 'ADDED' })],
    ['of a list', line({ type: 'ADDED', object: [named('web')] })],
    ['null', line(null)]
  ] as const) {
    test(`ends with what is no event: ${rule}`, async () => {
      const { told, failure } = await watch([line(added), text, line(added)])
      assert.deepEqual([told.length, failure], [1, { kind: 'not_kubernetes' }])
    })
  }

  test('ends with the status that the server tells within it', async () => {
    const error = { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } }
    assert.deepEqual((await watch([line(error)])).failure, {
      kind: 'status',
      code: 410,
      message: 'too old resource version',
      retryAfterMs: 0
    })
    const bare = { kind: 'status', code: 0, message: '', retryAfterMs: 0 }
    assert.deepEqual((await watch([line({ type: 'ERROR', object: {} })])).failure, bare)
  })
})

suite('a watch that ended', () => {
  for (const [what, error, how, resumes, news] of [
    ['in good order', null, STEADY, true, false],
    ['in good order, at its very start', null, SHORT, false, false],
    ['cut off', CUT, STEADY, true, false],
    ['cut off at its very start', CUT, SHORT, false, false],
    ['silent for too long', SILENT, STEADY, true, false],
    ['with an expired history', status(410), STEADY, false, false],
    ['with an error of the server', status(500), STEADY, false, true],
    ['by an object that is too large', LARGE, SHORT, false, false],
    ['with what is no event', GARBAGE, STEADY, false, true],
    ['refused for an expired history', status(410), REFUSED, false, false],
    ['refused for missing rights', status(403), REFUSED, true, true],
    ['refused for an old token', status(401), REFUSED, true, true],
    ['refused while the server restores its memory', status(429), REFUSED, false, true],
    ['refused by a failing server', status(500), REFUSED, false, true],
    ['without a connection', CUT, REFUSED, false, true],
    ['without an answer', SILENT, REFUSED, false, true]
  ] as const) {
    const next = resumes ? 'goes on where it stood' : 'begins with a list'
    test(`${what}: ${next}, ${news ? 'which is a problem' : 'and nobody needs to know'}`, () => {
      const ending = { error, ...how }
      assert.deepEqual([canResume(ending), isNews(ending)], [resumes, news])
    })
  }
})
