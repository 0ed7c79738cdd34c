import { CULPRITS } from '../domain/diagnosis.ts'
import { type Finding, findingBy, VERSION_STATUSES } from '../domain/finding.ts'
import type { SeriesCount, ServiceReport } from '../domain/report.ts'
import { CHANGING, optional, type Sample, single, stateSet } from './family.ts'
import { IMAGE_SECTIONS } from './image-families.ts'
import { POD_SECTIONS } from './pod-families.ts'
import { RELEASE_SECTIONS } from './release-families.ts'
import { ROLLOUT_SECTIONS } from './rollout-families.ts'
import { ofPart, ofParts, type Section } from './section.ts'

const IDENTITY = ofParts(
  [({ workload }) => workload, ({ endpoint }) => endpoint, ({ held }) => held.image],
  [
    {
      name: 'keybuzz_service_info',
      help: 'What the service is: its workload, the container whose image is compared, its endpoint, who applies it. Always 1.',
      type: 'gauge',
      labels: ['kind', 'workload', 'container', 'endpoint', 'managed_by'],
      isOptional: true,
      samples: ([{ kind, name, container, managedBy }, endpoint, isHeld]) => {
        const labelOf = (text: string | null) => (text && isHeld ? CHANGING : (text ?? ''))
        return [[[kind, name, labelOf(container), labelOf(endpoint), managedBy], 1]]
      }
    }
  ]
)

const SINCE: Section = {
  part: ({ findings }) => findings,
  isSame: ({ findings: some }, { findings: others }) =>
    some.length === others.length && some.every((one, place) => isSinceTheSame(one, others[place])),
  families: [
    {
      name: 'keybuzz_finding_since_timestamp_seconds',
      help: "Since when the guard's finding has had its current status, as far as this process has seen, in seconds since the epoch.",
      type: 'gauge',
      labels: ['guard'],
      isOptional: true,
      samples: (findings: readonly Finding[]) =>
        findings.flatMap(({ part, guard, since }): Sample[] => (part === '' ? [[[guard], since / 1000]] : []))
    }
  ]
}

function isSinceTheSame(one: Finding, other: Finding | undefined): boolean {
  return one.part === other?.part && one.guard === other.guard && one.since === other.since
}

const CONSISTENT = ofPart(
  ({ findings }) => findingBy(findings, 'version')?.evidence.isConsistent ?? null,
  [
    {
      name: 'keybuzz_version_consistent',
      help: 'Whether the reported version equals the tag of the deployed image; absent if either is unknown.',
      type: 'gauge',
      labels: [],
      samples: isConsistent => single(Number(isConsistent))
    }
  ]
)

const STATUS = ofPart(
  ({ findings }) => findingBy(findings, 'version')?.status ?? null,
  [
    {
      name: 'keybuzz_version_status',
      help: 'The status of the version check: 1 for the current one of the five.',
      type: 'gauge',
      labels: ['status'],
      samples: status => stateSet(VERSION_STATUSES, status)
    }
  ]
)

const CULPRIT = ofPart(
  ({ diagnosis, findings }) => (findingBy(findings, 'version') === null ? null : (diagnosis?.culprit ?? null)),
  [
    {
      name: 'keybuzz_version_culprit',
      help: 'Who is out of step, by everything known about the service: 1 for the current one of the ten, none included; absent without an endpoint.',
      type: 'gauge',
      labels: ['culprit'],
      isOptional: true,
      samples: culprit => stateSet(CULPRITS, culprit)
    }
  ]
)

const VERSIONS = ofParts(
  [
    ({ deployed }) => deployed,
    ({ reported }) => reported?.version ?? null,
    ({ reported }) => reported?.gitSha ?? null,
    ({ held }) => held
  ],
  [
    {
      name: 'keybuzz_version_info',
      help: 'What is deployed and what is reported, as labels; unknown ones are empty, those that keep changing are (changing). Always 1.',
      type: 'gauge',
      labels: ['image', 'image_tag', 'image_digest', 'ui_version', 'git_sha'],
      samples: ([{ image, imageTag, imageDigest }, version, gitSha, held]) => {
        const deployed = held.image && image !== null ? [CHANGING, '', ''] : [image, imageTag, imageDigest]
        const said = held.version && version !== null ? [CHANGING, ''] : [version, gitSha]
        return [[[...deployed, ...said].map(value => value ?? ''), 1]]
      }
    }
  ]
)

