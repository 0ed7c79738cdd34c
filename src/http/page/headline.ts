import { type Finding, findingBy, SEVERITIES, VERSION_STATUSES } from '../../domain/finding.ts'
import type { ServiceReport } from '../../domain/report.ts'

/** What stands first in a service's row. */
export type Headline = Pick<Finding, 'status' | 'severity' | 'message' | 'isSinceStart'> & {
  /** `null`: nothing was judged. */
  readonly since: number | null
  /** Among statuses of one severity, the greater is the worse. */
  readonly rank: number
}

const NOTHING_JUDGED: Headline = {
  status: 'UNKNOWN',
  severity: 'unknown',
  message: 'Nothing is checked: it has no endpoint',
  since: null,
  isSinceStart: true,
  rank: 0
}

/**
 * The version guard's finding; for a service without an endpoint, the worst one of the service as a whole. On a Docker
 * host, perhaps only its images are judged: then the worst one of those.
 */
export function headlineOf({ findings }: ServiceReport): Headline {
  const version = findingBy(findings, 'version')
  if (version !== null) return { ...version, rank: VERSION_STATUSES.length - VERSION_STATUSES.indexOf(version.status) }
  const whole = findings.filter(({ part }) => part === '')
  const [worst] = (whole.length > 0 ? whole : findings).toSorted(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
  )
  return worst === undefined ? NOTHING_JUDGED : { ...worst, rank: 0 }
}
