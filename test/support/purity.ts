import {
  firstIn,
  isDeclared,
  isEmpty,
  isModule,
  isNode,
  listOf,
  type Node,
  nameOf,
  type Place,
  partsOf,
  type Scopes
} from './source-code.ts'

// Any global that is not listed here may tell the time, wait, roll dice, ask the network or run a text as code.
const PURE_GLOBALS: ReadonlySet<string> = new Set(
  'undefined NaN Infinity Array BigInt Boolean Error JSON Map Number Object Reflect RegExp Set String Symbol URL URLSearchParams decodeURIComponent encodeURIComponent'.split(
    ' '
  )
)
// Those that newer versions of Node have, or other kinds of modules.
const OTHER_GLOBALS: ReadonlySet<string> = new Set(
  'Temporal XMLHttpRequest localStorage require module exports'.split(' ')
)
const MUTATORS =
  /^(?:add|append|assign|clear|copyWithin|define\w+|delete|fill|pop|push|reverse|set|setPrototypeOf|shift|sort|splice|unshift)$/
// Classes whose instances are made to be filled, unlike what a package or a function of ours makes.
const COLLECTION = /^(?:\[\]|\{\}|new (?:Array|Map|Set|WeakMap|WeakSet))$/
// Their results depend on the machine's time zone and language.
const OF_THE_MACHINE =
  /^(?:get(?:Date|Day|FullYear|Hours|Milliseconds|Minutes|Month|Seconds|TimezoneOffset)|localeCompare|to(?:Date|Time)String|toLocale(?:Date|Time)?String)$/

/** The first thing by which a source knows more than its arguments, or remembers anything; `null`: it is pure. */
export function impurityOf(source: string): string | null {
  return firstIn(source, impurityAt)
}

/** The first thing that a module remembers from one call to the next; `null`: nothing that its text shows. */
export function stateOf(source: string): string | null {
  return firstIn(source, stateAt)
}

function impurityAt(place: Place): string | null {
  const { node, scopes, parent } = place
  switch (node.type) {
    case 'Identifier':
      return impureGlobal(place)
    case 'ImportExpression':
      return 'import('
    case 'MetaProperty':
      return 'import.meta'
    case 'AwaitExpression':
      return 'await'
    case 'ImportDeclaration':
      return isEmpty(node.specifiers) ? "import '" : null
    case 'Literal':
      return node.value === 'constructor' ? 'constructor' : null
    case 'MemberExpression':
      return impureMember(nameOf(node.property))
    case 'Property':
      return parent?.type === 'ObjectPattern' ? impureMember(nameOf(node.key)) : null
    case 'PropertyDefinition':
      return node.static === true ? 'static' : null
    case 'VariableDeclaration':
      return isModule(scopes) ? moduleState(node, /./) : null
    case 'ExpressionStatement':
      return isModule(scopes) && node.directive == null ? 'a statement of the module' : null
    default:
      return node.async === true ? 'async' : node.await === true ? 'await' : stateAt(place)
  }
}

function stateAt({ node, scopes }: Place): string | null {
  switch (node.type) {
    case 'VariableDeclaration':
      return isModule(scopes) ? moduleState(node, COLLECTION) : null
    case 'AssignmentExpression':
    case 'ForInStatement':
    case 'ForOfStatement':
      return writesTo(node.left, scopes)
    case 'UpdateExpression':
      return writesTo(node.argument, scopes)
    case 'UnaryExpression':
      return node.operator === 'delete' ? writesTo(node.argument, scopes) : null
    case 'CallExpression':
      return mutates(node, scopes)
    default:
      return null
  }
}

function impureGlobal({ node, scopes, parent }: Place): string | null {
  const name = String(node.name)
  const isGlobal = name in globalThis || OTHER_GLOBALS.has(name)
  if (!isGlobal || PURE_GLOBALS.has(name) || isDeclared(name, scopes)) return null
  const member = parent?.type === 'MemberExpression' && parent.object === node ? parent : null
  if (name === 'Math' && member?.computed === true) return 'Math['
  if (name === 'Math' && member !== null) return nameOf(member.property) === 'random' ? 'Math.random' : null
  if (name === 'Date' && member?.computed === false && /^(?:parse|UTC)$/.test(nameOf(member.property))) return null
  // Without an argument it reads the clock, and a spread argument may be empty.
  const [first] = parent?.type === 'NewExpression' && parent.callee === node ? listOf(parent.arguments) : []
  if (name === 'Date' && first !== undefined && first.type !== 'SpreadElement') return null
  return name
}

function impureMember(name: string): string | null {
  return name === 'constructor' || OF_THE_MACHINE.test(name) ? name : null
}

/** A variable, or what is made of something that may change: of `suspect`. */
function moduleState({ kind, declarations }: Node, suspect: RegExp): string | null {
  if (kind !== 'const') return String(kind)
  for (const { id, init } of listOf(declarations)) {
    const made = isNode(init) ? madeBy(init) : null
    if (made !== null && suspect.test(made) && !isReadonly(isNode(id) ? id.typeAnnotation : null)) return made
  }
  return null
}

function madeBy(init: Node): string | null {
  if (init.type === 'TSAsExpression' && isNode(init.typeAnnotation)) {
    const { typeName } = init.typeAnnotation
    return nameOf(typeName) === 'const' || !isNode(init.expression) ? null : madeBy(init.expression)
  }
  if (init.type === 'NewExpression') return nameOf(init.callee) === 'RegExp' ? null : `new ${nameOf(init.callee)}`
  if (init.type === 'ArrayExpression') return isEmpty(init.elements) ? '[]' : '['
  if (init.type === 'ObjectExpression' && isEmpty(init.properties)) return '{}'
  if (init.type !== 'CallExpression' || !isNode(init.callee)) return null
  return init.callee.type === 'MemberExpression' ? null : `${nameOf(init.callee) || 'a function'}()`
}

function isReadonly(annotation: unknown): boolean {
  const type = isNode(annotation) && isNode(annotation.typeAnnotation) ? annotation.typeAnnotation : null
  if (type?.type === 'TSTypeOperator') return type.operator === 'readonly'
  return type !== null && /^Readonly/.test(nameOf(type.typeName))
}

/** What is written to through a name that the module declares, imports, or finds. */
function writesTo(target: unknown, scopes: Scopes): string | null {
  if (!isNode(target)) return null
  // `lastIndex` of a regular expression is set before each use, so nothing is remembered.
  if (target.type === 'MemberExpression' && nameOf(target.property) === 'lastIndex') return null
  const root = rootOf(target)
  if (root.type === 'Identifier') {
    return isDeclared(nameOf(root), scopes.slice(0, -1)) ? null : `a change of ${root.name}`
  }
  return (
    partsOf(root)
      .map(part => writesTo(part, scopes))
      .find(found => found !== null) ?? null
  )
}

/** `NAMES.push(name)`, and `Object.assign(NAMES, …)`. */
function mutates({ callee, arguments: given }: Node, scopes: Scopes): string | null {
  if (!isNode(callee) || callee.type !== 'MemberExpression' || !MUTATORS.test(nameOf(callee.property))) return null
  return writesTo(/^(?:Object|Reflect)$/.test(nameOf(callee.object)) ? listOf(given)[0] : callee.object, scopes)
}

function rootOf(target: Node): Node {
  const inner = target.type === 'MemberExpression' ? target.object : target.expression
  return isNode(inner) ? rootOf(inner) : target
}
