/** Who wants a slot. */
export interface Claimant {
  /** It is from the operator's own targets file: it comes before all others, and no share limits it. */
  readonly isTrusted: boolean
  readonly namespace: string
  /** A service that is asked pod by pod wants many slots. */
  readonly service: string
  /** `unproven`: it has never answered. `slow`: it took long the last time. */
  readonly lane: Lane
}

export type Lane = 'quick' | 'unproven' | 'slow'

/** A number of slots, with shares that keep one namespace, or everything slow, from taking all. */
export interface FairSlots<One extends Claimant> {
  /** Calls the function with the claimant once there is a slot, which may be at once. */
  take(claimant: One, begin: (claimant: One) => void): void
  /** Must be called once for each claimant that has begun. */
  giveBack(claimant: One): void
}

interface Waiting<One> {
  readonly claimant: One
  readonly begin: (claimant: One) => void
}

/** How many of a namespace run: in all, in each lane, and of each service. */
interface Share extends Record<Lane | 'all', number> {
  readonly services: Map<string, number>
}

/** Who waits in a namespace, by service, in the order of their turns. */
interface Queue<One> {
  readonly namespace: string
  readonly services: Map<string, Waiting<One>[]>
}

const LANES: readonly Lane[] = ['quick', 'unproven', 'slow']

/**
 * Claimants that answer quickly always find a slot. Those that never answered have half of all slots at most, slow ones
 * a quarter, one namespace half of all and of each lane, and one service an eighth. In a lane, trusted ones come first;
 * then namespaces take turns, and so do the services within each.
 */
export function createFairSlots<One extends Claimant>(most: number): FairSlots<One> {
  const share = (part: number) => Math.max(1, Math.floor(most / part))
  const room: Record<Lane, number> = { quick: most, unproven: share(2), slow: share(4) }
  const ofNamespace = share(2)
  const ofNamespaceIn = (lane: Lane) => Math.max(1, Math.floor(room[lane] / 2))
  // At least two, so that a second question to a service does not wait for the answer to the first.
  const ofService = Math.max(2, share(8))
  const running = { all: 0, lanes: { quick: 0, unproven: 0, slow: 0 }, shares: new Map<string, Share>() }
  const trusted: Record<Lane, Waiting<One>[]> = { quick: [], unproven: [], slow: [] }
  // By namespace, in the order of their turns.
  const others: Record<Lane, Map<string, Queue<One>>> = { quick: new Map(), unproven: new Map(), slow: new Map() }

  function count({ namespace, service, lane, isTrusted }: Claimant, by: 1 | -1): void {
    running.all += by
    running.lanes[lane] += by
    if (isTrusted) return
    const share = running.shares.get(namespace) ?? { all: 0, quick: 0, unproven: 0, slow: 0, services: new Map() }
    share.all += by
    share[lane] += by
    const ofOne = (share.services.get(service) ?? 0) + by
    if (ofOne === 0) share.services.delete(service)
    else share.services.set(service, ofOne)
    if (share.all === 0) running.shares.delete(namespace)
    else running.shares.set(namespace, share)
  }

  function mayBegin({ isTrusted, namespace, lane }: Claimant): boolean {
    if (running.all >= most || running.lanes[lane] >= room[lane]) return false
    return isTrusted || !isUsedUp(running.shares.get(namespace), lane)
  }

  function isUsedUp(share: Share | undefined, lane: Lane): boolean {
    return share !== undefined && (share.all >= ofNamespace || share[lane] >= ofNamespaceIn(lane))
  }

  /** The first in a namespace whose service has a slot left; that service then goes to the end of the queue. */
  function takeFrom({ services }: Queue<One>, share: Share | undefined): Waiting<One> | undefined {
    for (const waiting of services.values()) {
      const [first] = waiting as [Waiting<One>]
      const { service } = first.claimant
      if ((share?.services.get(service) ?? 0) >= ofService) continue
      waiting.shift()
      services.delete(service)
      if (waiting.length > 0) services.set(service, waiting)
      return first
    }
    return undefined
  }

  function next(): Waiting<One> | undefined {
    const isFree = (lane: Lane) => running.lanes[lane] < room[lane]
    for (const lane of LANES) {
      const first = isFree(lane) ? trusted[lane].shift() : undefined
      if (first !== undefined) return first
    }
    for (const lane of LANES) {
      if (!isFree(lane)) continue
      for (const queue of others[lane].values()) {
        const { namespace } = queue
        const share = running.shares.get(namespace)
        if (isUsedUp(share, lane)) continue
        const first = takeFrom(queue, share)
        if (first === undefined) continue
        const isLast = queue.services.size === 0
        // A namespace that is alone has the next turn, too.
        if (isLast || others[lane].size > 1) others[lane].delete(namespace)
        if (!isLast) others[lane].set(namespace, queue)
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
      waiting.begin(waiting.claimant)
    }
  }

  function enqueue(waiting: Waiting<One>): void {
    const { isTrusted, lane, namespace, service } = waiting.claimant
    if (isTrusted) return void trusted[lane].push(waiting)
    const queue = others[lane].get(namespace) ?? { namespace, services: new Map<string, Waiting<One>[]>() }
    others[lane].set(namespace, queue)
    const ofSame = queue.services.get(service)
    if (ofSame === undefined) queue.services.set(service, [waiting])
    else ofSame.push(waiting)
  }

  return {
    take: (claimant, begin) => {
      enqueue({ claimant, begin })
      // Those who already wait could not begin a moment ago, and nothing has ended since.
      if (mayBegin(claimant)) fill()
    },
    giveBack: claimant => {
      count(claimant, -1)
      fill()
    }
  }
}
