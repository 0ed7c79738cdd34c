import type { Clock } from '../domain/ports.ts'

const SHARED_MS = 1_000

/** Those who ask within a second share one reading; `monotonic` never jumps. */
export function shareReading(read: () => Promise<string>, monotonic: Clock): () => Promise<string> {
  let last: { readonly reading: Promise<string>; readonly at: number } | undefined
  return () => {
    const now = monotonic()
    if (last === undefined || now - last.at >= SHARED_MS) last = { reading: read(), at: now }
    return last.reading
  }
}
