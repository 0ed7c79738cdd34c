import type { Pod, WorkloadKind } from '../../domain/workload.ts'
import { atNothing, judgeByCounters } from './counters.ts'
import { deadlineOf, lastProgress, lateAt, pausedTooLongAt, stuckUnmoved, timedOutAt } from './deadlines.ts'
import { COMPLETE, isUnwitnessed } from './memory.ts'
import { isLostOnNode, ofOneRollout, ordinalOf, wasReadyOnce } from './pods.ts'
import { comesFromRest, isBehind, isCurrent, isPaused, type PodsByRevision, type Scene, tellsOwnEnd } from './scene.ts'
import { ENDED, ended, heldBack, rolling, type Verdict } from './verdict.ts'

/** Whether a workload's rollout has ended, and if not, from when on it is stuck: the decision list, first hit wins. */
export function judgeRollout(scene: Scene): Verdict {
  const { workload, memory } = scene
  // Its pods go with it, and its revisions may have gone before them.
  if (workload.isBeingDeleted) return ended(memory.phase === 'ended')
  return RULES[workload.kind](scene)
}

const RULES: Readonly<Record<WorkloadKind, (scene: Scene) => Verdict>> = {
  Deployment: judgeDeployment,
  StatefulSet: judgeStatefulSet,
  DaemonSet: judgeDaemonSet,
  // Never asked: the guard passes over what nobody rolls out.
  Container: () => ENDED
}

function judgeDeployment(scene: Scene): Verdict {
  const { status, current, pods, memory } = scene
  const { replicas, desired, updated, progress } = status
  const held = isPaused(scene) ? 'paused' : null

  if (desired === 0 && replicas === 0 && countPods(pods) === 0) return atNothing(memory)
  if (isUnread(scene)) return rolling({ stuckAt: stuckUnmoved(scene), cause: UNREAD, held })
  if (progress?.reason === TIMED_OUT) {
    return hasEndedAfterAll(scene) ? ENDED : rolling({ stuckAt: timedOutAt(scene), cause: TIMED_OUT_WORDS, held })
  }
  if (current === 'none') return withoutRevision(scene)
  const isOneRevision = replicas === updated && !isBetween(scene)
  // Only a new template or a pause changes this reason: what happens to pods from now on is not a rollout.
  if (isOneRevision && tellsOwnEnd(scene)) return endedWith(updated, scene)
  // Somebody paused and resumed it, or scaled it meanwhile.
  if (isAllNew(scene) && memory.phase === 'ended') return ENDED
  if (held !== null) return isAllNew(scene) ? ENDED : rolling({ stuckAt: pausedTooLongAt(scene), held })
  if (progress === null || (isOneRevision && progress.reason === COMPLETE)) return judgeByPods(scene)
  return rolling({ stuckAt: lateAt(scene) })
}

function judgeStatefulSet(scene: Scene): Verdict {
  const { workload, status, current, pods, memory } = scene
  if (pods === null) return judgeByCounters(scene)

  if (workload.strategy.type === 'OnDelete') return isDone(scene, pods) ? ENDED : heldBack('on_delete')
  if (status.desired === 0 && countPods(pods) === 0) return atNothing(memory)
  if (current === 'none') return withoutRevision(scene)
  if (isPartitioned(scene, pods)) return heldBack('partition')
  // Both are equal from the start, so only a changed generation tells that this is an end.
  const areEqual = status.currentRevision === status.updateRevision && !comesFromRest(scene)
  if (areEqual && !isBehind(scene) && workload.generation > 1 && pods.old.length === 0) {
    return endedWith(pods.updated.length, scene)
  }
  return judgeByPods(scene)
}

function judgeDaemonSet(scene: Scene): Verdict {
  const { workload, status, current, pods, memory } = scene
  if (pods === null) return judgeByCounters(scene)

  if (workload.strategy.type === 'OnDelete') return isDone(scene, pods) ? ENDED : heldBack('on_delete')
  if (status.desired === 0 && countPods(pods) === 0 && !isBehind(scene)) return atNothing(memory)
  if (current === 'none') return withoutRevision(scene)
  return judgeByPods(scene)
}

/** The API server rejects its ReplicaSet. */
const REFUSED = 'ReplicaSetCreateError'
const TIMED_OUT = 'ProgressDeadlineExceeded'
const TIMED_OUT_WORDS = 'progress deadline exceeded'
const UNREAD = 'the controller has not read the change yet'
const NO_REVISION = 'the controller has made no revision of this template yet'

/** Its controller has created no revision of the template yet. */
function withoutRevision(scene: Scene): Verdict {
  // While a Deployment is paused, its controller makes none, and its own deadline does not count.
  if (isPaused(scene)) return rolling({ stuckAt: pausedTooLongAt(scene), cause: NO_REVISION, held: 'paused' })
  const isRefused = scene.status.progress?.reason === REFUSED
  return rolling({ stuckAt: isRefused ? lateAt(scene) : stuckUnmoved(scene), cause: NO_REVISION })
}

