import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ApiClient } from '../../../src/sources/kubernetes/api-client.ts'
import { ApiError } from '../../../src/sources/kubernetes/failure.ts'
import { createReflector } from '../../../src/sources/kubernetes/reflector.ts'
import { createStore } from '../../../src/sources/kubernetes/store.ts'
import { DEFAULT_TIME_LIMITS } from '../../../src/sources/kubernetes/time-limits.ts'
import { aCollection } from './a-collection.ts'
import { named, page, type Script, scriptedClient } from './scripted-client.ts'

/** How long each kind of wait may be: half of it, and as much again by chance. */
const FIRST = [250, 500] as const
const SECOND = [500, 1_000] as const
const THIRD = [1_000, 2_000] as const
const LONGEST = [1_500, 3_000] as const
const NONE = [0, 0] as const

const listed = () => page([])
const broken = (retryAfterMs = 0) => {
  throw new ApiError({ kind: 'status', code: 500, message: '', retryAfterMs })
}

/** A world whose clock only moves when it is told to. */
function world() {
  let now = 1_000_000
  const waits: number[] = []
  return {
    waits,
    advance: (ms: number) => {
      now += ms
    },
    timer: {
      now: () => now,
      pause: async (ms: number) => {
        waits.push(ms)
        now += ms
      }
    }
  }
}

/** Watches that are accepted and then end in good order, at once or after they have lived well. */
function watchesIn({ advance }: ReturnType<typeof world>) {
  return {
    short: function* () {
      yield ''
    },
    steady: function* () {
      yield ''
      advance(DEFAULT_TIME_LIMITS.steadyMs)
    },
    refused: () => broken()
  }
}

function storeOf(collection = aCollection()) {
  return createStore(collection, { problem: { message: 'not read', concerns: 'server' }, onChange: () => {} })
}

/** Follows a collection until the script has ended; tells with each request what was known before it. */
async function follow(script: Script, { timer }: Pick<ReturnType<typeof world>, 'timer'>) {
  const stop = new AbortController()
  const store = storeOf()
  let firstReads = 0
  const before: { problem: string | undefined; firstReads: number }[] = []
  const note = () => before.push({ problem: store.problem()?.message, firstReads })
  const scripted = scriptedClient({ ...script, onEnd: () => stop.abort() })
  const client: ApiClient = {
    getJson: (...request) => {
      note()
      return scripted.getJson(...request)
    },
    stream: (...request) => {
      note()
      return scripted.stream(...request)
    }
  }
  const reflector = createReflector({ client, timeLimits: DEFAULT_TIME_LIMITS, store, timer })
  await reflector.follow(stop.signal, () => ++firstReads)
  const asked = scripted.asked.map(({ verb }) => verb).join(' ')
  const paths = scripted.asked.map(({ path }) => path)
  return { store, firstReads, asked, paths, before }
}

function assertWaits(waits: readonly number[], bounds: readonly (readonly [number, number])[]) {
  assert.equal(waits.length, bounds.length, `${waits}`)
  for (const [index, [least, most]] of bounds.entries()) {
    const wait = waits[index] ?? Number.NaN
    assert.ok(wait >= least && wait <= most, `wait ${index + 1} is ${wait}, not within ${least} to ${most}`)
  }
}

