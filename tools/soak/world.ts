import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files of a guard in a soak, which change while it runs. */
export interface World {
  readonly env: Readonly<Record<string, string>>
  /** Changes one of them: a rollout, a file that is broken for a while, a rotated secret. */
  disturb(random: () => number): void
}

/** Targets for services at this address, each with a Deployment; every tenth is asked with a secret. */
export function createWorld(folder: string, origin: string, count: number): World {
  const path = (name: string) => join(folder, name)
  const write = (name: string, text: string) => {
    writeFileSync(path(`${name}.new`), text)
    renameSync(path(`${name}.new`), path(name))
  }
  const names = Array.from({ length: count }, (_, index) => `service-${index}`)
  const headers = { Authorization: { prefix: 'Bearer ', file: 'token' } }
  const targets = names.map((service, index) => {
    const target = { service, namespace: `team-${index % 20}`, endpoint: `${origin}/${index}` }
    return index % 10 === 0 ? { ...target, headers } : target
  })
  const deploy = (tagOf: (index: number) => string) => {
    const items = names.map((name, index) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: `team-${index % 20}` },
      spec: { template: { spec: { containers: [{ name: 'app', image: `app:${tagOf(index)}` }] } } }
    }))
    write('workloads.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  }
  write('token', 'first-secret')
  write('targets.json', JSON.stringify({ targets }))
  deploy(() => 'v1')
  return {
    env: {
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: path('workloads.json'),
      TARGETS_FILE: path('targets.json')
    },
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
