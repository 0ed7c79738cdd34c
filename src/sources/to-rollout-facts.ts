import { type Observed, seen, unseen } from '../domain/observation.ts'
import { shown } from '../domain/text.ts'
import type { KubernetesKind, ManagedBy, Progress, Strategy, Workload, WorkloadStatus } from '../domain/workload.ts'
import { countAt, isJsonObject, listAt, textAt, timeAt, valueAt } from '../text/json.ts'
import { templateIdOf } from './template-id.ts'

type RolloutFacts = Pick<
  Workload,
  'uid' | 'isBeingDeleted' | 'generation' | 'managedBy' | 'status' | 'strategy' | 'templateId'
>

/** What a workload's object says about its rollout: only facts, which the guard judges. */
export function readRolloutFacts(kind: KubernetesKind, object: unknown): RolloutFacts {
  const uid = nameAt(object, 'metadata', 'uid')
  return {
    ...(uid !== '' && { uid }),
    ...(valueAt(object, 'metadata', 'deletionTimestamp') !== undefined && { isBeingDeleted: true }),
    generation: countAt(object, 'metadata', 'generation'),
    templateId: templateIdOf(valueAt(object, 'spec', 'template')),
    managedBy: readManagedBy(object),
    strategy: readStrategy(kind, object),
    status: readStatus(kind, object)
  }
}

// No name in Kubernetes is longer. Whatever others write instead must not fill the memory.
const NAME_LENGTH = 253

function nameAt(value: unknown, ...path: readonly string[]): string {
  return textAt(value, ...path).slice(0, NAME_LENGTH)
}

// What Helm and Kubernetes take. They become labels and words of commands, and anybody may write anything there.
const HELM_NAME = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/

/** A name that Helm wrote; empty: there is none, or it is none of Helm's. */
function helmNameAt(object: unknown, annotation: 'release-name' | 'release-namespace'): string {
  const name = textAt(object, 'metadata', 'annotations', `meta.helm.sh/${annotation}`)
  return HELM_NAME.test(name) ? name : ''
}

const GITOPS = [
  { manager: 'argocd', place: 'annotations', name: 'argocd.argoproj.io/tracking-id' },
  { manager: 'argocd', place: 'labels', name: 'argocd.argoproj.io/instance' },
  { manager: 'flux', place: 'labels', name: 'kustomize.toolkit.fluxcd.io/name' },
  { manager: 'flux', place: 'labels', name: 'helm.toolkit.fluxcd.io/name' }
] as const

function readManagedBy(object: unknown): ManagedBy {
  const release = helmNameAt(object, 'release-name')
  const releaseNamespace = helmNameAt(object, 'release-namespace')
  // GitOps reverts what Helm or kubectl change, even if it renders a chart, so it comes first.
  const gitOps = GITOPS.find(({ place, name }) => textAt(object, 'metadata', place, name) !== '')
  return { manager: gitOps?.manager ?? (release === '' ? '' : 'helm'), release, releaseNamespace }
}

/** Means "no deadline" (deployment_util.go, HasProgressDeadline). */
const NO_DEADLINE_SECONDS = 2 ** 31 - 1

function readStrategy(kind: KubernetesKind, object: unknown): Strategy {
  const spec = valueAt(object, 'spec')
  const type = textAt(spec, kind === 'Deployment' ? 'strategy' : 'updateStrategy', 'type')
  const deadline = valueAt(spec, 'progressDeadlineSeconds')
  const hasDeadline = kind === 'Deployment' && typeof deadline === 'number' && deadline < NO_DEADLINE_SECONDS
  return {
    type: type === 'Recreate' || type === 'OnDelete' ? type : 'RollingUpdate',
    partition: kind === 'StatefulSet' ? countAt(spec, 'updateStrategy', 'rollingUpdate', 'partition') : 0,
    isPaused: kind === 'Deployment' && valueAt(spec, 'paused') === true,
    // If a manifest says nothing, the API server sets OrderedReady.
    isOrdered: kind === 'StatefulSet' && textAt(spec, 'podManagementPolicy') !== 'Parallel',
    minReadyMs: countAt(spec, 'minReadySeconds') * 1000,
    progressDeadlineMs: hasDeadline ? deadline * 1000 : null
  }
}

