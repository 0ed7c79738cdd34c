import { parseAst } from 'rolldown/parseAst'

/** A node of an ESTree, with what TypeScript adds. */
interface Node {
  readonly type: string
  readonly [field: string]: unknown
}

/** The names that a block, a function or the module declares; the innermost comes first. */
type Scopes = readonly ReadonlySet<string>[]

// Whatever is not here may tell the time, wait, roll dice, ask the network or run a text as code.
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
// What these give depends on the machine's time zone and language.
const OF_THE_MACHINE =
  /^(?:get(?:Date|Day|FullYear|Hours|Milliseconds|Minutes|Month|Seconds|TimezoneOffset)|localeCompare|to(?:Date|Time)String|toLocale(?:Date|Time)?String)$/
const EXPRESSIONS_WITH_TYPES =
  /^TS(?:As|Satisfies|NonNull|Instantiation)Expression$|^TSTypeAssertion$|^TSParameterProperty$/
const SCOPES = /^(?:Program|BlockStatement|StaticBlock|CatchClause|SwitchStatement|For\w*Statement|Class\w*)$|Function/

/** The modules that a source names, once for each time: imports, exports, types, and `import(…)` with a plain text. */
export function importsOf(source: string): string[] {
  const names: string[] = []
  const collect = (node: Node): void => {
    if (/^(?:Import|Export|TSImport)/.test(node.type) && isNode(node.source)) names.push(String(node.source.value))
    for (const child of childrenOf(node)) collect(child)
  }
  collect(parse(source))
  return names
}

/** The first thing by which a source knows more than its arguments, or remembers anything; `null`: it is pure. */
export function impurityOf(source: string): string | null {
  return firstIn(parse(source), [], null)
}

function firstIn(node: Node, outer: Scopes, parent: Node | null): string | null {
  const scopes = SCOPES.test(node.type) ? [namesIn(node), ...outer] : outer
  for (const child of childrenOf(node)) {
    if (isTypeOnly(child) || isMereName(child, node)) continue
    const inChild = firstIn(child, scopes, node)
    if (inChild !== null) return inChild
  }
  return impurityAt(node, scopes, parent)
}

function impurityAt(node: Node, scopes: Scopes, parent: Node | null): string | null {
  switch (node.type) {
    case 'Identifier':
      return impureGlobal(node, scopes, parent)
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
      return isModule(scopes) ? moduleState(node) : null
    case 'ExpressionStatement':
      return isModule(scopes) && node.directive == null ? 'a statement of the module' : null
    case 'AssignmentExpression':
      return writesTo(node.left, scopes)
    case 'ForInStatement':
    case 'ForOfStatement':
      return node.await === true ? 'await' : writesTo(node.left, scopes)
    case 'UpdateExpression':
      return writesTo(node.argument, scopes)
    case 'UnaryExpression':
      return node.operator === 'delete' ? writesTo(node.argument, scopes) : null
    case 'CallExpression':
      return mutates(node, scopes)
    default:
      return node.async === true ? 'async' : null
  }
}

function impureGlobal(node: Node, scopes: Scopes, parent: Node | null): string | null {
  const name = String(node.name)
  const isGlobal = name in globalThis || OTHER_GLOBALS.has(name)
  if (!isGlobal || PURE_GLOBALS.has(name) || scopes.some(names => names.has(name))) return null
  const member = parent?.type === 'MemberExpression' && parent.object === node ? parent : null
  if (name === 'Math' && member?.computed === true) return 'Math['
  if (name === 'Math' && member !== null) return nameOf(member.property) === 'random' ? 'Math.random' : null
  if (name === 'Date' && member?.computed === false && /^(?:parse|UTC)$/.test(nameOf(member.property))) return null
  // Without an argument it is the clock, and a spread one may be none.
  const [first] = parent?.type === 'NewExpression' && parent.callee === node ? listOf(parent.arguments) : []
  if (name === 'Date' && first !== undefined && first.type !== 'SpreadElement') return null
  return name
}

