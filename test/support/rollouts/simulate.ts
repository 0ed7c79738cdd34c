import type { RolloutFinding } from '../../../src/domain/finding.ts'
import { factsOf, judgeFacts } from '../../guards/rollout/judge-objects.ts'
import { runKubelets } from './cluster.ts'
import { syncDaemonSet } from './daemon-set.ts'
import { syncDeployment } from './deployment.ts'
import { BEGINNING, dependentObjects, workloadObject } from './objects.ts'
import { OWN_DEADLINE_SECONDS, type Scenario } from './stage.ts'
import { syncStatefulSet } from './stateful-set.ts'

/** How the guard looks on. */
export interface Onlooker {
  /** Otherwise it has the workload's object alone. */
  readonly seesPods: boolean
  /** When it forgets everything, in seconds; `null`: never. */
  readonly restartsAt: number | null
  /** How many steps later it learns of revisions and pods than of the workload; below 0: the other way round. */
  readonly podsLag: number
}

export interface Sighting {
  /** In seconds. */
  readonly at: number
  readonly finding: RolloutFinding
}

/** The API server's objects at one moment, as texts. */
interface Moment {
  readonly workload: string
  readonly others: string
}

/** Plays a scenario to its end: what the guard found whenever anything changed, or it had said that time would. */
export function simulate(scenario: Scenario, { seesPods, restartsAt, podsLag }: Onlooker): readonly Sighting[] {
  const { cluster, workload, events, endsAt } = scenario
  const sightings: Sighting[] = []
  const history: Moment[] = []
  let earlier: RolloutFinding | undefined
  let quietSteps = 0

  while (cluster.now <= endsAt) {
    const due = events.filter(({ at }) => at === cluster.now)
    for (const { act } of due) act()
    runKubelets(cluster)
    // A controller reads a change a moment after it was made.
    if (due.length === 0) sync(scenario)
    const others = JSON.stringify(dependentObjects(cluster, workload))
    const moment = { workload: JSON.stringify(workloadObject(workload)), others }
    const last = history.at(-1)
    quietSteps = last?.workload === moment.workload && last.others === others ? quietSteps + 1 : 0
    history.push(moment)

    if (cluster.now === restartsAt) earlier = undefined
    const ms = BEGINNING + cluster.now * 1000
    if (quietSteps <= Math.abs(podsLag) || earlier === undefined || ms >= earlier.validUntil) {
      const objects = {
        workload: JSON.parse((history.at(-1 + Math.min(0, podsLag)) ?? moment).workload),
        others: seesPods ? JSON.parse((history.at(-1 - Math.max(0, podsLag)) ?? moment).others) : []
      }
      const deadlineMs = OWN_DEADLINE_SECONDS * 1000
      earlier = judgeFacts(factsOf(objects), objects, { now: ms, deadlineMs, earlier })
      sightings.push({ at: cluster.now, finding: earlier })
    }
    cluster.now =
      quietSteps > Math.abs(podsLag) + 1 ? nextMoment(scenario, [restartsAt, validUntil(earlier)]) : cluster.now + 1
  }
  return sightings
}

function sync({ cluster, workload }: Scenario): void {
  if (workload.kind === 'Deployment') syncDeployment(cluster, workload)
  else if (workload.kind === 'StatefulSet') syncStatefulSet(cluster, workload)
  else syncDaemonSet(cluster, workload)
}

function validUntil(finding: RolloutFinding | undefined): number {
  return Math.ceil(((finding?.validUntil ?? Number.POSITIVE_INFINITY) - BEGINNING) / 1000)
}

/** The next second in which anything may happen, of itself or by an event. */
function nextMoment({ cluster, workload, events, endsAt }: Scenario, others: readonly (number | null)[]): number {
  const { now, pods, nodes, graceSeconds } = cluster
  const ofPods = pods.flatMap(({ createdAt, version, deletedAt, readyChangedAt }) => [
    createdAt + version.startSeconds,
    (deletedAt ?? Number.NEGATIVE_INFINITY) + graceSeconds,
    (readyChangedAt ?? Number.NEGATIVE_INFINITY) + workload.minReadySeconds
  ])
  const ofNodes = [...nodes.values()].map(({ lostAt }) => lostAt + 40)
  const { progress = null, progressDeadlineSeconds = null } = workload.kind === 'Deployment' ? workload : {}
  const ofDeadline =
    progress === null || progressDeadlineSeconds === null ? [] : [progress.updatedAt + progressDeadlineSeconds + 1]
  const times = [...ofPods, ...ofNodes, ...ofDeadline, ...events.map(({ at }) => at), ...others.map(at => at ?? 0)]
  return Math.min(endsAt + 1, ...times.filter(time => time > now))
}

/** The finding that holds at a time, in seconds. */
export function findingAt(sightings: readonly Sighting[], at: number): RolloutFinding | undefined {
  return sightings.findLast(sighting => sighting.at <= at)?.finding
}
