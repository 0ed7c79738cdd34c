import type { Finding } from '../domain/finding.ts'
import type { Observed } from '../domain/observation.ts'
import type { DebugReport } from '../domain/probe.ts'
import type { VersionMatch } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import type { DeployedImage } from './deployed-image.ts'

export interface VersionFacts {
  readonly deployed: Observed<DeployedImage>
  /** Unseen messages are words of ours for why the endpoint gave no usable report. */
  readonly reported: Observed<DebugReport>
  readonly versionMatch: VersionMatch
}

/** The version guard: compares what a service says with what is deployed. Pure; every outcome in one place. */
export function judgeVersion({ deployed, reported, versionMatch }: VersionFacts): Finding {
  if (!reported.seen) return { status: 'ERROR', message: `Endpoint error: ${reported.message}` }
  if (!deployed.seen) return { status: 'UNKNOWN', message: `Deployed image unknown: ${deployed.message}` }
  const { image, tag } = deployed.value
  if (tag === null) {
    return { status: 'UNKNOWN', message: `Deployed image unknown: ${shown(image)} has no tag to compare` }
  }
  const { version, gitSha } = reported.value
  if (!isSameVersion(version, tag, versionMatch)) {
    return {
      status: 'MISMATCH',
      message: `UI version (${shown(version)}) does not match deployed image tag (${shown(tag)})`
    }
  }
  if (gitSha === null) return { status: 'WARNING', message: 'Git SHA missing in UI response' }
  return { status: 'OK', message: 'Version consistency OK' }
}

/** For the time before a target's first probe has ended: nothing is known, so nothing is judged. */
export const NOT_CHECKED_YET: Finding = { status: 'UNKNOWN', message: 'Not checked yet' }

function isSameVersion(version: string, tag: string, match: VersionMatch): boolean {
  return match === 'exact' ? version === tag : bareVersion(version) === bareVersion(tag)
}

// Equality needs no parser: two versions in Semantic Versioning are equal when they are the same text without the
// leading v and the build metadata, and tags that are not quite semver (v1.4, 2024.1) get the same treatment.
function bareVersion(text: string): string {
  return text.replace(/^v(?=\d)/i, '').replace(/\+.*$/s, '')
}