function impureMember(name: string): string | null {
  return name === 'constructor' || OF_THE_MACHINE.test(name) ? name : null
}

/** What a module remembers from one call to the next: a variable, a collection, or what a function closes over. */
function moduleState({ kind, declarations }: Node): string | null {
  if (kind !== 'const') return String(kind)
  for (const { id, init } of listOf(declarations)) {
    const made = isNode(init) ? madeBy(init) : null
    if (made !== null && !isReadonly(isNode(id) ? id.typeAnnotation : null)) return made
  }
  return null
}

function madeBy(init: Node): string | null {
  if (init.type === 'TSAsExpression' && isNode(init.typeAnnotation)) {
    const { typeName } = init.typeAnnotation
    return nameOf(typeName) === 'const' || !isNode(init.expression) ? null : madeBy(init.expression)
  }
  if (init.type === 'NewExpression') return nameOf(init.callee) === 'RegExp' ? null : `new ${nameOf(init.callee)}`
  if (init.type === 'ArrayExpression') return '['
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
  const root = rootOf(target)
  if (root.type === 'Identifier') {
    const isLocal = scopes.slice(0, -1).some(names => names.has(String(root.name)))
    return isLocal ? null : `a change of ${root.name}`
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

function isModule(scopes: Scopes): boolean {
  return scopes.length === 1
}

/** What a scope declares, without what the scopes within it do. */
function namesIn(scope: Node): ReadonlySet<string> {
  const names = new Set<string>()
  const collect = (node: Node): void => {
    const { type } = node
    if (node.declare === true || isTypeOnly(node)) return
    if (type === 'VariableDeclarator') addPattern(node.id, names)
    if (/^Import\w*Specifier$/.test(type)) addPattern(node.local, names)
    if (node !== scope && /^(?:Function|Class)Declaration$/.test(type)) addPattern(node.id, names)
    if (node !== scope && SCOPES.test(type)) return
    for (const child of childrenOf(node)) collect(child)
  }
  collect(scope)
  for (const pattern of [scope.param, ...listOf(scope.params)]) addPattern(pattern, names)
  if (scope.type.endsWith('Expression')) addPattern(scope.id, names)
  return names
}

function addPattern(pattern: unknown, names: Set<string>): void {
  if (!isNode(pattern)) return
  if (pattern.type === 'Identifier') names.add(String(pattern.name))
  for (const part of partsOf(pattern)) addPattern(part, names)
}

/** What `{ a, b: [c, ...d] = [] }` binds: the parts of a pattern, without keys and defaults. */
function partsOf({ type, left, argument, value, properties, elements }: Node): Node[] {
  if (type === 'AssignmentPattern') return [left].filter(isNode)
  if (type === 'RestElement') return [argument].filter(isNode)
  if (type === 'Property') return [value].filter(isNode)
  return /Pattern$/.test(type) ? [...listOf(properties), ...listOf(elements)] : []
}

function isTypeOnly({ type }: Node): boolean {
  return type.startsWith('TS') && !EXPRESSIONS_WITH_TYPES.test(type)
}

/** A name that is no reference: of a member, a key, a label, or in another module. */
function isMereName(child: Node, parent: Node): boolean {
  if (child.type !== 'Identifier') return false
  if (parent.type === 'MemberExpression') return child === parent.property && parent.computed === false
  if (/^(?:Property|MethodDefinition|PropertyDefinition)$/.test(parent.type)) {
    return child === parent.key && parent.computed === false
  }
  return /^(?:Import|Export)\w*(?:Specifier|Declaration)$|^(?:Labeled|Break|Continue)Statement$|^MetaProperty$/.test(
    parent.type
  )
}

function nameOf(node: unknown): string {
  if (!isNode(node)) return ''
  return node.type === 'Literal' ? String(node.value) : String(node.name ?? '')
}

function parse(source: string): Node {
  return parseAst(source, { lang: 'ts' }) as unknown as Node
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flat().filter(isNode)
}

function listOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : []
}

function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
