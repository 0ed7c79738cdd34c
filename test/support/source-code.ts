import { parseAst } from 'rolldown/parseAst'

/** A node of an ESTree, with what TypeScript adds. */
export interface Node {
  readonly type: string
  readonly [field: string]: unknown
}

/** The names that a block, a function or the module declares; the innermost comes first. */
export type Scopes = readonly ReadonlySet<string>[]

const EXPRESSIONS_WITH_TYPES =
  /^TS(?:As|Satisfies|NonNull|Instantiation)Expression$|^TSTypeAssertion$|^TSParameterProperty$/
const SCOPES = /^(?:Program|BlockStatement|StaticBlock|CatchClause|SwitchStatement|For\w*Statement|Class\w*)$|Function/

/** The modules that a source names, with repeats: imports, exports, types, and `import(…)` with a plain text. */
export function importsOf(source: string): string[] {
  const names: string[] = []
  const collect = (node: Node): void => {
    if (/^(?:Import|Export|TSImport)/.test(node.type) && isNode(node.source)) names.push(String(node.source.value))
    for (const child of childrenOf(node)) collect(child)
  }
  collect(parse(source))
  return names
}

/** Whether a source uses what only the global object has, by one of these names. */
export function usesGlobal(source: string, ...names: readonly string[]): boolean {
  if (!names.some(name => source.includes(name))) return false
  const isUse = ({ node, scopes }: Place) =>
    node.type === 'Identifier' && names.includes(nameOf(node)) && !isDeclared(nameOf(node), scopes)
      ? nameOf(node)
      : null
  return firstIn(source, isUse) !== null
}

/** A node, and where it stands. */
export interface Place {
  readonly node: Node
  readonly scopes: Scopes
  readonly parent: Node | null
}

/** The first thing that `look` finds in a source, innermost first, types left out; `null`: nothing. */
export function firstIn(source: string, look: (place: Place) => string | null): string | null {
  return firstBelow({ node: parse(source), scopes: [], parent: null }, look)
}

function firstBelow({ node, scopes: outer, parent }: Place, look: (place: Place) => string | null): string | null {
  const scopes = SCOPES.test(node.type) ? [namesIn(node), ...outer] : outer
  for (const child of childrenOf(node)) {
    if (isTypeOnly(child) || isMereName(child, node)) continue
    const inChild = firstBelow({ node: child, scopes, parent: node }, look)
    if (inChild !== null) return inChild
  }
  return look({ node, scopes, parent })
}

export function isDeclared(name: string, scopes: Scopes): boolean {
  return scopes.some(names => names.has(name))
}

export function isModule(scopes: Scopes): boolean {
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
export function partsOf({ type, left, argument, value, properties, elements }: Node): Node[] {
  if (type === 'AssignmentPattern') return [left].filter(isNode)
  if (type === 'RestElement') return [argument].filter(isNode)
  if (type === 'Property') return [value].filter(isNode)
  return /Pattern$/.test(type) ? [...listOf(properties), ...listOf(elements)] : []
}

function isTypeOnly({ type }: Node): boolean {
  return type.startsWith('TS') && !EXPRESSIONS_WITH_TYPES.test(type)
}

/** Whether a name is not a reference: a member's, a key's, a label's, or a name in another module. */
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

export function nameOf(node: unknown): string {
  if (!isNode(node)) return ''
  return node.type === 'Literal' ? String(node.value) : String(node.name ?? '')
}

function parse(source: string): Node {
  return parseAst(source, { lang: 'ts' }) as unknown as Node
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flat().filter(isNode)
}

export function listOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : []
}

export function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
