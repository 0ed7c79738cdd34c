import type { ServiceReport } from '../../../src/domain/report.ts'
import { renderSamples } from '../../../src/metrics/family.ts'
import { ROLLOUT_SECTIONS } from '../../../src/metrics/rollout-families.ts'
import { aService } from '../../http/fixtures.ts'
import type { Sighting } from './simulate.ts'
import type { Scenario } from './stage.ts'

const NAMESPACE = 'shop'

/**
 * What `/metrics` has for a simulated workload at a moment: the gauges of its rollout as the product renders them, and
 * what its endpoint says: the version of the oldest pod that is ready, the worst that a balancer may choose. While no
 * pod is ready, the endpoint is left out: that is another fault, with an alert of its own.
 */
export function exposeSighting(service: string, { kind }: Scenario['workload'], sighting: Sighting): string {
  const report: ServiceReport = {
    ...aService({ service, namespace: NAMESPACE, endpoint: null, workload: { kind, name: 'web' } }),
    findings: [sighting.finding]
  }
  const identity = `namespace="${NAMESPACE}",service="${service}"`
  const rollout = ROLLOUT_SECTIONS.flatMap(({ part, families }) => {
    const read = part(report)
    return read === null ? [] : families.map(family => renderSamples(family, read, identity))
  }).join('')
  const { serving, deployed } = sighting
  if (serving === undefined) return rollout
  const isConsistent = Number(serving === deployed)
  return `${rollout}keybuzz_version_consistent{${identity}} ${isConsistent}\nkeybuzz_debug_endpoint_up{${identity}} 1\n`
}

/** The series of an exposition, by name and labels, with their values. */
export function seriesOf(exposition: string): readonly (readonly [series: string, value: string])[] {
  const lines = exposition.split('\n').filter(line => line !== '')
  return lines.map(line => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)])
}
