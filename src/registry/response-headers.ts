/** A header of a response: one that came several times has its values in a list; `undefined`: it did not come. */
export type HeaderValue = string | readonly string[] | undefined

// A header beyond this is hostile.
const LONGEST_HEADER = 8 * 1024

/** The only value of a header, or the first of several. */
export function firstValue(header: HeaderValue): string | undefined {
  return [header ?? []].flat()[0]
}

// RFC 9110 section 5.3: several values of a list are one list.
function wholeList(header: HeaderValue): string {
  return [header ?? []].flat().join(', ').slice(0, LONGEST_HEADER)
}

/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string
  /** Names in lower case. If a name comes twice, the first value counts. */
  readonly parameters: ReadonlyMap<string, string>
}

// RFC 9110 sections 5.6.2, 5.6.4 and 11.2; each match starts where the last one ended.
const SEPARATORS = /[\s,]*/y
const TOKEN = /[!#$%&'*+.^_`|~\w-]+/y
const CHALLENGE_PARAMETER = /([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/y
// What a scheme may have in place of parameters, such as the ticket of Negotiate. It ends at a comma; a parameter goes
// on.
const TOKEN_68 = /[ \t]+[\w.~+/-]+=*(?=[ \t]*(?:,|$))/y

/**
 * Reads the challenges of a `WWW-Authenticate` header. One header can hold several challenges, and the header can come
 * several times. Stops at the first syntax error. Source: RFC 9110 section 11.6.1.
 */
export function parseChallenges(header: HeaderValue): readonly Challenge[] {
  const text = wholeList(header)
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
    const parameter = match(CHALLENGE_PARAMETER)
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
    match(TOKEN_68)
  }
  return challenges
}

// `<reference>` and its parameters, up to the next comma outside quotes.
const LINK = /<([^<>]*)>((?:[^,"]|"(?:[^"\\]|\\.)*")*)/g
const LINK_PARAMETER = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))/g

/**
 * The reference to the next page in a `Link` header, unchanged; `null`: there is none. The header can hold several
 * links, and `rel` several relations, quoted or not. Source: RFC 8288.
 */
export function nextLink(header: HeaderValue): string | null {
  const text = wholeList(header)
  for (const [, reference = '', parameters = ''] of text.matchAll(LINK)) {
    for (const [, name = '', quoted, plain = ''] of parameters.matchAll(LINK_PARAMETER)) {
      const relations = (quoted ?? plain).toLowerCase().split(/\s+/)
      if (name.toLowerCase() === 'rel' && relations.includes('next')) return reference.trim()
    }
  }
  return null
}

const LEAST_MS = 1000
const MOST_MS = 3_600_000
// A number this large is a Unix time, which Docker Hub sends in place of a number of seconds.
const UNIX_TIME = 1_000_000_000
const HTTP_DATE = /^[A-Z][a-z]+,? .*\d{2}:\d{2}:\d{2}/

/**
 * How long a `Retry-After` header asks to wait, in milliseconds, clamped to one second to one hour; `null`: it does not
 * say. The header is a number of seconds, an HTTP date, or a Unix time. Source: RFC 9110 section 10.2.3;
 * docker/hub-feedback#2459.
 */
export function retryAfterMs(header: HeaderValue, now: number): number | null {
  const wait = askedMs(firstValue(header)?.trim() ?? '', now)
  return wait === null ? null : Math.min(MOST_MS, Math.max(LEAST_MS, wait))
}

function askedMs(text: string, now: number): number | null {
  if (/^\d+(?:\.\d+)?$/.test(text)) {
    const seconds = Number(text)
    return seconds < UNIX_TIME ? seconds * 1000 : seconds * 1000 - now
  }
  // `Date.parse` alone accepts almost anything: `1.5.2026`, `-5`.
  const time = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? null : time - now
}

/**
 * How many pulls are left, from a `ratelimit-remaining` header such as `76;w=21600`; `null`: it does not say. Docker
 * Hub sometimes leaves the number out (`;w=21600`).
 */
export function pullsLeft(header: HeaderValue): number | null {
  const count = /^\s*(\d{1,9})\s*(?:;|$)/.exec(firstValue(header) ?? '')?.[1]
  return count === undefined ? null : Number(count)
}
