/** Who wants a slot. */
export interface Claimant {
  /** Of the operator's own targets file: before all others, and without a share. */
  readonly isTrusted: boolean
  readonly namespace: string
  /** One that is asked pod by pod wants many slots. */
  readonly service: string
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

/** Who waits in a namespace, by service, in the order of their turns. */
type Queue = Map<string, Waiting[]>

const LANES: readonly Lane[] = ['quick', 'unproven', 'slow']

/**
 * Who answers quickly always finds a slot: what never answered has half of them at most, what is slow a quarter, one
 * namespace a half of them all and of each lane, and one service an eighth. In a lane, the trusted come first; then
 * namespaces take turns, and the services of each.
 */
export function createFairSlots(most: number): FairSlots {
  const share = (part: number) => Math.max(1, Math.floor(most / part))
  const room: Record<Lane, number> = { quick: most, unproven: share(2), slow: share(4) }
  const ofNamespace = share(2)
  const ofNamespaceIn = (lane: Lane) => Math.max(1, Math.floor(room[lane] / 2))
  // At least two: a second question to a service does not wait for the answer to the first.
  const ofService = Math.max(2, share(8))
  // By namespace, by lane and namespace, and by service: a namespace has neither space nor slash in it.
  const running = { all: 0, lanes: { quick: 0, unproven: 0, slow: 0 }, shares: new Map<string, number>() }
  const runningOf = (key: string) => running.shares.get(key) ?? 0
  const trusted: Record<Lane, Waiting[]> = { quick: [], unproven: [], slow: [] }
  // By namespace, in the order of their turns.
  const others: Record<Lane, Map<string, Queue>> = { quick: new Map(), unproven: new Map(), slow: new Map() }

  function count({ namespace, service, lane, isTrusted }: Claimant, by: 1 | -1): void {
    running.all += by
    running.lanes[lane] += by
    if (isTrusted) return
    for (const key of [namespace, `${lane} ${namespace}`, `${namespace}/${service}`]) {
      const left = runningOf(key) + by
      if (left === 0) running.shares.delete(key)
      else running.shares.set(key, left)
    }
  }

  /** The first of a namespace whose service has a slot left; its service has its next turn after the others. */
  function takeFrom(namespace: string, queue: Queue): Waiting | undefined {
    for (const [service, waiting] of queue) {
      if (runningOf(`${namespace}/${service}`) >= ofService) continue
      const first = waiting.shift()
      queue.delete(service)
      if (waiting.length > 0) queue.set(service, waiting)
      return first
    }
    return undefined
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
        const first = takeFrom(namespace, queue)
        if (first === undefined) continue
        others[lane].delete(namespace)
        if (queue.size > 0) others[lane].set(namespace, queue)
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
    const { isTrusted, lane, namespace, service } = waiting.claimant
    if (isTrusted) return void trusted[lane].push(waiting)
    const queue = others[lane].get(namespace) ?? new Map<string, Waiting[]>()
    others[lane].set(namespace, queue)
    const ofSame = queue.get(service)
    if (ofSame === undefined) queue.set(service, [waiting])
    else ofSame.push(waiting)
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
