import type { DebugReport } from '../domain/probe.ts'
import type { VersionMatch } from '../domain/target.ts'
import { bareVersion } from './compare-version.ts'
import { bareSha } from './tag-sha.ts'

/**
 * What each report says, as a text; reports that say the same have the same text. They are compared as the target's
 * versions are: by the commit alone under `git-sha`. A short SHA counts as the longest one that begins with it. A
 * report without a SHA differs from one that has one.
 */
export function sayingsOf(reports: readonly DebugReport[], match: VersionMatch): readonly string[] {
  const shas = reports.map(({ gitSha }) => bareSha(gitSha ?? ''))
  const longestFirst = [...new Set(shas)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
  return reports.map(({ version }, place) => {
    const sha = shas[place] ?? ''
    const whole = sha === '' ? '' : longestFirst.find(other => other.startsWith(sha))
    return `${versionIn(version ?? '', match)}\n${whole}`
  })
}

function versionIn(version: string, match: VersionMatch): string {
  if (match === 'git-sha') return ''
  return match === 'semver' ? bareVersion(version) : version
}