// `undefined`: there was no answer.
const ANSWER = ofParts(
  [({ reported }) => reported?.failure, ({ reported }) => reported?.gitSha],
  [
    {
      name: 'keybuzz_debug_endpoint_up',
      help: 'Whether the debug endpoint gave a usable report at the last check.',
      type: 'gauge',
      labels: [],
      samples: ([failure]) => (failure === undefined ? [] : single(failure === null ? 1 : 0))
    },
    {
      name: 'keybuzz_git_sha_present',
      help: 'Whether the report has a git SHA; absent while the endpoint is down.',
      type: 'gauge',
      labels: [],
      samples: ([failure, gitSha]) => (failure === null ? single(gitSha === null ? 0 : 1) : [])
    }
  ]
)

const FAILURE = ofPart(
  ({ reported }) => reported?.failure ?? null,
  [
    {
      name: 'keybuzz_debug_endpoint_failure',
      help: 'Why the debug endpoint gave no usable report: 1 for the current reason only.',
      type: 'gauge',
      labels: ['reason'],
      samples: failure => [[[failure], 1]]
    }
  ]
)

const HTTP_STATUS = ofPart(
  ({ reported }) => reported?.httpStatus ?? null,
  [
    {
      name: 'keybuzz_debug_endpoint_http_status_code',
      help: 'HTTP status of the last answer of the debug endpoint; absent if none came.',
      type: 'gauge',
      labels: [],
      samples: single
    }
  ]
)

const DURATION = ofPart(
  ({ reported }) => reported?.durationMs ?? null,
  [
    {
      name: 'keybuzz_debug_endpoint_duration_seconds',
      help: 'How long the last probe of the debug endpoint took.',
      type: 'gauge',
      labels: [],
      isOptional: true,
      samples: durationMs => single(durationMs / 1000)
    }
  ]
)

const CHECKED = ofPart(
  ({ reported }) => reported?.checkedAt ?? null,
  [
    {
      name: 'keybuzz_version_check_timestamp_seconds',
      help: 'When the last check of this target ended, in seconds since the epoch.',
      type: 'gauge',
      labels: [],
      samples: checkedAt => single(checkedAt / 1000)
    }
  ]
)

const DEPLOYED = ofPart(
  ({ deployed }) => deployed,
  [
    {
      name: 'keybuzz_workload_found',
      help: 'Whether the workload exists; absent if workloads have never been read.',
      type: 'gauge',
      labels: [],
      samples: ({ found }) => optional(found)
    },
    {
      name: 'keybuzz_workload_rollout_in_progress',
      help: "Whether the workload's pods are being replaced; absent if its status is unknown.",
      type: 'gauge',
      labels: [],
      samples: ({ rolloutInProgress }) => optional(rolloutInProgress)
    }
  ]
)

/** Every gauge about a service, in the order of the exposition; the labels `namespace` and `service` are on each. */
export const SERVICE_SECTIONS: readonly Section[] = [
  IDENTITY,
  SINCE,
  CONSISTENT,
  ANSWER,
  STATUS,
  CULPRIT,
  VERSIONS,
  FAILURE,
  HTTP_STATUS,
  DURATION,
  CHECKED,
  DEPLOYED,
  ...ROLLOUT_SECTIONS,
  ...RELEASE_SECTIONS,
  ...POD_SECTIONS,
  ...IMAGE_SECTIONS
]

export const SERVICE_FAMILIES = SERVICE_SECTIONS.flatMap(({ families }) => families)

/** How many series a service has now. What is the same as before is not counted again. */
export function countSeries(
  service: ServiceReport,
  before?: { readonly report: ServiceReport; readonly series: SeriesCount }
): SeriesCount {
  const count = { required: before?.series.required ?? 0, all: before?.series.all ?? 0 }
  const add = ({ part, families }: Section, report: ServiceReport, sign: 1 | -1) => {
    const read = part(report)
    if (read === null) return
    for (const family of families) {
      const series = family.type === 'histogram' ? 0 : sign * family.samples(read).length
      count.all += series
      if (family.isOptional !== true) count.required += series
    }
  }
  for (const section of SERVICE_SECTIONS) {
    if (before !== undefined && section.isSame(before.report, service)) continue
    if (before !== undefined) add(section, before.report, -1)
    add(section, service, 1)
  }
  return count
}
