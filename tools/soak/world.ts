import { join } from 'node:path'
import { deployment, listOf } from '../../test/support/cluster-objects.ts'
import { replaceFile } from '../../test/support/files.ts'
import { watching } from '../../test/support/guard-process.ts'
import { hostileWorkloads } from './hostile-namespace.ts'

/** The files of a guard in a soak, which change while it runs. */
export interface World {
  readonly env: Readonly<Record<string, string>>
  /** Changes one of the files: a rollout, a file that is broken for a while, a rotated secret. */
  disturb(random: () => number): void
}

const HONEST_NAMESPACES = 49
/** How many services are always well: in each honest namespace, one from the targets file and one with annotations. */
export const STEADY = 2 * HONEST_NAMESPACES

/**
 * Services at this address in 49 honest namespaces, each with a Deployment, and one hostile namespace. Half of the honest
 * ones are named by the targets file, half by an annotation; every tenth is probed with a secret.
 */
export function createWorld(folder: string, origin: string, count: number): World {
  const path = (name: string) => join(folder, name)
  const write = (name: string, text: string) => replaceFile(path(name), text)
  const honest = Array.from({ length: count }, (_, index) => ({
    service: `service-${index}`,
    namespace: `team-${index % HONEST_NAMESPACES}`,
    endpoint: `${origin}/${index}`,
    isSteady: index < STEADY,
    isOfFile: index % 2 === 0
  }))
  const headers = { Authorization: { prefix: 'Bearer ', file: 'token' } }
  const targets = honest
    .filter(({ isOfFile }) => isOfFile)
    .map(({ isSteady, isOfFile: _, ...target }, index) => ({
      isSteady,
      target: index % 5 === 0 ? { ...target, headers } : target
    }))
  const writeTargets = (isWanted: () => boolean) => {
    const wanted = targets.filter(({ isSteady }) => isSteady || isWanted()).map(({ target }) => target)
    write('targets.json', JSON.stringify({ targets: wanted }))
  }
  let turn = 0
  const deploy = (tagOf: () => string) => {
    turn += 1
    const items = honest.map(({ service, namespace, endpoint, isSteady, isOfFile }) =>
      deployment(service, {
        namespace,
        image: `app:${isSteady ? 'v1' : tagOf()}`,
        endpoint: isOfFile ? undefined : endpoint
      })
    )
    write('workloads.json', JSON.stringify(listOf([...items, ...hostileWorkloads(origin, turn)])))
  }
  write('token', 'first-secret')
  writeTargets(() => true)
  deploy(() => 'v1')
  return {
    env: { ...watching(path('workloads.json')), TARGETS_FILE: path('targets.json') },
    disturb: random => {
      const choice = random()
      if (choice < 0.6) deploy(() => (random() < 0.02 ? 'v2' : 'v1'))
      else if (choice < 0.7) write('workloads.json', '{')
      else if (choice < 0.8) write('targets.json', 'targets: [')
      else if (choice < 0.9) writeTargets(() => random() < 0.999)
      else write('token', `secret-${random()}`)
    }
  }
}
