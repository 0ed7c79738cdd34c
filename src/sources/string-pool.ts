import { copyOf } from '../text/copy-of.ts'

/** Gives for equal texts one and the same string, which holds on to nothing else. */
export type KeepString = (text: string) => string

/** Where texts repeat that are kept for long, such as the image of many pods. */
const MOST_STRINGS = 50_000

export function createStringPool(): KeepString {
  const pool = new Map<string, string>()
  return text => {
    const known = pool.get(text)
    if (known !== undefined) return known
    // What left the cluster is let go at some time; what is kept elsewhere stays there.
    if (pool.size >= MOST_STRINGS) pool.clear()
    const copy = copyOf(text)
    pool.set(copy, copy)
    return copy
  }
}
