import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Clock } from '../domain/ports.ts'

/** A text as bytes, which all its readers share. */
export interface Rendering {
  readonly plain: Buffer
  /** Made when somebody wants it, once. */
  gzip(): Promise<Buffer>
}

const compress = promisify(gzip)

export function renderingOf(text: string): Rendering {
  const plain = Buffer.from(text)
  let packed: Promise<Buffer> | undefined
  return {
    plain,
    gzip: () => {
      packed ??= compress(plain)
      return packed
    }
  }
}

/** What a text becomes; none: there was no time to render it. */
type Made<Text> = Text extends string ? Rendering : undefined

interface Shared<Text> {
  readonly inputs: readonly unknown[]
  readonly at: number
  readonly rendering: Promise<Made<Text>>
}

type Share<Text> = (inputs: readonly unknown[], render: () => Promise<Text>) => Promise<Made<Text>>

/**
 * Renders once for all who ask while the inputs are the same, each compared by identity. It is rendered again after
 * `keptMs`, for what it shows besides, such as ages; and not kept for longer, because it may be large.
 */
export function shareRendering<Text extends string | undefined = string>(clock: Clock, keptMs: number): Share<Text> {
  let last: Shared<Text> | undefined
  return (inputs, render) => {
    const now = clock()
    const isFresh = last !== undefined && Math.abs(now - last.at) < keptMs
    if (last !== undefined && isFresh && inputs.every((input, index) => Object.is(input, last?.inputs[index]))) {
      return last.rendering
    }
    const rendering = render().then(text => (text === undefined ? undefined : renderingOf(text)) as Made<Text>)
    const next: Shared<Text> = { inputs, at: now, rendering }
    const drop = () => {
      if (last === next) last = undefined
    }
    // Everybody who waits for it learns of a failure; the next one tries again.
    rendering.then(made => void (made === undefined && drop()), drop)
    setTimeout(drop, keptMs).unref()
    last = next
    return next.rendering
  }
}

/** Shares a rendering for each of the last `most` keys, such as filters. */
export function shareRenderings(clock: Clock, keptMs: number, most: number) {
  // In the order in which they were asked for last.
  const shares = new Map<string, Share<string | undefined>>()
  return (key: string): Share<string | undefined> => {
    const share = shares.get(key) ?? shareRendering(clock, keptMs)
    shares.delete(key)
    shares.set(key, share)
    const [oldest] = shares.keys()
    if (oldest !== undefined && shares.size > most) shares.delete(oldest)
    return share
  }
}

const ALLOWED_SHARE = 0.2
const MOST_ALLOWED_MS = 250
const MOST_WAITING = 8

/**
 * Does one piece of work at a time, as long as such work takes no more than a fifth of the time; a few wait for their
 * turn. `undefined`: it was not done.
 */
export function createAllowance(monotonic: Clock) {
  let leftMs = MOST_ALLOWED_MS
  let at = monotonic()
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  async function doNow<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    const start = monotonic()
    leftMs = Math.min(MOST_ALLOWED_MS, leftMs + ALLOWED_SHARE * (start - at))
    at = start
    if (leftMs <= 0) return undefined
    try {
      return await work()
    } finally {
      leftMs -= monotonic() - start
    }
  }

  return async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
    if (waiting > MOST_WAITING) return undefined
    waiting += 1
    const mine = last
      .then(() => doNow(work))
      .finally(() => {
        waiting -= 1
      })
    // A failure concerns only whoever asked.
    last = mine.catch(() => undefined)
    return mine
  }
}
