/** Who brought an item: an address, and the user that it claims to be. */
export interface Owner {
  readonly address: string
  readonly user: string
}

/** Items that wait for their turn. Turns go round by address, and within an address by user. */
export interface FairQueue<Item> {
  /** Returns the item that gets no place, if the queue is full: the new one, or the last of the client with the most. */
  add(owner: Owner, item: Item): Item | undefined
  take(): Item | undefined
}

type ByUser<Item> = Map<string, Item[]>

/** A queue of `most` items: a client that brings many waits behind its own items. */
export function createFairQueue<Item>(most: number): FairQueue<Item> {
  // Both maps are in the order of the turns.
  const byAddress = new Map<string, ByUser<Item>>()
  let size = 0

  function remove({ address, user }: Owner, pick: (items: Item[]) => Item | undefined): Item | undefined {
    const users = byAddress.get(address)
    const items = users?.get(user) ?? []
    const item = pick(items)
    if (items.length === 0) users?.delete(user)
    if (users?.size === 0) byAddress.delete(address)
    size -= 1
    return item
  }

  // Whose last item makes room for a new one of this owner, if anybody has more than this owner would have.
  function crowdFor(owner: Owner): Owner | undefined {
    const own: ByUser<Item> = byAddress.get(owner.address) ?? new Map()
    const [address = '', users = own] = largest(byAddress, countItems) ?? []
    const isOther = countItems(users) > countItems(own) + 1
    const [user = '', items = []] = largest(isOther ? users : own, ({ length }) => length) ?? []
    if (isOther) return { address, user }
    return items.length > (own.get(owner.user)?.length ?? 0) + 1 ? { address: owner.address, user } : undefined
  }

  return {
    add: (owner, item) => {
      const crowd = size < most ? undefined : crowdFor(owner)
      if (size >= most && crowd === undefined) return item
      const leaving = crowd && remove(crowd, items => items.pop())
      const users: ByUser<Item> = byAddress.get(owner.address) ?? new Map()
      users.set(owner.user, [...(users.get(owner.user) ?? []), item])
      byAddress.set(owner.address, users)
      size += 1
      return leaving
    },
    take: () => {
      const [[address, users] = []] = byAddress
      const [user] = users?.keys() ?? []
      if (address === undefined || users === undefined || user === undefined) return undefined
      const item = remove({ address, user }, items => items.shift())
      moveToEnd(users, user)
      moveToEnd(byAddress, address)
      return item
    }
  }
}

function countItems<Item>(users: ByUser<Item>): number {
  let count = 0
  for (const items of users.values()) count += items.length
  return count
}

// Of several that are the largest, the one whose turn comes last.
function largest<Value>(values: ReadonlyMap<string, Value>, sizeOf: (value: Value) => number) {
  let found: [key: string, value: Value] | undefined
  for (const entry of values) if (found === undefined || sizeOf(entry[1]) >= sizeOf(found[1])) found = entry
  return found
}

function moveToEnd<Value>(values: Map<string, Value>, key: string): void {
  const value = values.get(key)
  if (value === undefined) return
  values.delete(key)
  values.set(key, value)
}
