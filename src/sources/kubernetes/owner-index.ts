/** What belongs to whom, kept from changes one by one; a view that was given is never changed. */
export interface OwnerIndex<Value> {
  /** `null`: it is gone. */
  change(owner: string, name: string, value: Value | null): void
  /** By owner; the same array as long as nothing of it changed. */
  view(): ReadonlyMap<string, readonly Value[]>
}

/** With 30,000 pods a change costs as much as its owner has pods, and the first one after a view a copy of the map. */
export function createOwnerIndex<Value extends { readonly name: string }>(): OwnerIndex<Value> {
  let byOwner = new Map<string, readonly Value[]>()
  let isViewed = false

  return {
    change: (owner, name, value) => {
      if (isViewed) byOwner = new Map(byOwner)
      isViewed = false
      const others = (byOwner.get(owner) ?? []).filter(known => known.name !== name)
      const values = value === null ? others : [...others, value]
      if (values.length === 0) byOwner.delete(owner)
      else byOwner.set(owner, values)
    },
    view: () => {
      isViewed = true
      return byOwner
    }
  }
}
