import { findingBy, type RolloutFinding } from '../domain/finding.ts'
import { ROLLOUT_STATES } from '../domain/rollout.ts'
import { optional, type Sample, single, stateSet } from './family.ts'
import { ofPart } from './section.ts'

const ROLLOUT = ofPart(
  ({ findings }) => findingBy(findings, 'rollout'),
  [
    {
      name: 'keybuzz_workload_state',
      help: "What the workload's pods are doing: 1 for the current one of the five states.",
      type: 'gauge',
      labels: ['state'],
      samples: ({ status }) => stateSet(ROLLOUT_STATES, status)
    },
    {
      name: 'keybuzz_rollout_started_timestamp_seconds',
      help: 'When the rollout of the current pod template began, in seconds since the epoch; absent if unknown.',
      type: 'gauge',
      labels: [],
      samples: ({ evidence: { startedAt } }) => (startedAt === null ? [] : single(startedAt / 1000))
    },
    {
      name: 'keybuzz_rollout_completed_timestamp_seconds',
      help: 'When that rollout ended, in seconds since the epoch; absent while it is under way or if unknown.',
      type: 'gauge',
      labels: [],
      samples: ({ evidence: { completedAt } }) => (completedAt === null ? [] : single(completedAt / 1000))
    },
    {
      name: 'keybuzz_workload_running_images',
      help: 'How many different image references or digests run in the container that has the most; absent if pods are not read.',
      type: 'gauge',
      labels: [],
      isOptional: true,
      samples: ({ evidence: { running } }) => (running.seen ? single(running.value.count) : [])
    },
    {
      name: 'keybuzz_workload_pods',
      help: 'Pods by the image tag that they run: the five most frequent tags, then (other); absent if pods are not read.',
      type: 'gauge',
      labels: ['image_tag'],
      isOptional: true,
      samples: ({ evidence: { running } }) =>
        running.seen ? running.value.byTag.map(({ imageTag, pods }): Sample => [[imageTag], pods]) : []
    },
    {
      name: 'keybuzz_workload_held',
      help: 'What keeps old pods on purpose: paused, partition or on_delete; absent if nothing does. Always 1.',
      type: 'gauge',
      labels: ['reason'],
      samples: ({ evidence: { held } }) => (held === null ? [] : [[[held], 1]])
    }
  ]
)

const ROLLBACK = ofPart(
  ({ findings, workload, namespace }) => {
    const finding = findingBy(findings, 'rollout')
    return finding && ([finding, { ...workload, namespace }] as const)
  },
  [
    {
      name: 'keybuzz_rollback_info',
      help: 'What to go back to from a rollout that has ended, is STUCK or left pods MIXED, with the proof for it, or why there is nothing. Always 1.',
      type: 'gauge',
      labels: ['kind', 'workload', 'manager', 'release', 'revision', 'image_tag', 'proof', 'pod'],
      samples: ([finding, { kind, name }]) => {
        if (kind === 'Container' || !mayBeLeft(finding)) return []
        const { revision, imageTag, proof, managedBy, pods } = finding.evidence.wayBack
        const { manager, release } = managedBy
        return [[[kind, name, manager, release, String(revision ?? ''), imageTag, proof, pods.join(' ')], 1]]
      }
    },
    {
      name: 'keybuzz_rollback_release_namespace_info',
      help: "The namespace of the Helm release that keybuzz_rollback_info names; absent if it is the service's own. Always 1.",
      type: 'gauge',
      labels: ['release_namespace'],
      samples: ([finding, { namespace }]) => {
        const { manager, releaseNamespace } = finding.evidence.wayBack.managedBy
        if (!mayBeLeft(finding) || manager !== 'helm') return []
        return releaseNamespace === '' || releaseNamespace === namespace ? [] : [[[releaseNamespace], 1]]
      }
    }
  ]
)

const OBJECTIVES = ofPart(
  ({ objectives }) => objectives ?? null,
  [
    {
      name: 'keybuzz_postdeploy_latency_objective_seconds',
      help: 'The latency that 95 % of requests must stay below after a rollout, from the annotation postdeploy-latency-p95; absent without it.',
      type: 'gauge',
      labels: [],
      samples: ({ latencyP95Ms }) => optional(latencyP95Ms === undefined ? undefined : latencyP95Ms / 1000)
    },
    {
      name: 'keybuzz_postdeploy_error_objective_ratio',
      help: 'The ratio that failed requests must stay below after a rollout, from the annotation postdeploy-error-ratio; absent without it.',
      type: 'gauge',
      labels: [],
      samples: ({ errorRatio }) => optional(errorRatio)
    }
  ]
)

/** The gauges of the rollout guard, and what they are judged by after a rollout. */
export const ROLLOUT_SECTIONS = [ROLLOUT, ROLLBACK, OBJECTIVES]

/**
 * A rollout that has ended may turn out bad in the minutes after: KeyBuzzReleaseUnhealthy names the way back. For one
 * that ended long ago, the earlier templates are not read.
 */
function mayBeLeft({ status, evidence: { completedAt, wayBack } }: RolloutFinding): boolean {
  if (status === 'STABLE') return completedAt !== null && wayBack.proof !== 'not_read'
  return status === 'STUCK' || status === 'MIXED'
}
