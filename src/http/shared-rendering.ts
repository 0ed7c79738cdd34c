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

interface Shared {
  readonly inputs: readonly unknown[]
  readonly at: number
  readonly rendering: Promise<Rendering>
}

/**
 * Renders once for all who ask while the inputs are the same, each compared by identity. It is rendered again after
 * `keptMs`, for what it shows besides, such as ages; and not kept for longer, because it may be large.
 */
export function shareRendering(clock: Clock, keptMs: number) {
  let last: Shared | undefined
  return (inputs: readonly unknown[], render: () => Promise<string>): Promise<Rendering> => {
    const now = clock()
    const isFresh = last !== undefined && Math.abs(now - last.at) < keptMs
    if (last !== undefined && isFresh && inputs.every((input, index) => Object.is(input, last?.inputs[index]))) {
      return last.rendering
    }
    const next: Shared = { inputs, at: now, rendering: render().then(renderingOf) }
    const drop = () => {
      if (last === next) last = undefined
    }
    // Everybody who asks gets the failure; the next one tries again.
    next.rendering.catch(drop)
    setTimeout(drop, keptMs).unref()
    last = next
    return next.rendering
  }
}

const ALLOWED_SHARE = 0.2
const MOST_ALLOWED_MS = 250

/**
 * Does work for a single client: one at a time, and only while such work takes at most a fifth of the time.
 * `undefined`: it is not done.
 */
export function createAllowance(monotonic: Clock) {
  let leftMs = MOST_ALLOWED_MS
  let at = monotonic()
  let isBusy = false
  return async <Result>(work: () => Promise<Result>): Promise<Result | undefined> => {
    const start = monotonic()
    leftMs = Math.min(MOST_ALLOWED_MS, leftMs + ALLOWED_SHARE * (start - at))
    at = start
    if (leftMs <= 0 || isBusy) return undefined
    isBusy = true
    try {
      return await work()
    } finally {
      isBusy = false
      leftMs -= monotonic() - start
    }
  }
}
