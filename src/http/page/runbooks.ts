import { alertOf } from '../../domain/links.ts'
import type { ServiceReport } from '../../domain/report.ts'

/** The alert whose runbook helps with a service: that of its first finding that has one; `null`: there is none. */
export function runbookOf({ findings, deployed }: Pick<ServiceReport, 'findings' | 'deployed'>): string | null {
  if (deployed.found === false) return 'KeyBuzzWorkloadMissing'
  for (const finding of findings) {
    const alert = alertOf(finding)
    if (alert !== null) return alert
  }
  return null
}
