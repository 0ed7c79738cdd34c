import type { parser } from '@prometheus-io/lezer-promql'
import { shown } from '../../domain/text.ts'
import { matches, parseMatchers } from '../live/matchers.ts'
import { isRe2 } from './re2.ts'

type Tree = ReturnType<typeof parser.parse>
type Node = Tree['topNode']

/** In the words of Prometheus. */
type Kind = 'scalar' | 'string' | 'instant vector' | 'range vector'

/** What an expression of this kind is; `null`: what its first operand is. */
const KINDS: Readonly<Record<string, Kind | null>> = {
  NumberDurationLiteral: 'scalar',
  StringLiteral: 'string',
  VectorSelector: 'instant vector',
  AggregateExpr: 'instant vector',
  MatrixSelector: 'range vector',
  SubqueryExpr: 'range vector',
  ParenExpr: null,
  UnaryExpr: null,
  OffsetExpr: null,
  StepInvariantExpr: null,
  AnchoredExpr: null,
  SmoothedExpr: null
}

type Signature = readonly [names: RegExp, takes: readonly Kind[], least?: number, most?: number]

// What functions and aggregations take, and with how many arguments the last kind may be left out or repeated. All others
// take one instant vector.
const SIGNATURES: readonly Signature[] = [
  [/^(?:end|pi|range|start|step|time)$/, []],
  [/^quantile_over_time$/, ['scalar', 'range vector']],
  [/_over_time$|^(?:changes|delta|deriv|idelta|increase|irate|rate|resets)$/, ['range vector']],
  [/^predict_linear$/, ['range vector', 'scalar']],
  [/^(?:double_exponential_smoothing|holt_winters)$/, ['range vector', 'scalar', 'scalar']],
  [/^(?:day_of_\w+|days_in_month|hour|minute|month|year)$/, ['instant vector'], 0],
  [/^round$/, ['instant vector', 'scalar'], 1],
  [/^clamp_m..$/, ['instant vector', 'scalar']],
  [/^clamp$/, ['instant vector', 'scalar', 'scalar']],
  [/^info$/, ['instant vector', 'instant vector'], 1],
  [/^vector$/, ['scalar']],
  [/^(?:bottomk|histogram_quantile|limit_ratio|limitk|quantile|topk)$/, ['scalar', 'instant vector']],
  [/^histogram_fraction$/, ['scalar', 'scalar', 'instant vector']],
  [/^histogram_quantiles$/, ['instant vector', 'string', 'scalar'], 3, Number.POSITIVE_INFINITY],
  [/^label_replace$/, ['instant vector', 'string', 'string', 'string', 'string']],
  [/^label_join$/, ['instant vector', 'string', 'string', 'string'], 3, Number.POSITIVE_INFINITY],
  [/^sort_by_label(?:_desc)?$/, ['instant vector', 'string'], 1, Number.POSITIVE_INFINITY],
  [/^count_values$/, ['string', 'instant vector']]
]
const ONE_VECTOR: Signature = [/^/, ['instant vector']]
const TO_SCALAR = /^(?:end|pi|range|scalar|start|step|time)$/

// By their names in the grammar.
const SETS = /^(?:And|Or|Unless)$/
const COMPARISONS = /^(?:Eql|Gte|Gtr|Lss|Lte|Neq)$/

/**
 * What Prometheus refuses in an expression that its grammar takes; `null`: nothing was found. Kinds and numbers of
 * arguments, operands, selectors of everything, and regular expressions are looked at. Source: promql/parser of Prometheus
 * (`checkAST`, `Functions`).
 */
export function typeFault(expression: string, tree: Tree): string | null {
  const textOf = ({ from, to }: { readonly from: number; readonly to: number }) => expression.slice(from, to)
  let fault: string | null = null
  // For each open node, the kinds of the operands that it has so far: expressions nest too deep for recursion.
  const open: Kind[][] = [[]]
  tree.iterate({
    enter: () => {
      open.push([])
    },
    leave: ({ name, node }) => {
      const operands = open.pop() ?? []
      fault ??= faultOf(node, operands, textOf)
      const kinds = name === 'FunctionCallBody' ? operands : [kindOf(node, operands, textOf)]
      open.at(-1)?.push(...kinds.filter(kind => kind !== null))
    }
  })
  return fault
}

type TextOf = (node: { readonly from: number; readonly to: number }) => string

