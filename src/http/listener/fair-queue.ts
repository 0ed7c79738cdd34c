/** Items that wait for their turn, which goes round by who brought them. */
export interface FairQueue<Item> {
  /** Gives the item that has no place, if one has none: the new one, or the last of who has the most. */
  add(owner: string, item: Item): Item | undefined
  take(): Item | undefined
}

/** A queue of `most` items: whoever brings many waits behind his own. */
export function createFairQueue<Item>(most: number): FairQueue<Item> {
  // In the order of their turns.
  const byOwner = new Map<string, Item[]>()
  let size = 0

  function removeFrom(owner: string, pick: (items: Item[]) => Item | undefined): Item | undefined {
    const items = byOwner.get(owner) ?? []
    const item = pick(items)
    if (items.length === 0) byOwner.delete(owner)
    if (item !== undefined) size -= 1
    return item
  }

  return {
    add: (owner, item) => {
      const own = byOwner.get(owner) ?? []
      let leaving: Item | undefined
      if (size >= most) {
        const [crowd, items] = [...byOwner].reduce((one, other) => (other[1].length > one[1].length ? other : one))
        if (items.length <= own.length + 1) return item
        leaving = removeFrom(crowd, all => all.pop())
      }
      own.push(item)
      byOwner.set(owner, own)
      size += 1
      return leaving
    },
    take: () => {
      const [next] = byOwner
      if (next === undefined) return undefined
      const [owner, items] = next
      const item = removeFrom(owner, all => all.shift())
      // To the end of the round.
      if (byOwner.delete(owner)) byOwner.set(owner, items)
      return item
    }
  }
}
