import { join } from 'node:path'
import { deployment, listOf } from '../../test/support/cluster-objects.ts'
import { replaceFile } from '../../test/support/files.ts'
import { watching } from '../../test/support/guard-process.ts'

/** The files of a guard in a soak, which change while it runs. */
export interface World {
  readonly env: Readonly<Record<string, string>>
  /** Changes one of them: a rollout, a file that is broken for a while, a rotated secret. */
  disturb(random: () => number): void
}

/** Targets for services at this address, each with a Deployment; every tenth is asked with a secret. */
export function createWorld(folder: string, origin: string, count: number): World {
  const path = (name: string) => join(folder, name)
  const write = (name: string, text: string) => replaceFile(path(name), text)
  const names = Array.from({ length: count }, (_, index) => `service-${index}`)
  const namespaceOf = (index: number) => `team-${index % 20}`
  const headers = { Authorization: { prefix: 'Bearer ', file: 'token' } }
  const targets = names.map((service, index) => {
    const target = { service, namespace: namespaceOf(index), endpoint: `${origin}/${index}` }
    return index % 10 === 0 ? { ...target, headers } : target
  })
  const deploy = (tagOf: () => string) => {
    const items = names.map((name, index) =>
      deployment(name, { namespace: namespaceOf(index), image: `app:${tagOf()}` })
    )
    write('workloads.json', JSON.stringify(listOf(items)))
  }
  write('token', 'first-secret')
  write('targets.json', JSON.stringify({ targets }))
  deploy(() => 'v1')
  return {
    env: { ...watching(path('workloads.json')), TARGETS_FILE: path('targets.json') },
    disturb: random => {
      const choice = random()
      if (choice < 0.5) deploy(() => (random() < 0.02 ? 'v2' : 'v1'))
      else if (choice < 0.6) write('workloads.json', '{')
      else if (choice < 0.7) write('targets.json', 'targets: [')
      else if (choice < 0.85) write('targets.json', JSON.stringify({ targets: targets.filter(() => random() < 0.999) }))
      else write('token', `secret-${random()}`)
    }
  }
}
