import { CULPRITS } from '../domain/diagnosis.ts'
import { findingBy, VERSION_STATUSES } from '../domain/finding.ts'
import type { ServiceReport } from '../domain/report.ts'
import { type Family, optional, type Sample, single, stateSet } from './family.ts'
import { IMAGE_FAMILIES } from './image-families.ts'
import { POD_FAMILIES } from './pod-families.ts'
import { RELEASE_FAMILIES } from './release-families.ts'
import { ROLLOUT_FAMILIES } from './rollout-families.ts'

/** Every gauge about a service, in the order of the exposition; the labels `namespace` and `service` are on each. */
export const SERVICE_FAMILIES: readonly Family<ServiceReport>[] = [
  {
    name: 'keybuzz_service_info',
    help: 'What the service is: its workload, the container whose image is compared, its endpoint, who applies it. Always 1.',
    type: 'gauge',
    labels: ['kind', 'workload', 'container', 'endpoint', 'managed_by'],
    isOptional: true,
    samples: ({ workload: { kind, name, container, managedBy }, endpoint }) => [
      [[kind, name, container ?? '', endpoint ?? '', managedBy], 1]
    ]
  },
  {
    name: 'keybuzz_finding_since_timestamp_seconds',
    help: "Since when the guard's finding has had its current status, as far as this process has seen, in seconds since the epoch.",
    type: 'gauge',
    labels: ['guard'],
    isOptional: true,
    samples: ({ findings }) =>
      findings.filter(({ part }) => part === '').map(({ guard, since }): Sample => [[guard], since / 1000])
  },
  {
    name: 'keybuzz_version_consistent',
    help: 'Whether the reported version equals the tag of the deployed image; absent if either is unknown.',
    type: 'gauge',
    labels: [],
    samples: ({ findings }) => optional(findingBy(findings, 'version')?.evidence.isConsistent)
  },
  {
    name: 'keybuzz_debug_endpoint_up',
    help: 'Whether the debug endpoint gave a usable report at the last check.',
    type: 'gauge',
    labels: [],
    samples: ({ reported }) => (reported === null ? [] : single(reported.failure === null ? 1 : 0))
  },
  {
    name: 'keybuzz_git_sha_present',
    help: 'Whether the report has a git SHA; absent while the endpoint is down.',
    type: 'gauge',
    labels: [],
    samples: ({ reported }) =>
      reported === null || reported.failure !== null ? [] : single(reported.gitSha === null ? 0 : 1)
  },
  {
    name: 'keybuzz_version_status',
    help: 'The status of the version check: 1 for the current one of the five.',
    type: 'gauge',
    labels: ['status'],
    samples: service => {
      const status = versionStatus(service)
      return status === undefined ? [] : stateSet(VERSION_STATUSES, status)
    }
  },
  {
    name: 'keybuzz_version_culprit',
    help: 'Who is out of step, by everything known about the service: 1 for the current one of the ten, none included; absent without an endpoint.',
    type: 'gauge',
    labels: ['culprit'],
    isOptional: true,
    samples: ({ diagnosis }) => (diagnosis === null ? [] : stateSet(CULPRITS, diagnosis.culprit))
  },
  {
    name: 'keybuzz_version_info',
    help: 'What is deployed and what is reported, as labels; unknown ones are empty, those that keep changing are (changing). Always 1.',
    type: 'gauge',
    labels: ['image', 'image_tag', 'image_digest', 'ui_version', 'git_sha'],
    samples: ({ deployed: { image, imageTag, imageDigest }, reported, held }) => {
      const deployed = held.image && image !== null ? [CHANGING, '', ''] : [image, imageTag, imageDigest]
      const { version = null, gitSha = null } = reported ?? {}
      const said = held.version && version !== null ? [CHANGING, ''] : [version, gitSha]
      return [[[...deployed, ...said].map(value => value ?? ''), 1]]
    }
  },
  {
    name: 'keybuzz_debug_endpoint_failure',
    help: 'Why the debug endpoint gave no usable report: 1 for the current reason only.',
    type: 'gauge',
    labels: ['reason'],
    samples: ({ reported }) => (reported?.failure == null ? [] : [[[reported.failure], 1]])
  },
  {
    name: 'keybuzz_debug_endpoint_http_status_code',
    help: 'HTTP status of the last answer of the debug endpoint; absent if none came.',
    type: 'gauge',
    labels: [],
    samples: ({ reported }) => optional(reported?.httpStatus)
  },
  {
    name: 'keybuzz_debug_endpoint_duration_seconds',
    help: 'How long the last probe of the debug endpoint took.',
    type: 'gauge',
    labels: [],
    isOptional: true,
    samples: ({ reported }) => (reported === null ? [] : single(reported.durationMs / 1000))
  },
  {
    name: 'keybuzz_version_check_timestamp_seconds',
    help: 'When the last check of this target ended, in seconds since the epoch.',
    type: 'gauge',
    labels: [],
    samples: ({ reported }) => (reported === null ? [] : single(reported.checkedAt / 1000))
  },
  {
    name: 'keybuzz_workload_found',
    help: 'Whether the workload exists; absent if workloads have never been read.',
    type: 'gauge',
    labels: [],
    samples: ({ deployed: { found } }) => optional(found)
  },
  {
    name: 'keybuzz_workload_rollout_in_progress',
    help: "Whether the workload's pods are being replaced; absent if its status is unknown.",
    type: 'gauge',
    labels: [],
    samples: ({ deployed: { rolloutInProgress } }) => optional(rolloutInProgress)
  },
  ...ROLLOUT_FAMILIES,
  ...RELEASE_FAMILIES,
  ...POD_FAMILIES,
  ...IMAGE_FAMILIES
]

const CHANGING = '(changing)'

/** How many series a service has now: without the optional families, and with them. */
export function countSeries(service: ServiceReport): { readonly required: number; readonly all: number } {
  let required = 0
  let all = 0
  for (const family of SERVICE_FAMILIES) {
    const count = family.type === 'histogram' ? 0 : family.samples(service).length
    all += count
    if (family.isOptional !== true) required += count
  }
  return { required, all }
}

function versionStatus({ findings }: ServiceReport) {
  return findingBy(findings, 'version')?.status
}
