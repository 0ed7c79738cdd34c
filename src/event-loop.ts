import { setImmediate as nextTurn } from 'node:timers/promises'

// How many steps for single targets one turn takes, such as beginning a request or reading an answer. Together they
// take a millisecond.
const IN_A_TURN = 10

/** Resolves when it is one's turn: in this turn of the event loop, or in a later one. */
export type Pace = () => Promise<void>

/**
 * Spreads work over turns of the event loop, so that a scrape never waits for all of it: a few callers go on in each
 * turn, in the order in which they came.
 */
export function createPace(inATurn = IN_A_TURN): Pace {
  const waiting: (() => void)[] = []
  let free = inATurn
  const turn = () => {
    free = inATurn
    if (waiting.length === 0) return
    for (const goOn of waiting.splice(0, inATurn)) {
      free -= 1
      goOn()
    }
    setImmediate(turn)
  }
  return () => {
    if (free === inATurn) setImmediate(turn)
    if (free === 0) return new Promise(goOn => waiting.push(goOn))
    free -= 1
    return NOW
  }
}

// One for all calls: each probe makes two.
const NOW = Promise.resolve()

// A scrape that comes meanwhile waits this long at most.
const SLICE_MS = 1

/** Does the work for one item after the other, and lets the event loop turn whenever a slice of time is over. */
export async function inSlices<Item>(
  items: Iterable<Item>,
  work: (item: Item) => void,
  monotonic: () => number = () => performance.now()
): Promise<void> {
  let start = monotonic()
  for (const item of items) {
    work(item)
    if (monotonic() - start < SLICE_MS) continue
    await nextTurn()
    start = monotonic()
  }
}
