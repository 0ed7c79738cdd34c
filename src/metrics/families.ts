import { STATUSES } from '../domain/finding.ts'
import type { ServiceReport } from '../domain/report.ts'

/** One gauge of the catalogue, with the labels that it has beside `namespace` and `service`. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  /** The most series that one service adds; absent: one. */
  readonly most?: number
  /** What one service adds to the gauge: nothing where the value cannot be known. */
  samples(service: ServiceReport): readonly Sample[]
}

/** Values of the family's own labels, in their order, and the value. */
type Sample = readonly [labels: readonly string[], value: number]

/** Every gauge about a target, in the order of the exposition. */
export const FAMILIES: readonly Family[] = [
  {
    name: 'keybuzz_version_consistent',
    help: 'Whether the reported version equals the tag of the deployed image; absent when either is unknown.',
    labels: [],
    samples: ({ finding: { status } }) => {
      if (status === 'ERROR' || status === 'UNKNOWN') return []
      return single(status === 'MISMATCH' ? 0 : 1)
    }
  },
  {
    name: 'keybuzz_debug_endpoint_up',
    help: 'Whether the debug endpoint gave a usable report at the last check.',
    labels: [],
    samples: ({ reported }) => (reported === null ? [] : single(reported.failure === null ? 1 : 0))
  },
  {
    name: 'keybuzz_git_sha_present',
    help: 'Whether the report has a git SHA; absent while the endpoint is down.',
    labels: [],
    samples: ({ reported }) =>
      reported === null || reported.failure !== null ? [] : single(reported.gitSha === null ? 0 : 1)
  },
  {
    name: 'keybuzz_version_status',
    help: 'The status of the version check: 1 for the present one of the five.',
    labels: ['status'],
    most: STATUSES.length,
    samples: ({ finding }) => STATUSES.map(status => [[status], finding.status === status ? 1 : 0])
  },
  {
    name: 'keybuzz_version_info',
    help: 'What is deployed and what is reported, as labels; unknown ones are empty, ui_version is (changing) where it never stays. Always 1.',
    labels: ['image', 'image_tag', 'image_digest', 'ui_version', 'git_sha'],
    samples: ({ deployed: { image, imageTag, imageDigest }, reported, labels }) => {
      const { version = null, gitSha = null } = reported ?? {}
      const held = version !== null && labels.held !== null
      const said = held ? ['(changing)', null] : [version, gitSha]
      return [[[image, imageTag, imageDigest, ...said].map(value => value ?? ''), 1]]
    }
  },
  {
    name: 'keybuzz_debug_endpoint_failure',
    help: 'Why the debug endpoint gave no usable report: 1 for the present reason only.',
    labels: ['reason'],
    samples: ({ reported }) => (reported?.failure == null ? [] : [[[reported.failure], 1]])
  },
  {
    name: 'keybuzz_debug_endpoint_http_status_code',
    help: 'HTTP status of the last answer of the debug endpoint; absent when none came.',
    labels: [],
    samples: ({ reported }) => optional(reported?.httpStatus)
  },
  {
    name: 'keybuzz_debug_endpoint_duration_seconds',
    help: 'How long the last probe of the debug endpoint took.',
    labels: [],
    samples: ({ reported }) => (reported === null ? [] : single(reported.durationMs / 1000))
  },
  {
    name: 'keybuzz_version_check_timestamp_seconds',
    help: 'When the last check of this target ended, in seconds since the epoch.',
    labels: [],
    samples: ({ reported }) => (reported === null ? [] : single(reported.checkedAt / 1000))
  },
  {
    name: 'keybuzz_workload_found',
    help: 'Whether the workload exists; absent where workloads have never been read.',
    labels: [],
    samples: ({ deployed: { found } }) => optional(found)
  },
  {
    name: 'keybuzz_workload_rollout_in_progress',
    help: "Whether the workload's pods are being replaced; absent where its status is unknown.",
    labels: [],
    samples: ({ deployed: { rolloutInProgress } }) => optional(rolloutInProgress)
  }
]

/** The most series that one target has. */
export const MOST_SERIES = FAMILIES.reduce((sum, { most = 1 }) => sum + most, 0)

/** How many series a service has now. */
export function countSeries(service: ServiceReport): number {
  return FAMILIES.reduce((sum, { samples }) => sum + samples(service).length, 0)
}

function single(value: number): readonly Sample[] {
  return [[[], value]]
}

function optional(value: number | boolean | null | undefined): readonly Sample[] {
  return value === null || value === undefined ? [] : single(Number(value))
}
