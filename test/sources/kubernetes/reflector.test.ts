import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ApiError } from '../../../src/sources/kubernetes/failure.ts'
import { createReflector } from '../../../src/sources/kubernetes/reflector.ts'
import { createStore } from '../../../src/sources/kubernetes/store.ts'
import { DEFAULT_TIME_LIMITS } from '../../../src/sources/kubernetes/time-limits.ts'
import { aCollection } from './a-collection.ts'
import { page, type Script, scriptedClient } from './scripted-client.ts'

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

/** Follows a collection until the script has ended. */
async function follow(script: Script, { timer }: Pick<ReturnType<typeof world>, 'timer'>) {
  const stop = new AbortController()
  const client = scriptedClient({ ...script, onEnd: () => stop.abort() })
  const store = createStore(aCollection(), { problem: { message: 'not read', concerns: 'server' }, onChange: () => {} })
  let firstReads = 0
  const reflector = createReflector({ client, timeLimits: DEFAULT_TIME_LIMITS, store, timer })
  await reflector.follow(stop.signal, () => ++firstReads)
  return { store, firstReads, asked: client.asked.map(({ verb }) => verb).join(' ') }
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

  test('lists anew, ever less often, after watches that end at once', async () => {
    const here = world()
    const { short } = watchesIn(here)
    const { asked } = await follow({ lists: [listed, listed, listed], watches: [short, short, short] }, here)
    assert.equal(asked, 'list watch list watch list watch')
    assertWaits(here.waits, [FIRST, SECOND, THIRD])
  })

  test('lists anew, ever less often, after watches that an object ends which is too large', async () => {
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
    const store = createStore(aCollection({ relistMs: 60_000 }), {
      problem: { message: 'not read', concerns: 'server' },
      onChange: () => {}
    })
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

  test('has no problem any more once its watch is accepted', async () => {
    const here = world()
    const { steady } = watchesIn(here)
    const { store } = await follow({ lists: [broken, listed], watches: [steady] }, here)
    assert.equal(store.problem(), null)
  })
})
