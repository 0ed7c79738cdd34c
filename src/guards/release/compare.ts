import semver from 'semver'
import { shown } from '../../domain/text.ts'
import { isSameText, namesVersion, withoutV } from '../compare-version.ts'
import { hasSha, isCommitIn } from '../tag-sha.ts'

/** Whether two names of a version agree; `unknown`: they cannot be compared, for this reason. */
export type Comparison =
  | { readonly verdict: 'agrees' | 'differs' }
  | { readonly verdict: 'unknown'; readonly why: string }

const AGREES: Comparison = { verdict: 'agrees' }
const DIFFERS: Comparison = { verdict: 'differs' }

/**
 * Compares by the rules of Semantic Versioning: a leading `v` and build metadata do not count. A `_` or `-` may stand
 * for the `+` that no tag can hold. Two names of a commit agree as far as the shorter SHA goes. Anything else agrees
 * only if the text is the same.
 */
export function compareVersions(declared: string, actual: string): Comparison {
  if (isSameText(declared, actual)) return AGREES
  const [one, other] = [withoutV(declared), withoutV(actual)]
  const [first, second] = [semver.parse(one), semver.parse(other)]
  if (first !== null && second !== null) return semver.eq(first, second) ? AGREES : DIFFERS
  for (const text of [declared, actual]) {
    if (!namesVersion(text)) return unknown(`${shown(text)} names no version`)
  }
  if (isPartOf(one, other) || isPartOf(other, one))
    return unknown(`${shown(declared)} and ${shown(actual)} differ in length`)
  // A commit is not a version, and a version is not a commit.
  const [oneIsSha, otherIsSha] = [first === null && hasSha(declared, null), second === null && hasSha(actual, null)]
  if (oneIsSha !== otherIsSha) return unknown(`${shown(oneIsSha ? declared : actual)} names a commit, not a version`)
  return oneIsSha && (isCommitIn(declared, actual) || isCommitIn(actual, declared)) ? AGREES : DIFFERS
}

// A label has 63 characters at most. Charts cut there, and then drop a hyphen at the end.
const LABEL_LENGTH = 63

/** The same for `app.kubernetes.io/version`, where `_` stands for the `+` that no label may hold. */
export function compareLabel(label: string, tag: string): Comparison {
  const wasTrimmed = label.length === LABEL_LENGTH - 1 && withoutV(tag).startsWith(`${withoutV(label)}-`)
  if (label.length >= LABEL_LENGTH || wasTrimmed) {
    return unknown(`the label app.kubernetes.io/version has ${label.length} characters and may be truncated`)
  }
  return compareVersions(label.replace('_', '+'), tag)
}

/** A chart's name and version from `helm.sh/chart`. */
export interface Chart {
  readonly name: string
  /** Empty: the label does not say, or may be cut. */
  readonly version: string
}

/** Splits at the first hyphen before a version: `seidra-ultimate-0.1.0_build.7` is 0.1.0+build.7 of seidra-ultimate. */
export function splitChart(label: string): Chart {
  const match = /^(.+?)-(v?\d+\.\d+\.\d+.*)$/.exec(label)
  if (match === null) return { name: label, version: '' }
  const [, name = '', version = ''] = match
  return { name, version: label.length >= LABEL_LENGTH - 1 ? '' : version.replace('_', '+') }
}

function unknown(why: string): Comparison {
  return { verdict: 'unknown', why }
}

// A tag 1.4 moves along 1.4.0, 1.4.1 and so on.
function isPartOf(short: string, long: string): boolean {
  return /^\d+(\.\d+)?$/.test(short) && long.startsWith(`${short}.`)
}
