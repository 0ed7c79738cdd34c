import { type Cluster, createCluster, type Version } from './cluster.ts'
import { newDaemonSet } from './daemon-set.ts'
import { newDeployment } from './deployment.ts'
import type { SimulatedWorkload } from './objects.ts'
import type { Random } from './random.ts'
import { newStatefulSet } from './stateful-set.ts'

/** What happens to one workload, by the second. */
export interface Scenario {
  readonly name: string
  readonly cluster: Cluster
  readonly workload: SimulatedWorkload
  readonly events: readonly Event[]
  readonly endsAt: number
  /** When the fault began, which must then be reported; `null`: all is normal. */
  readonly badSince: number | null
  /** The time without progress after which a rollout is bad, in seconds. */
  readonly deadlineSeconds: number
}

export interface Event {
  readonly at: number
  readonly act: () => void
}

/** ROLLOUT_DEADLINE of all scenarios. */
export const OWN_DEADLINE_SECONDS = 600
export interface Stage {
  readonly random: Random
  readonly cluster: Cluster
  readonly workload: SimulatedWorkload
  readonly deadlineSeconds: number
  /** Another template, which behaves the same but for the wish. */
  next(wish?: Partial<Version>): Version
  /** Changes the spec, as a person or an autoscaler does. */
  change(at: number, act: () => void): Event
  roll(at: number, version: Version): Event
}

/** A workload that was just made, and what may be done to it. */
export function stageOf(random: Random, kind: SimulatedWorkload['kind'], wish: object = {}): Stage {
  const cluster = createCluster(random, random.int(3, 6))
  let count = 0
  const deadline = kind === 'Deployment' ? random.pick([120, 300, 600, 600, null]) : null
  const progressDeadlineSeconds = 'progressDeadlineSeconds' in wish ? (wish.progressDeadlineSeconds as null) : deadline
  const deadlineSeconds = progressDeadlineSeconds ?? OWN_DEADLINE_SECONDS
  const minReadySeconds = random.pick([0, 0, 0, 10, 30])
  const startSeconds = random.pick([2, 10, 40, Math.floor(deadlineSeconds * 0.7)])
  const next = (changes: Partial<Version> = {}): Version => {
    count += 1
    return { name: `v${count}`, image: `ghcr.io/shop/web:v${count}`, behaviour: 'good', startSeconds, ...changes }
  }
  const workload = {
    Deployment: () =>
      newDeployment(next(), {
        replicas: random.int(1, 5),
        minReadySeconds,
        progressDeadlineSeconds,
        ...random.pick([
          { maxSurge: 1, maxUnavailable: 0 },
          { maxSurge: 0, maxUnavailable: 1 },
          { maxSurge: 2, maxUnavailable: 1 },
          { maxSurge: 5, maxUnavailable: 5 }
        ]),
        ...wish
      }),
    StatefulSet: () =>
      newStatefulSet(next(), { replicas: random.int(1, 4), minReadySeconds, isOrdered: random.chance(0.6), ...wish }),
    DaemonSet: () =>
      newDaemonSet(next(), {
        minReadySeconds,
        ...random.pick([
          { maxUnavailable: 1, maxSurge: 0 },
          { maxUnavailable: 2, maxSurge: 0 },
          { maxUnavailable: 0, maxSurge: 1 }
        ]),
        ...wish
      })
  }[kind]()
  const change = (at: number, act: () => void): Event => ({
    at,
    act: () => {
      act()
      workload.generation += 1
    }
  })
  const roll = (at: number, version: Version): Event =>
    change(at, () => {
      workload.version = version
    })
  return { random, cluster, workload, deadlineSeconds, next, change, roll }
}
