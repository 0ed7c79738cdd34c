// Rules are written to have no answer while all is well. Their parts have an answer all the time.

interface Operand {
  /** What joins it to the one before: `and`, `unless`, a comparison; empty for the first. */
  readonly operator: string
  readonly text: string
}

const OPERATOR = /^(?:and\b|or\b|unless\b|[<>=!]=|[<>])(?:\s*(?:on|group_left)\s*\([^)]*\))*/
const CALL = /^\w+(?:\s+by\s*\([^)]*\))?\s*\(/
const SUBQUERY = /\)\s*\[\w+:\w+\]$/

/** The pieces of an expression that have an answer on a fleet that is watched: nothing compared, nothing taken away. */
export function answeredPartsOf(expression: string): readonly string[] {
  const text = unwrapped(expression.trim())
  const operands = operandsOf(text)
  if (operands.length > 1) return operands.flatMap(operand => answeredPartsOf(operand.text))
  if (/^\d+$/.test(text)) return []
  const inner = innerOf(text)
  const joined = operandsOf(inner ?? '')
  if (inner === undefined || (joined.length === 1 && !/\b(?:and|or|unless)\b|[<>=]=|[<>] \d/.test(inner))) {
    return text.startsWith('absent(') ? answeredPartsOf(inner ?? '') : [text]
  }
  const isJoin = joined.some(({ operator }) => /^(?:and|unless)\b/.test(operator))
  const kept = joined.filter(({ operator }) => !/^unless\b/.test(operator)).map(part => `${part.operator} ${part.text}`)
  return [...(isJoin ? [text.replace(inner, () => kept.join(' '))] : []), ...answeredPartsOf(inner)]
}

function operandsOf(text: string): readonly Operand[] {
  const operands: Operand[] = []
  let depth = 0
  let operator = ''
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    if ('({['.includes(text.charAt(at))) depth += 1
    if (')}]'.includes(text.charAt(at))) depth -= 1
    const found = depth === 0 && /[\s)]/.test(text.charAt(at - 1)) ? OPERATOR.exec(text.slice(at))?.[0] : undefined
    if (found === undefined) continue
    operands.push({ operator, text: text.slice(start, at).trim() })
    operator = found
    start = at + found.length
    at = start - 1
  }
  return [...operands, { operator, text: text.slice(start).trim() }]
}

/** The arguments of a call, if the whole text is one call. */
function innerOf(text: string): string | undefined {
  const head = CALL.exec(text)?.[0]
  if (head === undefined || closingOf(text, head.length - 1) !== text.length - 1) return undefined
  return text.slice(head.length, -1).trim()
}

function unwrapped(text: string): string {
  if (SUBQUERY.test(text)) return unwrapped(text.replace(/\s*\[\w+:\w+\]$/, ''))
  return text.startsWith('(') && closingOf(text, 0) === text.length - 1 ? unwrapped(text.slice(1, -1).trim()) : text
}

function closingOf(text: string, opening: number): number {
  let depth = 0
  for (let at = opening; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1
    if (text[at] === ')') depth -= 1
    if (depth === 0) return at
  }
  return -1
}
