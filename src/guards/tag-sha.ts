// As Git abbreviates, and as SHA-256 repositories write in full.
const SHA = /^(?:g|git|sha)?([0-9a-f]{7,64})$/i
// A date, with or without a time of day after it. One commit in a hundred thousand looks like one.
const DATE = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d\d){0,3}$/

/**
 * The git SHAs that a tag may hold: alone, or as one of its parts, as in `main-0123456`, `sha-0123456` and the
 * `v1.2.3-4-g0123456` of `git describe`. A date is a part of the same form, so there may be more than one.
 */
function shasIn(tag: string): readonly string[] {
  return tag
    .split(/[^0-9a-z]+/i)
    .map(part => SHA.exec(part)?.[1]?.toLowerCase())
    .filter(sha => sha !== undefined)
}

/** Whether one begins with the other; `null`: the tag holds no SHA, or only a date. An empty SHA agrees with none. */
export function agreesWithSha(tag: string, gitSha: string): boolean | null {
  const shas = shasIn(tag)
  const reported = bareSha(gitSha)
  if (reported !== '' && shas.some(sha => sha.startsWith(reported) || reported.startsWith(sha))) return true
  return shas.every(sha => DATE.test(sha)) ? null : false
}

/** Whether a tag was made from a commit: it agrees with the reported SHA, or can hardly be anything else. */
export function hasSha(tag: string, gitSha: string | null): boolean {
  return agreesWithSha(tag, gitSha ?? '') === true || shasIn(tag).some(sha => /\d/.test(sha) && /[a-f]/.test(sha))
}

const SHA_ALONE = /^(?:(?:g|git|sha)[-_]?)?([0-9a-f]{7,64})$/i

/** Whether a name is a git SHA and nothing else, such as `sha-0123456`, and the tag holds it, as far as the shorter one goes. */
export function isCommitIn(tag: string, name: string): boolean {
  const [, sha = ''] = SHA_ALONE.exec(name) ?? []
  return agreesWithSha(tag, sha) === true
}

/** Whether two git SHAs begin alike, as far as the shorter one goes. */
export function isSameSha(one: string, other: string): boolean {
  const [a, b] = [bareSha(one), bareSha(other)]
  return a.startsWith(b) || b.startsWith(a)
}

/** A git SHA to compare, without the suffix of a build from a work tree with changes. */
export function bareSha(gitSha: string): string {
  return gitSha.replace(/-dirty$/i, '').toLowerCase()
}
