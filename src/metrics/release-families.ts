import { findingBy } from '../domain/finding.ts'
import { type DeclarationEvidence, RELEASE_STATUSES, type ReleaseEvidence } from '../domain/release.ts'
import type { ServiceReport } from '../domain/report.ts'
import { type Family, optional, type Sample, stateSet } from './family.ts'

/** The gauges of the release guard that are about a service. */
export const RELEASE_FAMILIES: readonly Family<ServiceReport>[] = [
  {
    name: 'keybuzz_release_consistent',
    help: "Whether the version in the workload's labels equals the image's tag, by semver; absent without it, and if the two cannot be compared.",
    type: 'gauge',
    labels: [],
    samples: ofDeclaration(({ isConsistent }) => optional(isConsistent))
  },
  {
    name: 'keybuzz_release_status',
    help: 'Whether the deployed and the reported version match what label and release manifest declare: 1 for the current one of the three; absent if nothing is declared.',
    type: 'gauge',
    labels: ['status'],
    isOptional: true,
    samples: ({ findings }) => {
      const status = findingBy(findings, 'release')?.status
      return status === undefined ? [] : stateSet(RELEASE_STATUSES, status)
    }
  },
  {
    name: 'keybuzz_release_info',
    help: "The chart that the workload comes from, by its labels, and Helm's revision, empty without HELM_RELEASES. Always 1.",
    type: 'gauge',
    labels: ['chart', 'chart_version', 'app_version', 'revision'],
    isOptional: true,
    samples: ofDeclaration(({ chart, chartVersion, appVersion, revision }, isHeld) =>
      isHeld
        ? [[[CHANGING, '', '', ''], 1]]
        : chart === '' && appVersion === '' && revision === null
          ? []
          : [[[chart, chartVersion, appVersion, String(revision ?? '')], 1]]
    )
  },
  {
    name: 'keybuzz_declared_info',
    help: 'What was declared for the service, by its label or by the release manifest; unknown labels are empty. Always 1.',
    type: 'gauge',
    labels: ['source', 'version', 'git_sha'],
    isOptional: true,
    samples: ofDeclaration(({ declared }, isHeld) =>
      declared.map(
        ({ source, version, gitSha }): Sample => [[source, ...(isHeld ? [CHANGING, ''] : [version, gitSha])], 1]
      )
    )
  },
  {
    name: 'keybuzz_required_object_present',
    help: 'Whether a ConfigMap or Secret that the workload requires exists; absent if the guard is not allowed to look.',
    type: 'gauge',
    labels: ['kind', 'name'],
    samples: ofParts(evidence =>
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
    samples: ofParts(evidence =>
      evidence.kind === 'migration' && evidence.hasSucceeded !== null
        ? [[[evidence.job], Number(evidence.hasSucceeded)]]
        : []
    )
  }
]

// As in keybuzz_version_info.
const CHANGING = '(changing)'

/** `isHeld`: it is another one time and again, and no label for now. */
function ofDeclaration(samples: (evidence: DeclarationEvidence, isHeld: boolean) => readonly Sample[]) {
  return ({ findings, held }: ServiceReport): readonly Sample[] => {
    const evidence = findingBy(findings, 'release')?.evidence
    return evidence?.kind === 'declaration' ? samples(evidence, held.image) : []
  }
}

function ofParts(samples: (evidence: ReleaseEvidence) => readonly Sample[]) {
  return ({ findings }: ServiceReport): readonly Sample[] =>
    findings.flatMap(finding => (finding.guard === 'release' ? samples(finding.evidence) : []))
}
