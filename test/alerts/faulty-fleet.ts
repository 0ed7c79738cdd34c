import type { TestContext } from 'node:test'
import { manifests, reporting, startService } from '../support/services.ts'

/** How a service is at a moment of the test, in seconds since its clock started. */
type Behaviour = (second: number) => 'fine' | 'mismatch' | 'no sha' | 'down'

const during = (...spans: readonly (readonly [from: number, to: number])[]): Behaviour => {
  return second => (spans.some(([from, to]) => second >= from && second < to) ? 'mismatch' : 'fine')
}

/** On and off at random, but the same in each run. */
function restless(seed: number): Behaviour {
  return second => ((Math.floor(second / 1.7) * 2654435761 + seed * 40503) % 97 < 48 ? 'mismatch' : 'fine')
}

export const ESCALATING = 'escalates'
export const ESCALATES_AT_S = 8
export const BLIP = 'blip'
export const LASTING: readonly string[] = ['lasts', 'lasts-too', 'lasts-without-sha', 'lasts-down']

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  healthy: () => 'fine',
  lasts: () => 'mismatch',
  'lasts-too': () => 'mismatch',
  'lasts-without-sha': () => 'no sha',
  'lasts-down': () => 'down',
  flaps: second => (Math.floor(second / 3.3) % 2 === 0 ? 'mismatch' : 'fine'),
  [BLIP]: during([5, 8]),
  [ESCALATING]: second => (second < 1 ? 'fine' : second < ESCALATES_AT_S ? 'mismatch' : 'down'),
  'fails-in-a-pair-a': during([10, 60]),
  'fails-in-a-pair-b': during([10, 60]),
  'fires-again': during([3, 7], [40, 44]),
  'fires-again-at-once': during([3, 6], [15, 18], [27, 30], [39, 42]),
  ...Object.fromEntries(Array.from({ length: 8 }, (_, seed) => [`restless-${seed}`, restless(seed)]))
}

export interface FaultyFleet {
  readonly manifests: string
  /** Until then, every service is fine. */
  startClock(): void
}

/** Some twenty services on one server, each with faults of its own. */
export async function startFaultyFleet(t: TestContext): Promise<FaultyFleet> {
  let startedAt = Number.POSITIVE_INFINITY
  const origin = await startService(t, (request, response) => {
    const name = (request.url ?? '').split('/')[1] ?? ''
    const second = (performance.now() - startedAt) / 1000
    const behaviour = second >= 0 ? BEHAVIOURS[name]?.(second) : 'fine'
    if (behaviour === 'down') response.writeHead(503).end()
    else {
      const version = behaviour === 'mismatch' ? 'v2' : 'v1'
      reporting(behaviour === 'no sha' ? { version } : { version, gitSha: 'abc1234' })(request, response)
    }
  })
  const workloads = Object.keys(BEHAVIOURS).map(name => [
    name,
    { image: 'app:v1', endpoint: `${origin}/${name}/debug/version` }
  ])
  return {
    manifests: manifests(Object.fromEntries(workloads)),
    startClock: () => {
      startedAt = performance.now()
    }
  }
}
