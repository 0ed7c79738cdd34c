import { shown } from '../../domain/text.ts'

// Of Go's text/template, of Prometheus (template/template.go), and of vmalert, which reads the same files.
const FUNCTIONS: ReadonlySet<string> = new Set(
  `and call eq ge gt html index js le len lt ne not or print printf println slice urlquery
  args externalURL first graphLink humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp label match
  now parseDuration pathPrefix query reReplaceAll safeHtml sortByLabel stripDomain stripPort strvalue tableLink title
  toDuration toLower toTime toUpper urlQueryEscape value
  crlfEscape formatTime htmlEscape jsonEscape parseDurationTime pathEscape queryEscape quotesEscape`.split(/\s+/)
)
const VARIABLES: readonly string[] = [
  ...['$', '$labels', '$externalLabels', '$externalURL', '$value'],
  ...['$activeAt', '$alertID', '$expr', '$for', '$groupID', '$isPartial', '$type']
]
const OPENERS: readonly string[] = ['if', 'range', 'with', 'define', 'block']
const CONSTANTS: readonly string[] = ['true', 'false', 'nil']

const COMMENT = /(?:-[ \t\r\n])?\/\*/y
const COMMENT_END = /\*\/(?:[ \t\r\n]-)?\}\}/y
const LEFT_TRIM = /(?:-[ \t\r\n])?/y
const RIGHT = /(?:[ \t\r\n]+-|[ \t\r\n]*)\}\}/y
// In this order. Only some characters may follow a name, so that `$labels["x"]` and `$labels.a-b` are none.
const TOKEN = new RegExp(
  [
    /(?<blank>[ \t\r\n]+)/u,
    /(?<text>"[^"\\\n]*(?:\\(?:[abfnrtv\\"]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3})[^"\\\n]*)*"|`[^`]*`)/u,
    /(?<character>'(?:[^'\\\n]|\\[^\n]+?)')/u,
    /(?<number>[+-]?\.?\d[\w.]*(?:(?<=[eEpP])[+-]\d+)?)/u,
    /(?<name>\$[\p{L}\p{Nd}_]*|\.[\p{L}\p{Nd}_]+|[\p{L}\p{Nd}_]+)(?=[ \t\r\n.,|:()]|\}\}|$)/u,
    /(?<dot>\.)(?=[ \t\r\n,|:()]|\}\}|$)/u,
    /(?<punctuation>:=|[=|(),])/u
  ]
    .map(({ source }) => source)
    .join('|'),
  'uy'
)

/** Thrown within this file for anything that is wrong. */
class TemplateError extends Error {}

/**
 * What keeps Prometheus from parsing the template of a label or an annotation; `null`: nothing was found. Braces, blocks,
 * words, functions and variables are looked at; what a function takes is not, and neither is in which block a variable
 * is known. It never refuses what Prometheus or vmalert takes. Source: Go's text/template/parse.
 */
export function templateFault(template: string): string | null {
  try {
    readTemplate(template)
    return null
  } catch (error) {
    if (error instanceof TemplateError) return error.message
    throw error
  }
}

function readTemplate(template: string) {
  const blocks: string[] = []
  const variables = new Set(VARIABLES)
  for (let at = template.indexOf('{{'); at !== -1; at = template.indexOf('{{', at)) {
    at += 2
    const comment = matchAt(COMMENT, template, at)
    if (comment !== null) {
      const end = template.indexOf('*/', at + comment[0].length)
      const closing = end === -1 ? null : matchAt(COMMENT_END, template, end)
      if (closing === null) throw new TemplateError('a comment of the template is not closed with */}}')
      at = end + closing[0].length
    } else {
      const { tokens, end } = readAction(template, at + (matchAt(LEFT_TRIM, template, at)?.[0].length ?? 0))
      judgeAction(tokens, blocks, variables)
      at = end
    }
  }
  const open = blocks.at(-1)
  if (open !== undefined) throw new TemplateError(`{{ ${open} }} of the template has no {{ end }}`)
}

interface Token {
  readonly kind: string
  readonly text: string
}

/** The tokens of one action, without blanks; `from` is after its opening braces, `end` after the closing ones. */
function readAction(template: string, from: number): { readonly tokens: readonly Token[]; readonly end: number } {
  const tokens: Token[] = []
  for (let at = from; ; ) {
    const right = matchAt(RIGHT, template, at)
    if (right !== null) return { tokens, end: at + right[0].length }
    if (at === template.length) throw new TemplateError('an action of the template is not closed with }}')
    const found = matchAt(TOKEN, template, at)
    if (found === null) throw misplaced(String.fromCodePoint(template.codePointAt(at) ?? 0))
    const [kind = ''] = Object.entries(found.groups ?? {}).find(([, text]) => text !== undefined) ?? []
    if (kind !== 'blank') tokens.push({ kind, text: found[0] })
    at += found[0].length
  }
}

function judgeAction(tokens: readonly Token[], blocks: string[], variables: Set<string>) {
  const [first, second] = tokens
  if (first === undefined) throw new TemplateError('an action of the template is empty')
  const word = first.kind === 'name' ? first.text : ''
  if (word === 'end' && blocks.pop() === undefined) throw new TemplateError('the template has an {{ end }} too many')
  if (word === 'else' && !['if', 'range', 'with'].includes(blocks.at(-1) ?? '')) {
    throw new TemplateError('the template has an {{ else }} outside of if, range and with')
  }
  const isLoopWord = word === 'break' || word === 'continue'
  if (isLoopWord && !blocks.includes('range'))
    throw new TemplateError(`the template has a {{ ${word} }} outside of range`)
  if (OPENERS.includes(word)) {
    if (second === undefined) throw new TemplateError(`{{ ${word} }} of the template has no value`)
    blocks.push(word)
  }
  const isWord = OPENERS.includes(word) || isLoopWord || ['end', 'else', 'template'].includes(word)
  const isElseWord = word === 'else' && second !== undefined && ['if', 'with'].includes(second.text)
  const rest = tokens.slice(isElseWord ? 2 : isWord ? 1 : 0)
  judgePipeline(rest, variables, [word, second?.text].includes('range'))
}

function judgePipeline(tokens: readonly Token[], variables: Set<string>, isRange: boolean) {
  let depth = 0
  for (const [index, { kind, text }] of tokens.entries()) {
    const before = tokens[index - 1]
    const isVariable = (token: Token | undefined) => token?.kind === 'name' && token.text.startsWith('$')
    if (kind === 'name' && text.startsWith('$')) {
      const isNew = [':=', ','].includes(tokens[index + 1]?.text ?? '') || (isRange && before?.text === ',')
      if (isNew) variables.add(text)
      if (!variables.has(text)) throw new TemplateError(`the template has no variable ${shown(text)}`)
    } else if (kind === 'name' && !text.startsWith('.') && !CONSTANTS.includes(text) && !FUNCTIONS.has(text)) {
      throw new TemplateError(`templates have no function ${shown(text)}`)
    }
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    const isMisplaced =
      depth < 0 ||
      (text === '|' && (before === undefined || before.kind === 'punctuation') && before?.text !== ')') ||
      ([':=', '='].includes(text) && !isVariable(before)) ||
      (text === ',' && !(isRange && isVariable(before)))
    if (kind === 'punctuation' && isMisplaced) throw misplaced(text)
  }
  if (depth > 0) throw new TemplateError('a "(" of the template is not closed')
}

// One character alone: what follows may hold a secret.
function misplaced(text: string): TemplateError {
  return new TemplateError(`the template has a ${shown(JSON.stringify(text))} that it cannot have there`)
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
