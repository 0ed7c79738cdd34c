/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string
  /** Names in lower case. Where a name comes twice, the first value counts. */
  readonly parameters: ReadonlyMap<string, string>
}

// RFC 9110 sections 5.6.2 and 5.6.4; each match starts where the last one ended.
const SEPARATORS = /[\s,]*/y
const TOKEN = /[!#$%&'*+.^_`|~\w-]+/y
const PARAMETER = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y

const LONGEST_HEADER = 8 * 1024

/**
 * Reads the challenges of a `WWW-Authenticate` header. One header can hold several challenges, and the header can come
 * several times. Stops at the first syntax error. Source: RFC 9110 section 11.6.1.
 */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  const text = [header ?? []].flat().join(', ').slice(0, LONGEST_HEADER)
  const challenges: Challenge[] = []
  let parameters = new Map<string, string>()
  let at = 0
  const match = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at
    const found = expression.exec(text)
    at += found?.[0].length ?? 0
    return found
  }
  while (at < text.length) {
    match(SEPARATORS)
    const parameter = match(PARAMETER)
    if (parameter !== null) {
      const [, name = '', quoted, plain = ''] = parameter
      const key = name.toLowerCase()
      if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/gs, '$1') ?? plain)
      continue
    }
    const scheme = match(TOKEN)
    if (scheme === null) break
    parameters = new Map()
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters })
  }
  return challenges
}
