import { type Observed, seen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import type { Rollout, WorkloadKind } from '../domain/workload.ts'
import { countAt, isJsonObject, valueAt } from '../text/json.ts'

/**
 * Whether a workload's pods are being replaced, from its JSON object.
 *
 * The rules are those of `kubectl rollout status` (kubectl/pkg/polymorphichelpers/rollout_status.go), but for one: pods
 * that fail long after a rollout has ended are an outage, not a rollout. They would hide a mismatch and ring for a
 * stuck rollout. So pods that are not ready count only as long as the object does not say that its rollout has ended.
 */
export function rolloutOf(kind: WorkloadKind, object: unknown): Observed<Rollout, 'no_status'> {
  const status = valueAt(object, 'status')
  const generation = countAt(object, 'metadata', 'generation')
  const observed = countAt(status, 'observedGeneration')
  const isApplied = isJsonObject(status) && Object.keys(status).length > 0 && generation + observed > 0
  if (!isApplied) {
    const name = valueAt(object, 'metadata', 'name')
    return unseen('no_status', `${kind} ${shown(String(name))} has no status: no controller has seen it`)
  }
  if (observed < generation) return awaits(`generation ${generation} not seen by the controller yet`)
  return AWAITED[kind](object)
}

const AWAITED: Readonly<Record<WorkloadKind, (object: unknown) => Observed<Rollout, never>>> = {
  Deployment: object => {
    const desired = desiredReplicas(object)
    const count = (name: string): number => countAt(object, 'status', name)
    const updated = count('updatedReplicas')
    const old = count('replicas') - updated
    const progress = progressReason(object)
    // A paused rollout has begun and not ended: kubectl waits for it too.
    const cause = valueAt(object, 'spec', 'paused') === true ? 'paused' : progress === TIMED_OUT ? TIMED_OUT_WORDS : ''
    const wait = (message: string): Observed<Rollout, never> => awaits(cause === '' ? message : `${message}, ${cause}`)

    if (updated < desired) return wait(`${updated} of ${desired} pods updated`)
    if (old > 0) return wait(`${old} old ${old === 1 ? 'pod still runs' : 'pods still run'}`)
    // The controller writes this reason when a rollout has ended, and keeps it until the next begins.
    if (progress === 'NewReplicaSetAvailable') return NOTHING_AWAITED
    if (count('readyReplicas') < updated) return wait(`${count('readyReplicas')} of ${updated} updated pods ready`)
    const available = count('availableReplicas')
    return available < updated ? wait(`${available} of ${updated} updated pods available`) : NOTHING_AWAITED
  },

  StatefulSet: object => {
    // Pods are replaced when a person deletes them: nothing is under way by itself, and no rollout is stuck.
    if (strategyOf(object) === 'OnDelete') return NOTHING_AWAITED
    const desired = desiredReplicas(object)
    const partition = countAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')
    const toUpdate = Math.max(0, desired - partition)
    const updated = countAt(object, 'status', 'updatedReplicas')
    const ready = countAt(object, 'status', 'readyReplicas')
    const revision = valueAt(object, 'status', 'updateRevision')
    // The controller makes the new revision the current one when every pod has it and is ready.
    const hasEnded = revision !== undefined && revision === valueAt(object, 'status', 'currentRevision')

    if (hasEnded) return NOTHING_AWAITED
    if (updated < toUpdate) return awaits(`${updated} of ${toUpdate} pods updated`)
    return ready < desired ? awaits(`${ready} of ${desired} pods ready`) : NOTHING_AWAITED
  },

  DaemonSet: object => {
    if (strategyOf(object) === 'OnDelete') return NOTHING_AWAITED
    const desired = countAt(object, 'status', 'desiredNumberScheduled')
    const updated = countAt(object, 'status', 'updatedNumberScheduled')
    const available = countAt(object, 'status', 'numberAvailable')

    if (updated < desired) return awaits(`${updated} of ${desired} pods updated`)
    // A DaemonSet never says that its rollout has ended, so here kubectl's rule stands as it is.
    return available < desired ? awaits(`${available} of ${desired} updated pods available`) : NOTHING_AWAITED
  }
}

const NOTHING_AWAITED = seen<Rollout>({ inProgress: false, message: '' })
const TIMED_OUT = 'ProgressDeadlineExceeded'
const TIMED_OUT_WORDS = 'progress deadline exceeded'

function awaits(message: string): Observed<Rollout, never> {
  return seen({ inProgress: true, message })
}

/** 1 is what the API server puts where a manifest says nothing. */
function desiredReplicas(object: unknown): number {
  const replicas = valueAt(object, 'spec', 'replicas')
  return typeof replicas === 'number' ? replicas : 1
}

function strategyOf(object: unknown): unknown {
  return valueAt(object, 'spec', 'updateStrategy', 'type')
}

function progressReason(object: unknown): unknown {
  const conditions = valueAt(object, 'status', 'conditions')
  const progressing = Array.isArray(conditions)
    ? conditions.find(condition => valueAt(condition, 'type') === 'Progressing')
    : undefined
  return valueAt(progressing, 'reason')
}
