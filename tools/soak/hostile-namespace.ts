import { deployment } from '../../test/support/cluster-objects.ts'

/** The namespace of somebody who means harm, and who can annotate workloads in this namespace only. */
export const HOSTILE = 'hostile'

/** How an endpoint of the hostile namespace answers, by the last part of its path. */
export type HostileAnswer = 'never' | 'slow' | 'drip' | 'changing' | 'large' | 'in-a-circle'

const PREFIX = 'version-guard.keybuzz.io'
const ENDPOINTS: Readonly<Record<HostileAnswer, number>> = {
  never: 300,
  slow: 50,
  drip: 50,
  changing: 50,
  large: 50,
  'in-a-circle': 50
}
const RENAMED = 50
const WRONG = 50
const LARGE = 5
const LARGE_LENGTH = 100_000
const UNKNOWN_NAMES = 1_000

/**
 * The workloads of a namespace that does everything at once that a tenant can do to the others: endpoints that stall,
 * bloat and change, names and mistakes that are new each turn, annotations of any size.
 */
export function hostileWorkloads(origin: string, turn: number): readonly object[] {
  const workload = (name: string, annotations: Readonly<Record<string, string>>) =>
    deployment(name, { namespace: HOSTILE, image: `app:v${turn}`, annotations })
  const many = <Item>(count: number, make: (index: number) => Item) => Array.from({ length: count }, (_, i) => make(i))
  const endpoint = `${PREFIX}/endpoint`
  return [
    ...Object.entries(ENDPOINTS).flatMap(([answer, count]) =>
      many(count, index => workload(`${answer}-${index}`, { [endpoint]: `${origin}/${HOSTILE}/${answer}` }))
    ),
    ...many(RENAMED, index =>
      workload(`renamed-${index}`, {
        [endpoint]: `${origin}/${HOSTILE}/changing`,
        [`${PREFIX}/service`]: `name-${turn}-${index}`,
        [`${PREFIX}/enabled`]: String(turn % 2 === 0)
      })
    ),
    ...many(WRONG, index =>
      workload(`wrong-${index}`, {
        [endpoint]: `${origin}/${HOSTILE}/never`,
        [`${PREFIX}/version-match`]: `wrong-${turn}-${index}`,
        [`${PREFIX}/version-pointer`]: `wrong-${turn}-${index}`
      })
    ),
    ...many(LARGE, index =>
      workload(`large-${index}`, {
        [endpoint]: `http://${'x'.repeat(LARGE_LENGTH)}/`,
        ...Object.fromEntries(many(UNKNOWN_NAMES, number => [`${PREFIX}/unknown-${turn}-${number}`, 'x']))
      })
    )
  ]
}
