import type { DebugReport } from '../domain/probe.ts'
import type { VersionMatch } from '../domain/target.ts'
import { bareVersion } from './compare-version.ts'
import { bareSha } from './tag-sha.ts'

/**
 * What each of these reports says, as a text that is the same for those that say the same as the target's versions are
 * compared: by the commit alone under `git-sha`. A short SHA is the longest of them that it begins. A report without a
 * SHA says something else than one that has it.
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
