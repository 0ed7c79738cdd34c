export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The value of a text, or of its bytes in UTF-8, with or without a byte order mark in front; `undefined`, which JSON cannot
 * hold: it is not JSON.
 */
export function parseJson(json: string | Uint8Array): unknown {
  const text = typeof json === 'string' ? json : Buffer.from(json).toString()
  try {
    // RFC 8259 section 8.1 lets a parser ignore the mark; JSON.parse refuses it.
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text)
  } catch {
    return undefined
  }
}

/**
 * The value at a path through parsed JSON; `undefined`, which JSON cannot hold: nothing is there.
 * Own members only, so that `__proto__` leads nowhere; items of an array by their index as text.
 */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    // An array has an own `length`, which is not one of its items.
    if (Array.isArray(found) && name === 'length') return undefined
    found = Reflect.get(found, name)
  }
  return found
}

/** The value that a JSON pointer leads to; `undefined`: nothing is there. Source: RFC 6901. */
export function resolvePointer(document: unknown, pointer: string): unknown {
  const tokens = pointer.slice(1).split('/')
  // Few have escapes, and a report is read with each probe.
  return valueAt(document, ...(pointer.includes('~') ? tokens.map(unescaped) : tokens))
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** A count as Kubernetes writes it: it leaves out what is 0, and anything that is not a number counts as left out. */
export function countAt(value: unknown, ...path: readonly string[]): number {
  const found = valueAt(value, ...path)
  return typeof found === 'number' ? found : 0
}

/** A text; empty where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : ''
}

/** A time as Kubernetes writes it, in ms since the epoch; `null`: there is none. */
export function timeAt(value: unknown, ...path: readonly string[]): number | null {
  const time = Date.parse(textAt(value, ...path))
  return Number.isNaN(time) ? null : time
}

/** Anything that is not a list counts as left out. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found : []
}