function readStatus(kind: KubernetesKind, object: unknown): Observed<WorkloadStatus, 'no_status'> {
  const status = valueAt(object, 'status')
  const observedGeneration = countAt(status, 'observedGeneration')
  const isApplied =
    isJsonObject(status) &&
    Object.keys(status).length > 0 &&
    countAt(object, 'metadata', 'generation') + observedGeneration > 0
  if (!isApplied) {
    const name = shown(textAt(object, 'metadata', 'name'))
    return unseen('no_status', `${kind} ${name} has no status: no controller has seen it`)
  }
  const read = {
    observedGeneration,
    ...NO_REVISIONS,
    ...(kind === 'Deployment' ? readConditions(status) : NO_CONDITIONS)
  }
  if (kind === 'DaemonSet') {
    return seen({
      ...read,
      replicas: countAt(status, 'currentNumberScheduled'),
      desired: countAt(status, 'desiredNumberScheduled'),
      updated: countAt(status, 'updatedNumberScheduled'),
      ready: countAt(status, 'numberReady'),
      available: countAt(status, 'numberAvailable')
    })
  }
  const replicas = valueAt(object, 'spec', 'replicas')
  return seen({
    ...read,
    ...(kind === 'StatefulSet' ? readRevisions(status) : {}),
    replicas: countAt(status, 'replicas'),
    // If a manifest says nothing, the API server sets 1.
    desired: typeof replicas === 'number' ? replicas : 1,
    updated: countAt(status, 'updatedReplicas'),
    ready: countAt(status, 'readyReplicas'),
    available: countAt(status, 'availableReplicas')
  })
}

const NO_REVISIONS = { currentRevision: '', updateRevision: '' }
const NO_CONDITIONS = { progress: null, failure: '' }
/** Enough of a webhook's message to show what it wants: the reason comes last. */
const FAILURE_LENGTH = 256
/** Every quota's and policy's words begin with the pod that was to be made, which nobody can look at. */
const REFUSED_POD = /^pods "[^"]*" is forbidden: /

function readRevisions(status: unknown): typeof NO_REVISIONS {
  return { currentRevision: nameAt(status, 'currentRevision'), updateRevision: nameAt(status, 'updateRevision') }
}

function readConditions(status: unknown): { progress: Progress | null; failure: string } {
  const conditions = listAt(status, 'conditions')
  const find = (type: string): unknown => conditions.find(condition => valueAt(condition, 'type') === type)
  const progressing = find('Progressing')
  const failure = find('ReplicaFailure')
  const isRefused = textAt(progressing, 'reason') === 'ReplicaSetCreateError'
  const words = textAt(failure, 'status') === 'True' ? failure : isRefused ? progressing : undefined
  return {
    progress: progressing === undefined ? null : readProgress(progressing),
    // Kyverno writes several lines.
    failure: textAt(words, 'message').replace(REFUSED_POD, '').replace(/\s+/g, ' ').trim().slice(0, FAILURE_LENGTH)
  }
}

/** Only the message names the ReplicaSet: `ReplicaSet "web-5b65847f74" has successfully progressed.` (progress.go). */
const NAMED = /^ReplicaSet "([^"]+)"/

function readProgress(condition: unknown): Progress {
  const replicaSet = NAMED.exec(nameAt(condition, 'message'))?.[1]
  return {
    reason: nameAt(condition, 'reason'),
    updatedAt: timeAt(condition, 'lastUpdateTime'),
    ...(replicaSet !== undefined && { replicaSet })
  }
}
