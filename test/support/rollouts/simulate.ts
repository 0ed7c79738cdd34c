import type { RolloutFinding } from '../../../src/domain/finding.ts'
import type { Facts } from '../../../src/domain/guard.ts'
import { seen } from '../../../src/domain/observation.ts'
import { factsOf, judgeFacts } from '../../guards/rollout/judge-objects.ts'
import { countsIn, runKubelets } from './cluster.ts'
import { syncDaemonSet } from './daemon-set.ts'
import { syncDeployment } from './deployment.ts'
import { BEGINNING, dependentObjects, workloadObject } from './objects.ts'
import { OWN_DEADLINE_SECONDS, type Scenario } from './stage.ts'
import { syncStatefulSet } from './stateful-set.ts'

/** How the guard watches. */
export interface Onlooker {
  /** Whether it sees revisions and pods; otherwise only the workload's object. */
  readonly seesPods: boolean
  /** When it forgets everything, in seconds; `null`: never. */
  readonly restartsAt: number | null
  /** How many steps later it learns of revisions and pods than of the workload; below 0: the other way round. */
  readonly podsLag: number
  /** Has metadata of revisions alone, until a finding asks for more. */
  readonly readsOnDemand?: boolean
}

export interface Sighting {
  /** In seconds. */
  readonly at: number
  readonly finding: RolloutFinding
  /** The image that the workload's template names, and the one of the ready pod that is the oldest, if any is ready. */
  readonly deployed: string
  readonly serving: string | undefined
}

/** The API server's objects at one moment, as texts. */
interface Moment {
  readonly workload: string
  readonly others: string
}

/** Plays a scenario to its end: what the guard found at each change, and at each time for which it had announced one. */
export function simulate(scenario: Scenario, onlooker: Onlooker): readonly Sighting[] {
  const { seesPods, restartsAt, podsLag } = onlooker
  const { cluster, workload, events, endsAt } = scenario
  const sightings: Sighting[] = []
  const history: Moment[] = []
  let earlier: RolloutFinding | undefined
  let quietSteps = 0
  const read = new Set<string>()

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
      const whole = factsOf(objects)
      const facts = onlooker.readsOnDemand === true ? withoutTemplates(whole, read) : whole
      earlier = judgeFacts(facts, objects, { now: ms, deadlineMs, earlier })
      const serving = countsIn(cluster.pods).find(({ isReady }) => isReady)?.version.image
      sightings.push({ at: cluster.now, finding: earlier, deployed: workload.version.image, serving })
      const { unreadRevisions } = earlier.evidence
      for (const name of unreadRevisions) read.add(readAs(whole, name))
      // What was asked for is there a moment later.
      if (unreadRevisions.length > 0) quietSteps = -1
    }
    cluster.now =
      quietSteps > Math.abs(podsLag) + 1 ? nextMoment(scenario, [restartsAt, validUntil(earlier)]) : cluster.now + 1
  }
  return sightings
}

/** Revisions as their metadata tell them, but for those that were read: a ControllerRevision's number is no metadata. */
function withoutTemplates(facts: Facts, read: ReadonlySet<string>): Facts {
  if (!facts.revisions.seen || !facts.workload.seen) return facts
  const { kind } = facts.workload.value
  const revisions = facts.revisions.value.map(revision => {
    if (read.has(readAs(facts, revision.name))) return revision
    return { ...revision, template: null, number: kind === 'Deployment' ? revision.number : 0 }
  })
  return { ...facts, revisions: seen(revisions) }
}

/** What was read of a ControllerRevision holds as long as its number. */
function readAs({ revisions, workload }: Facts, name: string): string {
  const found = revisions.seen ? revisions.value.find(revision => revision.name === name) : undefined
  const isReplicaSet = workload.seen && workload.value.kind === 'Deployment'
  return isReplicaSet ? name : `${name} ${found?.number}`
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

/** What holds at a time, in seconds. */
export function sightingAt(sightings: readonly Sighting[], at: number): Sighting | undefined {
  return sightings.findLast(sighting => sighting.at <= at)
}
