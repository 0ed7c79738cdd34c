import { copyOf } from '../text/copy-of.ts'

/** Returns the same string for equal texts, and keeps nothing else in memory with it. */
export type KeepString = (text: string) => string

const MOST_STRINGS = 50_000

/** For texts that repeat and are kept for a long time, such as the image of many pods. */
export function createStringPool(): KeepString {
  const pool = new Map<string, string>()
  return text => {
    const known = pool.get(text)
    if (known !== undefined) return known
    // Drops texts that have left the cluster; a text that is used elsewhere stays alive there.
    if (pool.size >= MOST_STRINGS) pool.clear()
    const copy = copyOf(text)
    pool.set(copy, copy)
    return copy
  }
}
