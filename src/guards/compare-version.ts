import { VERSION_STATUSES, type VersionFinding } from '../domain/finding.ts'
import type { DebugReport } from '../domain/probe.ts'
import type { VersionMatch } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { agreesWithSha, hasSha } from './tag-sha.ts'

export type Outcome = Pick<VersionFinding, 'status' | 'message' | 'severity' | 'evidence'>

/** For sorting. */
export function worstFirst(a: Outcome, b: Outcome): number {
  return VERSION_STATUSES.indexOf(a.status) - VERSION_STATUSES.indexOf(b.status)
}

/** How one report compares with the deployed tag. */
export function compare(report: DebugReport, tag: string, match: VersionMatch): Outcome {
  const { version, gitSha } = report
  if (match === 'git-sha') return compareSha(gitSha, tag)
  if (version === null || !isSameVersion(version, tag, match)) {
    if (!namesVersion(tag)) return unknown(`the tag ${shown(tag)} names no version: deploy a tag that does`)
    const hint = hasSha(tag, gitSha) ? '; the tag holds a git SHA: set version-match to git-sha' : ''
    return mismatch(`UI version (${shown(version ?? '')}) does not match deployed image tag (${shown(tag)})${hint}`)
  }
  return gitSha === null ? SHA_MISSING : CONSISTENT
}

function compareSha(gitSha: string | null, tag: string): Outcome {
  const agrees = agreesWithSha(tag, gitSha ?? '')
  if (agrees === null) return unknown(`the tag ${shown(tag)} holds no git SHA: deploy a tag that does`)
  if (gitSha === null) return { ...SHA_MISSING, evidence: NOT_COMPARED }
  return agrees
    ? CONSISTENT
    : mismatch(`UI git SHA (${shown(gitSha)}) does not match deployed image tag (${shown(tag)})`)
}

const NOT_COMPARED = { isConsistent: null, pods: null }

/** For the time before a first probe has ended: nothing is known, so nothing is judged. */
export const NOT_CHECKED_YET: Outcome = {
  status: 'UNKNOWN',
  severity: 'unknown',
  message: 'Not checked yet',
  evidence: NOT_COMPARED
}

const CONSISTENT: Outcome = {
  status: 'OK',
  severity: 'ok',
  message: 'Version consistency OK',
  evidence: { isConsistent: true, pods: null }
}
const SHA_MISSING: Outcome = {
  status: 'WARNING',
  severity: 'warning',
  message: 'Git SHA missing in UI response',
  evidence: { isConsistent: true, pods: null }
}

export function error(message: string): Outcome {
  return { status: 'ERROR', severity: 'critical', message: `Endpoint error: ${message}`, evidence: NOT_COMPARED }
}

export function mismatch(message: string): Outcome {
  return { status: 'MISMATCH', severity: 'warning', message, evidence: { isConsistent: false, pods: null } }
}

export function unknown(why: string): Outcome {
  return cannotTell(`Deployed image unknown: ${why}`)
}

export function cannotTell(message: string): Outcome {
  return { status: 'UNKNOWN', severity: 'unknown', message, evidence: NOT_COMPARED }
}

// Equality needs no parser: two versions in Semantic Versioning are equal when they are the same text without the
// leading v and the build metadata, and tags that are not quite semver (v1.4, 2024.1) get the same treatment.
export function isSameVersion(version: string, tag: string, match: VersionMatch): boolean {
  if (version === tag || match !== 'semver') return version === tag
  return isSameText(version, tag) || bareVersion(version) === bareVersion(tag.replace('_', '+'))
}

/**
 * Whether two texts are the same but for a leading `v`, or for the `+` before build metadata. No tag can hold one: Helm
 * writes `_` in its place, docker/metadata-action and k3s write `-`, and what was made from the tag has it as well.
 */
export function isSameText(one: string, other: string): boolean {
  const [a, b] = [withoutV(one), withoutV(other)]
  return inTags(a).includes(b) || inTags(b).includes(a)
}

function inTags(version: string): readonly string[] {
  return [version, version.replace('+', '_'), version.replace('+', '-')]
}

/** Without what makes no difference under `semver`: a leading `v` and build metadata. */
export function bareVersion(text: string): string {
  return withoutV(text).replace(/\+.*$/s, '')
}

/** False for a tag such as `latest` or `main`, which moves from version to version and so contradicts none. */
export function namesVersion(text: string): boolean {
  return /\d/.test(text)
}

export function withoutV(text: string): string {
  return text.replace(/^v(?=\d)/i, '')
}
