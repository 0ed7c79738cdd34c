import { parser } from '@prometheus-io/lezer-promql'
import { shown } from '../../domain/text.ts'
import { typeFault } from './promql-types.ts'

const MOST_CHARACTERS = 20_000

/**
 * What is wrong with an expression, as far as it can be told without Prometheus: its syntax, and most types; `null`:
 * nothing. Source: the grammar of Prometheus' own editor.
 */
export function syntaxFault(expression: string): string | null {
  if (expression.trim() === '') return 'the expression is empty'
  if (expression.length > MOST_CHARACTERS) return `the expression is longer than ${MOST_CHARACTERS} characters`
  // Prometheus 2 has it, but the grammar knows only its newer name.
  const newer = expression.replace(/\bholt_winters(?=\s*\()/g, 'idelta      ')
  const at = firstErrorIn(newer)
  if (at === null) return typeFault(expression, parser.parse(newer))
  const rest = expression.slice(at).trim()
  if (rest === '') return 'the expression is not complete'
  // Rules of Loki have the same form, and often lie beside those of Prometheus.
  const hint = rest.startsWith('|') ? ', as if it were LogQL' : ''
  return `the expression has an error at "${shown(rest.slice(0, 40))}"${hint}`
}

/** Whether a text is label matchers, such as `job="api",env!="dev"`, as they are written between braces. */
export function isSelector(text: string): boolean {
  const expression = `{${text}}`
  if (expression.length > MOST_CHARACTERS || firstErrorIn(expression) !== null) return false
  // Otherwise `job="a"} or {job="b"` would be one.
  const { firstChild, lastChild } = parser.parse(expression).topNode
  return (
    firstChild?.name === 'VectorSelector' &&
    firstChild.to === lastChild?.to &&
    Boolean(firstChild.getChild('LabelMatchers')?.firstChild)
  )
}

/** An expression without its layout: comments, and blanks outside quotes, except one between two words. */
export function squeezed(expr: string): string {
  return expr
    .replace(QUOTED_OR_LAYOUT, (_, text?: string) => text ?? ' ')
    .replace(QUOTED_OR_BLANK, (_, text?: string) => text ?? '')
}

/** A squeezed expression without these label matchers, such as `namespace="shop"`, in all of its selectors. */
export function withoutMatchers(expr: string, matchers: ReadonlySet<string>): string {
  if (matchers.size === 0) return expr
  return expr
    .replace(QUOTED_OR_MATCHER, (whole, _, before?: string, matcher = '') =>
      matchers.has(matcher) ? (before ?? '').replace(',', '') : whole
    )
    .replace(QUOTED_OR_REST, (_, text?: string, brace?: string) => text ?? brace ?? '')
}

const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/.source
const QUOTED_OR_LAYOUT = new RegExp(`(${QUOTED})|(?:\\s|#[^\\n]*)+`, 'g')
// A colon is a part of names.
const QUOTED_OR_BLANK = new RegExp(`(${QUOTED})|(?<![\\w:.]) | (?![\\w:.])`, 'g')

const QUOTED_OR_MATCHER = new RegExp(`(${QUOTED})|([{,])(\\w+=(?:${QUOTED}))(?=[,}])`, 'g')
// What is left of braces that lost their first matcher, or their only one.
const QUOTED_OR_REST = new RegExp(`(${QUOTED})|\\{\\}|(\\{),`, 'g')

const ESCAPE = /\\(?:[abfnrtv\\]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3})/.source
// The grammar lets any character follow a backslash, Prometheus only those that Go escapes: `"\d"` is no text, `"\\d"`
// is one.
const TEXT = new RegExp(`^(?:"(?:[^"\\\\\n]|${ESCAPE}|\\\\")*"|'(?:[^'\\\\\n]|${ESCAPE}|\\\\')*'|\`[^\`]*\`)$`)

function firstErrorIn(expression: string): number | null {
  let at: number | null = null
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError || (type.name === 'StringLiteral' && !TEXT.test(expression.slice(from, to)))) at ??= from
    }
  })
  return at
}
