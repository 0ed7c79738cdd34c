import type { Finding } from '../../domain/finding.ts'
import type { ServiceReport } from '../../domain/report.ts'

const RUNBOOKS: Readonly<Record<string, string>> = {
  'version ERROR': 'KeyBuzzDebugEndpointDown',
  'version MISMATCH': 'KeyBuzzVersionMismatch',
  'version WARNING': 'KeyBuzzGitShaMissing',
  'rollout STUCK': 'KeyBuzzRolloutStuck',
  'rollout MIXED': 'KeyBuzzMixedVersions',
  'image-update DRIFTED': 'KeyBuzzImageDigestDrift',
  'image-update UPDATE_AVAILABLE': 'KeyBuzzImageUpdateAvailable'
}

/** The alert whose runbook helps with a service: that of its first finding that has one; `null`: there is none. */
export function runbookOf({ findings, deployed }: Pick<ServiceReport, 'findings' | 'deployed'>): string | null {
  if (deployed.found === false) return 'KeyBuzzWorkloadMissing'
  for (const finding of findings) {
    const alert = runbookOfFinding(finding)
    if (alert !== null) return alert
  }
  return null
}

function runbookOfFinding({ guard, status, evidence }: Finding): string | null {
  if (status === 'DRIFTED' && guard === 'release' && evidence.kind === 'helm') return 'KeyBuzzHelmReleaseStuck'
  return RUNBOOKS[`${guard} ${status}`] ?? null
}
