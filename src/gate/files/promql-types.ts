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

// By their names in the grammar.
const OF_RANGE =
  /^(?:\w+OverTime|Changes|Delta|Deriv|DoubleExponentialSmoothing|Idelta|Increase|Irate|PredictLinear|Rate|Resets)$/
const OF_STRINGS = /^(?:HistogramQuantiles|LabelJoin|LabelReplace|SortByLabel|SortByLabelDesc)$/
const TO_SCALAR = /^(?:EndFn|Pi|Range|Scalar|StartFn|Step|Time)$/
const OF_TWO = /^(?:Bottomk|CountValues|LimitK|LimitRatio|Quantile|Topk)$/
const SETS = /^(?:And|Or|Unless)$/
const COMPARISONS = /^(?:Eql|Gte|Gtr|Lss|Lte|Neq)$/

/**
 * What Prometheus refuses in an expression that its grammar takes; `null`: nothing was found. Ranges, strings and
 * scalars in the wrong place, selectors of everything, and regular expressions are looked at; how many arguments a
 * function takes is not. Source: promql/parser of Prometheus (`checkAST`).
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
      const kinds = name === 'FunctionCallBody' ? operands : [kindOf(node, operands)]
      open.at(-1)?.push(...kinds.filter(kind => kind !== null))
    }
  })
  return fault
}

function kindOf(node: Node, operands: readonly Kind[]): Kind | null {
  if (node.name === 'FunctionCall') return TO_SCALAR.test(functionOf(node)) ? 'scalar' : 'instant vector'
  if (node.name === 'BinaryExpr') return operands.every(kind => kind === 'scalar') ? 'scalar' : 'instant vector'
  const kind = KINDS[node.name]
  return kind === null ? (operands[0] ?? null) : (kind ?? null)
}

function functionOf(node: Node): string {
  return node.firstChild?.firstChild?.name ?? ''
}

function faultOf(node: Node, operands: readonly Kind[], textOf: (node: Node) => string): string | null {
  const head = node.firstChild
  if (head === null) return null
  if (node.name === 'FunctionCall') return faultOfCall(textOf(head), functionOf(node), operands)
  if (node.name === 'AggregateExpr') return faultOfAggregation(textOf(head), functionOf(node), operands)
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

function faultOfCall(name: string, term: string, operands: readonly Kind[]): string | null {
  const ranges = operands.filter(kind => kind === 'range vector').length
  if (OF_RANGE.test(term) && ranges !== 1) return `${name} takes a range vector, such as x[5m]`
  if (!OF_RANGE.test(term) && ranges > 0) return `${name} takes no range vector`
  return operands.includes('string') && !OF_STRINGS.test(term) ? `${name} takes no string` : null
}

function faultOfAggregation(name: string, term: string, operands: readonly Kind[]): string | null {
  const count = OF_TWO.test(term) ? 2 : 1
  const last = operands.at(-1)
  if (operands.length !== count || last === undefined) {
    return `${name} takes ${count} ${count === 1 ? 'argument' : 'arguments'}, not ${operands.length}`
  }
  if (last !== 'instant vector') return `${name} takes an instant vector, not a ${last}`
  const wanted = term === 'CountValues' ? 'string' : 'scalar'
  return count === 2 && operands[0] !== wanted ? `${name} takes a ${wanted} as its first argument` : null
}

function faultOfOperator(node: Node, operands: readonly Kind[], textOf: (node: Node) => string): string | null {
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

function faultOfSelector(node: Node, textOf: (node: Node) => string): string | null {
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
  return parent?.parent != null && functionOf(parent.parent) === 'Info'
}
