/** What belongs to which owner, kept up to date change by change. */
export interface OwnerIndex<Value> {
  /** Something came, changed, or went (`after` is `null`). */
  change(before: Value | null, after: Value | null): void
  /** The same array as long as nothing of this owner changed; it is never changed itself. */
  of(owner: string): readonly Value[]
}

/** The cost of a change grows with what its owner has, not with what all others have. */
export function createOwnerIndex<Value extends { readonly owner: string; readonly name: string }>(): OwnerIndex<Value> {
  const byOwner = new Map<string, readonly Value[]>()

  const put = (owner: string, values: readonly Value[]): void => {
    if (values.length === 0) byOwner.delete(owner)
    else byOwner.set(owner, values)
  }
  const without = ({ owner, name }: Value): readonly Value[] =>
    (byOwner.get(owner) ?? NONE).filter(known => known.name !== name)

  return {
    change: (before, after) => {
      if (before !== null) put(before.owner, without(before))
      if (after !== null) put(after.owner, [...without(after), after])
    },
    of: owner => byOwner.get(owner) ?? NONE
  }
}

// One array for all, so that nothing seems to have changed.
const NONE: readonly never[] = []
