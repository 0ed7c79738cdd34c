/** How much is done at a time. */
export interface Shares {
  readonly most: number
  /** Of one group. */
  readonly ofGroup: number
}

interface Share<Item> {
  readonly items: readonly Item[]
  begun: number
  underWay: number
}

/**
 * Does the work for the items of all groups, and keeps their order within a group. The next item always comes from the
 * group with the fewest under way, so a slow group never takes the places of others. Of equal groups, the first comes
 * first.
 */
export async function inShares<Item>(
  groups: readonly (readonly Item[])[],
  { most, ofGroup }: Shares,
  work: (item: Item) => Promise<void>
): Promise<void> {
  const shares = groups.map((items): Share<Item> => ({ items, begun: 0, underWay: 0 }))
  const next = () =>
    shares
      .filter(({ items, begun, underWay }) => begun < items.length && underWay < ofGroup)
      .reduce<Share<Item> | null>((least, one) => (least === null || one.underWay < least.underWay ? one : least), null)
  // A worker that finds nothing may end: what is left belongs to groups with busy workers, which go on with it.
  const worker = async () => {
    for (let share = next(); share !== null; share = next()) {
      const item = share.items[share.begun]
      share.begun += 1
      share.underWay += 1
      if (item !== undefined) await work(item)
      share.underWay -= 1
    }
  }
  await Promise.all(Array.from({ length: most }, worker))
}
