import { findingBy } from '../../domain/finding.ts'
import type { ServiceReport } from '../../domain/report.ts'

/** What a filter looks through, in lower case; the page carries it for its script, so that both find the same. */
export function searchText({ service, namespace, findings, deployed, reported, ...rest }: ServiceReport): string {
  const rollout = deployed.rolloutInProgress === true ? 'rollout' : null
  return [
    service,
    namespace,
    `${rest.workload.kind}/${rest.workload.name}`,
    ...findings.flatMap(({ status, message }) => [statusTerm(status), message]),
    deployed.image,
    reported?.version,
    reported?.gitSha,
    rest.endpoint,
    rollout,
    ...podNames(findings)
  ]
    .filter(text => typeof text === 'string')
    .join('\n')
    .toLowerCase()
}

function podNames(findings: ServiceReport['findings']): readonly string[] {
  return findingBy(findings, 'version')?.evidence.pods?.pods.map(({ name }) => name) ?? []
}

/** Whether a text has all words of the filter; the empty filter is in every text. `page.js` does the same. */
export function matchesFilter(text: string, filter: string): boolean {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word))
}

/** The filter that finds one status, and no message with its name in it. */
export function statusTerm(status: string): string {
  return `status:${status.toLowerCase()}`
}
