/** Where a JSON value ends, or what is wrong in it. */
export type JsonScan =
  /** `end`: the offset after its last character. */
  { readonly ok: true; readonly end: number } | { readonly ok: false; readonly fault: JsonFault }

interface JsonFault {
  /** The length of the text if it ends too early. */
  readonly offset: number
  readonly message: string
}

/** Called with each item of a `List` and of lists in it; `path` looks like `/items/3` or `/items/3/items/0`. */
export type OnItem = (path: string, offset: number) => void

interface Container {
  readonly isArray: boolean
  /** `null`: what is in it is not an item of a list. */
  readonly path: string | null
  /** The index of the array's element that is being read. */
  index: number
  /** The object's member that is being read is called `items`. */
  inItems: boolean
}

// Kubernetes' own objects have some thirty levels. JSON.parse takes any number of them, at 70 bytes of memory each.
const MOST_LEVELS = 1000
const TEXT = /[^"\\\u0000-\u001f]*/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const SCALAR = /(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![\w.+-])/y

/**
 * Scans the JSON value (RFC 8259) that begins at `start`, after white space.
 *
 * JSON.parse reads one value and nothing after it, reports most faults without their place, and runs out of memory on
 * endless nesting.
 */
export function scanJson(text: string, start: number, onItem?: OnItem): JsonScan {
  const open: Container[] = []
  let due: 'value' | 'key' | 'colon' | 'next' = 'value'
  // Right after an opening bracket.
  let mayClose = false
  let at = start

  for (;;) {
    at = skipSpace(text, at)
    const parent = open.at(-1)
    if (at >= text.length) return endsEarly(text, parent)
    const char = text[at]
    const isOver = parent !== undefined && char === (parent.isArray ? ']' : '}') && (due === 'next' || mayClose)
    if (isOver) {
      open.pop()
      at += 1
      due = 'next'
    } else if (due === 'next') {
      if (char !== ',') return fault(at, `a comma or ${parent?.isArray ? ']' : '}'} is expected`)
      if (parent !== undefined) parent.index += 1
      at += 1
      due = parent?.isArray ? 'value' : 'key'
    } else if (due === 'colon') {
      if (char !== ':') return fault(at, 'a colon is expected after the key')
      at += 1
      due = 'value'
    } else if (due === 'key') {
      if (char !== '"') return fault(at, 'a key in double quotes is expected')
      const end = endOfString(text, at)
      if (typeof end !== 'number') return end
      if (parent !== undefined) parent.inItems = text.slice(at, end) === '"items"'
      at = end
      due = 'colon'
    } else {
      const path = pathIn(parent)
      if (path !== null && parent?.isArray) onItem?.(path, at)
      if (char === '{' || char === '[') {
        if (open.length === MOST_LEVELS) return fault(at, `nested more than ${MOST_LEVELS} levels deep`)
        const isList = char === '[' && parent?.isArray === false
        open.push({ isArray: char === '[', path: char === '{' || isList ? path : null, index: 0, inItems: false })
        at += 1
        mayClose = true
        due = char === '[' ? 'value' : 'key'
        continue
      }
      const end = char === '"' ? endOfString(text, at) : matchAt(SCALAR, text, at)
      if (typeof end !== 'number') return end
      if (end === at) return fault(at, 'a value is expected')
      at = end
      due = 'next'
    }
    mayClose = false
    if (due === 'next' && open.length === 0) return { ok: true, end: at }
  }
}

function pathIn(parent: Container | undefined): string | null {
  if (parent === undefined) return ''
  if (parent.path === null) return null
  if (parent.isArray) return `${parent.path}/${parent.index}`
  return parent.inItems ? `${parent.path}/items` : null
}

function endOfString(text: string, start: number): number | JsonScan {
  let at = start + 1
  for (;;) {
    at = matchAt(TEXT, text, at)
    if (text[at] === '"') return at + 1
    if (at >= text.length) return fault(at, 'the text ends inside a string')
    if (text[at] !== '\\') return fault(at, 'a string holds a line break or control character')
    const end = matchAt(ESCAPE, text, at)
    if (end === at) return fault(at, 'a string holds a backslash that begins no escape sequence')
    at = end
  }
}

/** The end of what matches at an offset; the offset itself if nothing does. */
function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

export function skipSpace(text: string, start: number): number {
  let at = start
  for (;;) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at
    at += 1
  }
}

function endsEarly(text: string, parent: Container | undefined): JsonScan {
  if (parent === undefined) return fault(text.length, 'a value is expected')
  return fault(text.length, `the text ends before its ${parent.isArray ? '[' : '{'} is closed`)
}

function fault(offset: number, message: string): JsonScan {
  return { ok: false, fault: { offset, message } }
}
