/**
 * What a JSON pointer finds in parsed JSON, own members only; `undefined`, which JSON cannot hold: nothing is there.
 * Source: RFC 6901.
 */
export function resolvePointer(document: unknown, pointer: string): unknown {
  let value = document
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    // An array has an own `length`, which is no element of it.
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(name)) return undefined
    value = Reflect.get(value, name)
  }
  return value
}
