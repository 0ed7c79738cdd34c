import { compareText } from '../../text/lines.ts'
import { compareNumbers } from './tag-order.ts'
import type { ShapedTag } from './tag-shape.ts'

export interface Wanted {
  readonly running: ShapedTag
  /** The result must be newer than this. */
  readonly reference: ShapedTag
  /** Whether a tag would be an update if it had the right shape. */
  accepts(tag: ShapedTag): boolean
}

/**
 * The newest tag of the most similar shape: an update except for a `v`, a suffix or the count of its numbers. The rule of
 * shapes is strict, so people need to see what it hides: `3.13.0-alpine3.20` when `3.12.1-alpine3.18` runs.
 */
export function nearestByText(others: readonly ShapedTag[], { running, reference, accepts }: Wanted): ShapedTag | null {
  let nearest: { readonly tag: ShapedTag; readonly distance: number } | null = null
  for (const tag of others) {
    if (compareNumbers(tag.version, reference.version) <= 0 || !accepts(tag)) continue
    const distance = distanceBetween(tag.shape, running.shape)
    const order =
      nearest === null
        ? 1
        : nearest.distance - distance ||
          compareNumbers(tag.version, nearest.tag.version) ||
          compareNumbers(tag.counters, nearest.tag.counters) ||
          compareText(nearest.tag.tag, tag.tag)
    if (order > 0) nearest = { tag, distance }
  }
  return nearest?.tag ?? null
}

// The characters that remain without the common beginning and end. Not an edit distance, but linear.
function distanceBetween(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  let head = 0
  while (head < most && a[head] === b[head]) head += 1
  let tail = 0
  while (tail < most - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1
  return a.length + b.length - 2 * (head + tail)
}
