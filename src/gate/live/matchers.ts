const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', '"': '"', "'": "'", n: '\n', t: '\t' }

/** One matcher of labels, such as `job="api"`. */
export interface Matcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

const MATCHER = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*(?:,|$)/y

/** Reads matchers as they stand between the braces of a selector; `null`: they are too unusual to be read here. */
export function parseMatchers(selector: string): readonly Matcher[] | null {
  const text = selector.trim()
  const found: Matcher[] = []
  MATCHER.lastIndex = 0
  while (MATCHER.lastIndex < text.length) {
    const match = MATCHER.exec(text)
    if (match === null) return null
    const [, label = '', operator = '', quoted = ''] = match
    const value = unquoted(quoted)
    if (value === null || !isOperator(operator)) return null
    found.push({ label, operator, value })
  }
  return found
}

/** Whether labels match; `null`: one has a regular expression that cannot be tried here. */
export function matches(labels: Readonly<Record<string, string>>, matchers: readonly Matcher[]): boolean | null {
  let all: boolean | null = true
  for (const { label, operator, value } of matchers) {
    const actual = labels[label] ?? ''
    const isRegular = operator.endsWith('~')
    const pattern = isRegular ? regularExpression(value) : null
    if (isRegular && pattern === null) {
      all = null
      continue
    }
    const isSame = pattern === null ? actual === value : pattern.test(actual)
    if (isSame === operator.startsWith('!')) return false
  }
  return all
}

function isOperator(text: string): text is Matcher['operator'] {
  return ['=', '!=', '=~', '!~'].includes(text)
}

function unquoted(text: string): string | null {
  if (text.startsWith('`')) return text.slice(1, -1)
  const inner = text.slice(1, -1)
  const escapes = [...inner.matchAll(/\\(.)/g)].map(([, character = '']) => character)
  // Go has more of them, which are rare in labels.
  if (escapes.some(character => ESCAPES[character] === undefined)) return null
  return inner.replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character)
}

// Prometheus' expressions (RE2) are anchored. The user wrote them, so they may cost what they cost.
function regularExpression(value: string): RegExp | null {
  // JavaScript reads these as letters.
  if (/\\[ACQpPz]|\\x\{|\[:/.test(value)) return null
  try {
    return new RegExp(`^(?:${value})$`, 's')
  } catch {
    return null
  }
}
