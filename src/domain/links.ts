import type { Finding, VersionStatus } from './finding.ts'
import type { ImageUpdateStatus } from './image-update.ts'
import type { RolloutState } from './rollout.ts'
import type { ServiceIdentity } from './target.ts'

/** Where the pages' links lead: a folder of runbooks, and a Grafana dashboard of one service. */
export interface Links {
  readonly runbookUrl: string
  /** `null`: there is none. */
  readonly dashboardUrl: string | null
}

/** The runbooks of this project. */
export const RUNBOOKS = 'https://github.com/keybuzzio/keybuzz-version-guard/blob/main/docs/runbooks'

/** The runbook of an alert, by the alert's name. A query in the folder's URL, such as a branch, is kept. */
export function runbookLink({ runbookUrl }: Links, alert: string): string {
  const url = new URL(runbookUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${alert}.md`
  return url.href
}

/** The dashboard of one service; `null`: there is none. What its query already has is kept. */
export function dashboardLink({ dashboardUrl }: Links, { namespace, service }: ServiceIdentity): string | null {
  if (dashboardUrl === null) return null
  const url = new URL(dashboardUrl)
  url.searchParams.set('var-namespace', namespace)
  url.searchParams.set('var-service', service)
  return url.href
}

/** The alert that a finding raises, whose runbook says what to do; `null`: none does. */
export function alertOf(finding: Finding): string | null {
  if (finding.guard === 'version') return VERSION_ALERTS[finding.status]
  if (finding.guard === 'rollout') return ROLLOUT_ALERTS[finding.status] ?? null
  if (finding.guard === 'image-update') return IMAGE_ALERTS[finding.status] ?? null
  const { evidence } = finding
  return evidence.kind === 'helm' && evidence.isStuck ? 'KeyBuzzHelmReleaseStuck' : null
}

const VERSION_ALERTS: Readonly<Record<VersionStatus, string | null>> = {
  ERROR: 'KeyBuzzDebugEndpointDown',
  MISMATCH: 'KeyBuzzVersionMismatch',
  WARNING: 'KeyBuzzGitShaMissing',
  UNKNOWN: null,
  OK: null
}

const ROLLOUT_ALERTS: Readonly<Partial<Record<RolloutState, string>>> = {
  STUCK: 'KeyBuzzRolloutStuck',
  MIXED: 'KeyBuzzMixedVersions'
}

const IMAGE_ALERTS: Readonly<Partial<Record<ImageUpdateStatus, string>>> = {
  DRIFTED: 'KeyBuzzImageDigestDrift',
  UPDATE_AVAILABLE: 'KeyBuzzImageUpdateAvailable'
}

/** The page of one service, from the guard's root; `null`: its name cannot be part of a path. */
export function servicePath({ namespace, service }: ServiceIdentity): string | null {
  // Browsers take these for the folder itself or the one above, however they are escaped (WHATWG URL, section 4.1).
  if ([namespace, service].some(name => name === '.' || name === '..' || name === '')) return null
  return `services/${encodeURIComponent(namespace)}/${encodeURIComponent(service)}`
}
