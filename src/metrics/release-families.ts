import { findingBy } from '../domain/finding.ts'
import { type DeclarationEvidence, RELEASE_STATUSES } from '../domain/release.ts'
import type { ServiceReport } from '../domain/report.ts'
import { CHANGING, optional, type Sample, stateSet } from './family.ts'
import { ofPart } from './section.ts'

const CONSISTENT = ofPart(declarationOf, [
  {
    name: 'keybuzz_release_consistent',
    help: "Whether the version in the workload's labels equals the image's tag, by semver; absent without it, and if the two cannot be compared.",
    type: 'gauge',
    labels: [],
    samples: ({ isConsistent }) => optional(isConsistent)
  }
])

const STATUS = ofPart(
  ({ findings }) => findingBy(findings, 'release')?.status ?? null,
  [
    {
      name: 'keybuzz_release_status',
      help: 'Whether the deployed and the reported version match what label and release manifest declare: 1 for the current one of the three; absent if nothing is declared.',
      type: 'gauge',
      labels: ['status'],
      isOptional: true,
      samples: status => stateSet(RELEASE_STATUSES, status)
    }
  ]
)

// `isHeld`: it keeps changing, and so is no label for now.
const DECLARED = ofPart(
  service => {
    const declaration = declarationOf(service)
    return declaration && ([declaration, service.held.image] as const)
  },
  [
    {
      name: 'keybuzz_release_info',
      help: "The chart that the workload comes from, by its labels, and Helm's revision, empty without HELM_RELEASES. Always 1.",
      type: 'gauge',
      labels: ['chart', 'chart_version', 'app_version', 'revision'],
      isOptional: true,
      samples: ([{ chart, chartVersion, appVersion, revision }, isHeld]) =>
        isHeld
          ? [[[CHANGING, '', '', ''], 1]]
          : chart === '' && appVersion === '' && revision === null
            ? []
            : [[[chart, chartVersion, appVersion, String(revision ?? '')], 1]]
    },
    {
      name: 'keybuzz_declared_info',
      help: 'What was declared for the service, by its label or by the release manifest; unknown labels are empty. Always 1.',
      type: 'gauge',
      labels: ['source', 'version', 'git_sha'],
      isOptional: true,
      samples: ([{ declared }, isHeld]) =>
        declared.map(
          ({ source, version, gitSha }): Sample => [[source, ...(isHeld ? [CHANGING, ''] : [version, gitSha])], 1]
        )
    }
  ]
)

const OBJECTS = ofPart(
  ({ findings }) => findings.filter(finding => finding.guard === 'release'),
  [
    {
      name: 'keybuzz_required_object_present',
      help: 'Whether a ConfigMap or Secret that the workload requires exists; absent if the guard is not allowed to look.',
      type: 'gauge',
      labels: ['kind', 'name'],
      samples: findings =>
        findings.flatMap(({ evidence }): Sample[] =>
          evidence.kind === 'object' && evidence.isPresent !== null
            ? [[[evidence.objectKind, evidence.name], Number(evidence.isPresent)]]
            : []
        )
    },
    {
      name: 'keybuzz_migration_succeeded',
      help: 'Whether the migration job has succeeded since the last rollout; absent if unknown, such as after it was deleted.',
      type: 'gauge',
      labels: ['job'],
      samples: findings =>
        findings.flatMap(({ evidence }): Sample[] =>
          evidence.kind === 'migration' && evidence.hasSucceeded !== null
            ? [[[evidence.job], Number(evidence.hasSucceeded)]]
            : []
        )
    }
  ]
)

/** The gauges of the release guard that are about a service. */
export const RELEASE_SECTIONS = [CONSISTENT, STATUS, DECLARED, OBJECTS]

function declarationOf({ findings }: ServiceReport): DeclarationEvidence | null {
  const evidence = findingBy(findings, 'release')?.evidence
  return evidence?.kind === 'declaration' ? evidence : null
}
