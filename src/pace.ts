import { setImmediate as nextTurn } from 'node:timers/promises'

// Of what is done for one target: a request that is begun, an answer that is read. Together they take a millisecond.
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
  return () =>
    new Promise(goOn => {
      if (free === inATurn) setImmediate(turn)
      if (free === 0) return void waiting.push(goOn)
      free -= 1
      goOn()
    })
}

/** Work that can be left off at each `yield`: some half a millisecond a step. */
export type Steps<Result> = Generator<undefined, Result>

/** Does one step in each turn of the event loop. Rejects as a step throws. */
export async function inSteps<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    await nextTurn()
  }
}