/** While a Deployment is paused, its controller does not clear an exceeded deadline, even if somebody went back. */
function hasEndedAfterAll(scene: Scene): boolean {
  const { updated, desired, available } = scene.status
  const isLeftOver = isPaused(scene) || isBehind(scene)
  return isLeftOver && isAllNew(scene) && updated >= desired && available >= updated
}

/** Whether every pod has this template. One that goes missing after the end, even the only one, changes nothing. */
function isAllNew({ status: { replicas, updated }, memory, pods }: Scene): boolean {
  return replicas === updated && (updated > 0 || memory.phase === 'ended') && (pods?.old ?? []).length === 0
}

/** A change that the controller has not read may be one of scale: then all pods have this template, or it was read before. */
function isUnread(scene: Scene): boolean {
  if (!isBehind(scene) || scene.memory.isObserved) return false
  return typeof scene.current !== 'object' || scene.pods === null || scene.pods.old.length > 0
}

/**
 * Recreate creates new pods only when the last old one has gone; until then a rollback shows the reason of the previous
 * end.
 */
function isBetween({ workload, pods, current, now }: Scene): boolean {
  if (workload.strategy.type !== 'Recreate' || pods === null || pods.updated.length > 0) return false
  return pods.leaving.some(pod => !isCurrent(pod.revision, current) && !isLostOnNode(pod, now))
}

/** Whether all pods that the partition lets go have been rolled out: StatefulSets go from the highest number down. */
function isPartitioned(scene: Scene, { updated, old }: PodsByRevision): boolean {
  const { partition } = scene.workload.strategy
  const { desired, currentRevision, updateRevision } = scene.status
  if (partition === 0) return false
  // All pods are lost. A partition that lets none go has them created again as they were, and what was held stays held.
  if (old.length + updated.length === 0) {
    return currentRevision !== updateRevision && (partition >= desired || scene.wasAtRest)
  }
  if (old.length === 0) return false
  // Once the partition holds, pods that are created or cannot be, for scaling or in place of lost ones, are not a
  // rollout.
  if (scene.isStillHeld ? old.length > partition : updated.length < desired - partition) return false
  const areOldBelow = Math.max(...old.map(ordinalOf)) < Math.min(...updated.map(ordinalOf))
  return areOldBelow && (scene.wasAtRest || areReadyOnce(updated, scene))
}

/** Nobody reports the end: it has come when every pod is of the current template and was ready once. */
function judgeByPods(scene: Scene): Verdict {
  const { pods } = scene
  if (pods === null) return judgeByCounters(scene)
  if (isDone(scene, pods)) return endedWith(pods.updated.length, scene)
  return rolling({ stuckAt: lastProgress(scene) + deadlineOf(scene) })
}

// Without a pod, nothing has proved yet that the rollout is complete; once proved, it stays so while the last pod is
// recreated.
function endedWith(updated: number, { memory }: Scene): Verdict {
  return ended(updated > 0 || memory.phase === 'ended')
}

function isDone(scene: Scene, { updated, old, leaving }: PodsByRevision): boolean {
  const { workload, status, memory, current, now } = scene
  if (old.length > 0) return false
  // Pods that come and go after the end are a scaling, a new node or an outage.
  if (memory.phase === 'ended') return true
  const pace = { minReadyMs: workload.strategy.minReadyMs, deadlineMs: deadlineOf(scene) }
  // Pods on nodes that should have none, such as a node that was lost meanwhile, do not count either.
  const isEnough = updated.filter(pod => wasReadyOnce(pod, workload.containers)).length >= status.desired
  if (workload.kind === 'DaemonSet' && isEnough && !isBehind(scene)) return true
  if (!areReadyOnce(isUnwitnessed(memory) ? ofOneRollout(updated, pace) : updated, scene)) return false
  const filled = leaving.filter(pod => workload.kind === 'DaemonSet' || isCurrent(pod.revision, current))
  if (updated.length + filled.length >= status.desired) return true
  // Missing pods keep a rollout open if the guard saw it under way, and always a StatefulSet's.
  const isOver = isUnwitnessed(memory) && now - lastProgress(scene) >= deadlineOf(scene)
  return isOver && updated.length > 0 && workload.kind !== 'StatefulSet'
}

function areReadyOnce(pods: readonly Pod[], { workload }: Scene): boolean {
  return pods.every(pod => wasReadyOnce(pod, workload.containers))
}

function countPods(pods: PodsByRevision | null): number {
  return pods === null ? 0 : pods.updated.length + pods.old.length
}