suite('reflector', () => {
  test('asks ever less often for a list that fails again and again', async () => {
    const here = world()
    await follow({ lists: Array.from({ length: 6 }, () => broken) }, here)
    assertWaits(here.waits, [FIRST, SECOND, THIRD, LONGEST, LONGEST, LONGEST])
  })

  test('begins with the shortest wait after a list that went well', async () => {
    const here = world()
    const { refused } = watchesIn(here)
    await follow({ lists: [broken, broken, listed, broken], watches: [refused] }, here)
    assertWaits(here.waits, [FIRST, SECOND, FIRST, FIRST])
  })

  test('waits as long as the server asks, where that is longer', async () => {
    const here = world()
    await follow({ lists: [() => broken(20_000), () => broken(1)] }, here)
    assertWaits(here.waits, [[20_000, 20_000], SECOND])
  })

  test('goes on at once after a watch that lived well, however often', async () => {
    const here = world()
    const { steady } = watchesIn(here)
    const { asked } = await follow({ lists: [listed], watches: [steady, steady, steady] }, here)
    assert.equal(asked, 'list watch watch watch')
    assertWaits(here.waits, [NONE, NONE, NONE])
  })

  test('lists again, ever less often, after watches that end at once', async () => {
    const here = world()
    const { short } = watchesIn(here)
    const times = 7
    const script = { lists: Array.from({ length: times }, () => listed), watches: Array(times).fill(short) }
    const { asked } = await follow(script, here)
    assert.equal(asked, Array(times).fill('list watch').join(' '))
    assertWaits(here.waits, [FIRST, SECOND, THIRD, [2_000, 4_000], [4_000, 8_000], [7_500, 15_000], [7_500, 15_000]])
  })

  test('lists again, ever less often, after watches that end at an object that is too large', async () => {
    const here = world()
    const large = function* () {
      yield ''
      here.advance(60_000)
      throw new ApiError({ kind: 'too_large', limit: 9 })
    }
    const { asked } = await follow({ lists: [listed, listed, listed], watches: [large, large, large] }, here)
    assert.equal(asked, 'list watch list watch list watch')
    assertWaits(here.waits, [FIRST, SECOND, THIRD])
  })

  test('begins with the shortest wait after a watch that lived well', async () => {
    const here = world()
    const { short, steady } = watchesIn(here)
    const { asked } = await follow({ lists: [listed, listed, listed], watches: [short, short, steady, short] }, here)
    assert.equal(asked, 'list watch list watch list watch watch')
    assertWaits(here.waits, [FIRST, SECOND, NONE, FIRST])
  })

  test('lists anew at intervals where the server never ends the watch', async () => {
    const here = world()
    const endless = function* () {
      for (;;) {
        here.advance(10_000)
        yield ''
      }
    }
    const { asked } = await follow({ lists: [listed, listed], watches: [endless, endless] }, here)
    assert.equal(asked, 'list watch list watch')
    const listedFor = here.timer.now() - 1_000_000
    assert.ok(listedFor >= 2 * 300_000 && listedFor <= 2 * 340_000, `${listedFor} ms for two watches`)
  })

  test('asks the server to end a watch when it is time to list again', async () => {
    const here = world()
    const stop = new AbortController()
    const client = scriptedClient({ lists: [listed], watches: [watchesIn(here).steady], onEnd: () => stop.abort() })
    const store = storeOf(aCollection({ relistMs: 60_000 }))
    await createReflector({ client, timeLimits: DEFAULT_TIME_LIMITS, store, timer: here.timer }).follow(
      stop.signal,
      () => {}
    )
    const seconds = Number(/timeoutSeconds=(\d+)/.exec(client.asked[1]?.path ?? '')?.[1])
    assert.ok(seconds >= 60 && seconds <= 66, `${seconds} s`)
  })

  test('says that the first read has ended when it failed, too', async () => {
    const here = world()
    assert.ok((await follow({ lists: [broken] }, here)).firstReads > 0)
    assert.ok((await follow({}, here)).firstReads > 0, 'and when it was stopped in it')
  })

  test('knows its store to be true as of when the list was asked for', async () => {
    const here = world()
    const askedAt = here.timer.now()
    const slow = () => {
      here.advance(5_000)
      return listed()
    }
    const { store } = await follow({ lists: [slow], watches: [() => broken()] }, here)
    assert.equal(store.confirmedAt(), askedAt)
  })

  test('applies what a watch tells, and goes on after the last of it', async () => {
    const here = world()
    const event = (type: string, name: string, resourceVersion: string) =>
      `${JSON.stringify({ type, object: { metadata: { namespace: 'shop', name, resourceVersion } } })}\n`
    const telling = function* () {
      yield ''
      yield event('ADDED', 'web', '5') + event('ADDED', 'api', '6') + event('DELETED', 'web', '7')
      here.advance(DEFAULT_TIME_LIMITS.steadyMs)
      yield ''
    }
    const { steady } = watchesIn(here)
    const { store, paths } = await follow({ lists: [listed], watches: [telling, steady] }, here)
    assert.deepEqual([...store.items().keys()], ['shop/api'])
    assert.deepEqual(
      paths.slice(1).map(path => new URLSearchParams(path.split('?')[1]).get('resourceVersion')),
      ['1', '7']
    )
  })

  test('asks for a watch that was refused for missing rights again, without a list', async () => {
    const here = world()
    const forbidden = () => {
      throw new ApiError({ kind: 'status', code: 403, message: '', retryAfterMs: 0 })
    }
    const { steady } = watchesIn(here)
    const script = { lists: [listed], watches: [forbidden, forbidden, steady] }
    const { asked } = await follow(script, here)
    assert.equal(asked, 'list watch watch watch')
    assertWaits(here.waits, [FIRST, SECOND, NONE])
  })

  test('shows what failed until a watch is accepted, not until a list went well', async () => {
    const here = world()
    const { refused, steady } = watchesIn(here)
    const { before } = await follow({ lists: [broken, listed, listed], watches: [refused, steady] }, here)
    const [list, again, watch, relist, rewatch, last] = before.map(({ problem = '' }) => problem)
    assert.deepEqual([list, last], ['not read', ''])
    assert.match(again ?? '', /list/)
    assert.equal(watch, again)
    assert.match(relist ?? '', /watch/)
    assert.equal(rewatch, relist)
  })

  for (const [rule, script] of [
    ['its list failed', { lists: [broken] }],
    ['its watch was refused', { lists: [listed], watches: [() => broken()] }]
  ] as const) {
    test(`says that the first read has ended once ${rule}, before it tries again`, async () => {
      const { before } = await follow(script, world())
      assert.deepEqual([before[0]?.firstReads, before.at(-1)?.firstReads], [0, 1])
    })
  }

  test('says that the first read has ended once its watch is accepted, not when that ends', async () => {
    const here = world()
    const stop = new AbortController()
    let firstReads = 0
    const seenWithin: number[] = []
    const accepted = function* () {
      seenWithin.push(firstReads)
      yield ''
      seenWithin.push(firstReads)
    }
    const client = scriptedClient({ lists: [listed], watches: [accepted], onEnd: () => stop.abort() })
    const reflector = createReflector({ client, timeLimits: DEFAULT_TIME_LIMITS, store: storeOf(), timer: here.timer })
    await reflector.follow(stop.signal, () => ++firstReads)
    assert.deepEqual(seenWithin, [0, 1])
  })

  test('shows that watches fail which are accepted each time, until one of them has lived for a while', async () => {
    const here = world()
    const outlived = Promise.withResolvers<void>()
    const timer = {
      ...here.timer,
      pause: (ms: number) => (ms === DEFAULT_TIME_LIMITS.believedMs ? outlived.promise : here.timer.pause(ms))
    }
    const seen: (string | undefined)[] = []
    let store: ReturnType<typeof storeOf> | undefined
    const look = () => seen.push(store?.problem()?.message)
    const failing = function* () {
      yield ''
      look()
      yield ''
      look()
      broken()
    }
    const living = function* () {
      yield ''
      look()
      outlived.resolve()
      yield ''
      yield ''
      look()
    }
    const stop = new AbortController()
    const client = scriptedClient({
      lists: [listed, listed, listed, listed],
      watches: [failing, failing, failing, living],
      onEnd: () => stop.abort()
    })
    store = storeOf()
    await createReflector({ client, timeLimits: DEFAULT_TIME_LIMITS, store, timer }).follow(stop.signal, () => {})
    const problem = 'Kubernetes API server: HTTP 500 to watch deployments.apps in namespace shop'
    assert.deepEqual(seen, [undefined, undefined, problem, problem, problem, problem, problem, undefined])
  })

  test('reads once, and shows whether that went well', async () => {
    const client = scriptedClient({ lists: [() => broken(), () => page([named('web')])] })
    const store = storeOf()
    const { read } = createReflector({ client, timeLimits: DEFAULT_TIME_LIMITS, store, timer: world().timer })
    const { signal } = new AbortController()
    await read(signal)
    assert.match(store.problem()?.message ?? '', /list/)
    assert.equal(store.wasRead(), false)
    await read(signal)
    assert.deepEqual([store.problem(), [...store.items().keys()]], [null, ['shop/web']])
  })

  test('has no problem any more once its watch is accepted', async () => {
    const here = world()
    const { steady } = watchesIn(here)
    const { store } = await follow({ lists: [broken, listed], watches: [steady] }, here)
    assert.equal(store.problem(), null)
  })
})
