/** Who wants a slot. */
export interface Claimant {
  /** Of the operator's own targets file: before all others, and without a share. */
  readonly isTrusted: boolean
  readonly namespace: string
  /** `unproven`: it has never answered. `slow`: it took long the last time. */
  readonly lane: Lane
}

export type Lane = 'quick' | 'unproven' | 'slow'

/** Work that runs at most so often at once, with shares that keep one namespace, or all that is slow, from taking all. */
export interface FairSlots {
  /** Resolves when the work has ended; rejects as it does. */
  run(claimant: Claimant, work: () => Promise<void>): Promise<void>
}

interface Waiting {
  readonly claimant: Claimant
  readonly start: () => void
}

const LANES: readonly Lane[] = ['quick', 'unproven', 'slow']

/**
 * Who answers quickly always finds a slot: what never answered has half of them at most, what is slow a quarter, and one
 * namespace a half of them all and of each lane. In a lane, the trusted come first, then namespaces take turns.
 */
export function createFairSlots(most: number): FairSlots {
  const share = (part: number) => Math.max(1, Math.floor(most / part))
  const room: Record<Lane, number> = { quick: most, unproven: share(2), slow: share(4) }
  const ofNamespace = share(2)
  const ofNamespaceIn = (lane: Lane) => Math.max(1, Math.floor(room[lane] / 2))
  // By namespace, and by lane and namespace: a name has no space in it.
  const running = { all: 0, lanes: { quick: 0, unproven: 0, slow: 0 }, namespaces: new Map<string, number>() }
  const runningOf = (key: string) => running.namespaces.get(key) ?? 0
  const trusted: Record<Lane, Waiting[]> = { quick: [], unproven: [], slow: [] }
  // By namespace, in the order of their turns.
  const others: Record<Lane, Map<string, Waiting[]>> = { quick: new Map(), unproven: new Map(), slow: new Map() }

  function count({ namespace, lane, isTrusted }: Claimant, by: 1 | -1): void {
    running.all += by
    running.lanes[lane] += by
    if (isTrusted) return
    for (const key of [namespace, `${lane} ${namespace}`]) {
      const left = runningOf(key) + by
      if (left === 0) running.namespaces.delete(key)
      else running.namespaces.set(key, left)
    }
  }

  function next(): Waiting | undefined {
    const free = LANES.filter(lane => running.lanes[lane] < room[lane])
    for (const lane of free) {
      const first = trusted[lane].shift()
      if (first !== undefined) return first
    }
    for (const lane of free) {
      for (const [namespace, queue] of others[lane]) {
        if (runningOf(namespace) >= ofNamespace || runningOf(`${lane} ${namespace}`) >= ofNamespaceIn(lane)) continue
        const first = queue.shift()
        others[lane].delete(namespace)
        if (queue.length > 0) others[lane].set(namespace, queue)
        return first
      }
    }
    return undefined
  }

  function fill(): void {
    while (running.all < most) {
      const waiting = next()
      if (waiting === undefined) return
      count(waiting.claimant, 1)
      waiting.start()
    }
  }

  function enqueue(waiting: Waiting): void {
    const { isTrusted, lane, namespace } = waiting.claimant
    if (isTrusted) return void trusted[lane].push(waiting)
    const queue = others[lane].get(namespace)
    if (queue === undefined) others[lane].set(namespace, [waiting])
    else queue.push(waiting)
  }

  return {
    run: (claimant, work) =>
      new Promise((resolve, reject) => {
        const start = () =>
          void work()
            .then(resolve, reject)
            .finally(() => {
              count(claimant, -1)
              fill()
            })
        enqueue({ claimant, start })
        fill()
      })
  }
}
