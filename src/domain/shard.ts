/** One part of the targets out of `total`; every target is in exactly one. */
export interface Shard {
  /** 0 to `total` - 1. */
  readonly index: number
  readonly total: number
}

/** All targets, in one part. */
export const WHOLE: Shard = { index: 0, total: 1 }

/** For people, who must never take a part for the whole; `null`: there is one part. */
export function describePart({ index, total }: Shard): string | null {
  return total === 1 ? null : `shard ${index} of ${total} (0 to ${total - 1})`
}
