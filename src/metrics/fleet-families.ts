import type { FleetFinding, Report } from '../domain/report.ts'
import { type Family, identityOf, renderHead, renderSamples } from './family.ts'
import { type DeflatedText, deflate } from './gzip-member.ts'

/** Every gauge about what may belong to no service; the labels `namespace` and `service` are on each. */
export const FLEET_FAMILIES: readonly Family<FleetFinding>[] = [
  {
    name: 'keybuzz_helm_release_status',
    help: "The status of a Helm release's highest revision: 1 for the current one only. A release without a service has its own name as service.",
    type: 'gauge',
    labels: ['release', 'status'],
    samples: ({ finding: { evidence } }) => [[[evidence.release, evidence.status], 1]]
  },
  {
    name: 'keybuzz_helm_release_stuck',
    help: 'A Helm release that failed, or has been pending or uninstalling for too long, with the revision that helm rollback takes. Always 1.',
    type: 'gauge',
    labels: ['release', 'release_namespace', 'status', 'revision', 'rollback_revision'],
    samples: ({ finding: { evidence } }) =>
      evidence.isStuck
        ? [
            [
              [
                evidence.release,
                evidence.namespace,
                evidence.status,
                String(evidence.revision),
                String(evidence.rollbackTo ?? '')
              ],
              1
            ]
          ]
        : []
  }
]

/** Renders the fleet's gauges; the same findings give the same texts. */
export function createFleetText(): (report: Pick<Report, 'fleet'>) => readonly DeflatedText[] {
  let families: readonly DeflatedText[] = []
  let last: Report['fleet'] | undefined
  return ({ fleet }) => {
    if (fleet === last) return families
    last = fleet
    families = FLEET_FAMILIES.map(family => {
      const samples = fleet.map(one => renderSamples(family, one, identityOf(one)))
      return deflate(`${renderHead(family, 'text')}${samples.join('')}`)
    })
    return families
  }
}