function kindOf(node: Node, operands: readonly Kind[], textOf: TextOf): Kind | null {
  if (node.name === 'FunctionCall') return TO_SCALAR.test(calledIn(node, textOf)) ? 'scalar' : 'instant vector'
  if (node.name === 'BinaryExpr') return operands.every(kind => kind === 'scalar') ? 'scalar' : 'instant vector'
  const kind = KINDS[node.name]
  return kind === null ? (operands[0] ?? null) : (kind ?? null)
}

/** The name of a function or an aggregation. */
function calledIn(node: Node, textOf: TextOf): string {
  return /^\w*/.exec(textOf(node))?.[0] ?? ''
}

function faultOf(node: Node, operands: readonly Kind[], textOf: TextOf): string | null {
  const head = node.firstChild
  if (head === null) return null
  if (node.name === 'FunctionCall' || node.name === 'AggregateExpr')
    return faultOfCall(calledIn(node, textOf), operands)
  if (node.name === 'BinaryExpr') return faultOfOperator(node, operands, textOf)
  if (node.name === 'VectorSelector') return faultOfSelector(node, textOf)
  if (node.name === 'MatrixSelector' && head.name !== 'VectorSelector')
    return 'a range takes a selector alone before it'
  const [operand] = operands
  if (node.name === 'UnaryExpr' && (operand === 'string' || operand === 'range vector')) {
    return `${textOf(head)} takes no ${operand}`
  }
  return node.name === 'SubqueryExpr' && operand === 'range vector' ? `a subquery takes no ${operand}` : null
}

function faultOfCall(name: string, operands: readonly Kind[]): string | null {
  const signature = SIGNATURES.find(([names]) => names.test(name.toLowerCase())) ?? ONE_VECTOR
  const [, takes, least = takes.length, most = takes.length] = signature
  const count = operands.length
  if (count < least || count > most) {
    const limit = count < least ? least : most
    const about = least === most ? '' : count < least ? 'at least ' : 'at most '
    return `${name} takes ${about}${limit} ${limit === 1 ? 'argument' : 'arguments'}, not ${count}`
  }
  for (const [index, kind] of operands.entries()) {
    const wanted = takes[index] ?? takes.at(-1) ?? kind
    if (kind !== wanted)
      return `${name} takes ${oneOf(wanted)}${count > 1 ? ` as argument ${index + 1}` : ''}, not ${oneOf(kind)}`
  }
  return null
}

function oneOf(kind: Kind): string {
  if (kind === 'range vector') return 'a range vector such as x[5m]'
  return kind === 'instant vector' ? 'an instant vector' : `a ${kind}`
}

function faultOfOperator(node: Node, operands: readonly Kind[], textOf: TextOf): string | null {
  const operator = node.firstChild?.nextSibling
  if (!operator) return null
  const wrong = operands.find(kind => kind === 'string' || kind === 'range vector')
  if (wrong !== undefined) return `${textOf(operator)} takes no ${wrong}`
  if (SETS.test(operator.name) && operands.includes('scalar')) return `${textOf(operator)} takes no scalar`
  const isBool = node.getChild('BoolModifier')?.getChild('Bool')
  const isOfScalars = operands.every(kind => kind === 'scalar')
  return COMPARISONS.test(operator.name) && isOfScalars && !isBool
    ? `${textOf(operator)} between scalars needs bool behind it`
    : null
}

function faultOfSelector(node: Node, textOf: TextOf): string | null {
  const inBraces = node.getChild('LabelMatchers')
  const matchers = inBraces === null ? [] : parseMatchers(textOf(inBraces).slice(1, -1))
  // Too unusual to be read here.
  if (matchers === null) return null
  const broken = matchers.find(({ operator, value }) => operator.endsWith('~') && !isRe2(value))
  if (broken !== undefined) return `"${shown(broken.value)}" is not a regular expression of RE2`
  if (node.getChild('Identifier') !== null || isLabelsOfInfo(node)) return null
  const isOfAll = matchers.every(matcher => matches({}, [matcher]) === true)
  return isOfAll
    ? `${shown(textOf(node))} selects all series there are; it takes a name, or a matcher that empty labels fail`
    : null
}

function isLabelsOfInfo({ parent }: Node): boolean {
  return parent?.parent?.firstChild?.firstChild?.name === 'Info'
}
