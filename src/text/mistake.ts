import { atMost } from './lines.ts'

/** Something wrong with what a person configured, in one line: where it is, and what is taken there. */
export interface Mistake {
  readonly message: string
  /** `bad_input`: a wrong value, or wrong content of a file. `cannot_read`: the system does not let us read it. */
  readonly kind: 'bad_input' | 'cannot_read'
  /** The line of a text, from 1; absent: it belongs to no line, or the message names it already. */
  readonly line?: number
}

/** What reading gave: a value, or everything that is wrong with what it was read from. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Nobody reads more; further lines are only counted. */
export const MOST_MISTAKES = 100

export function accepted<Value>(value: Value): Result<Value> {
  return { ok: true, value }
}

export function refused(mistakes: readonly Mistake[]): Result<never> {
  return { ok: false, mistakes }
}

export function badInput(message: string, line?: number): Mistake {
  return { message, kind: 'bad_input', ...(line === undefined ? {} : { line }) }
}

export function cannotRead(message: string): Mistake {
  return { message, kind: 'cannot_read' }
}

/**
 * The mistakes of a file's text with the path and the line in front, in the order of their lines, each once. Beyond the
 * first 100 they are only counted, `more` with them: a large broken file must not flood a log or a page.
 */
export function inFile(path: string, mistakes: readonly Mistake[], more = 0): readonly Mistake[] {
  const inOrder = mistakes.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0))
  const lines = inOrder.map(({ line, message }) => `${path}:${line === undefined ? '' : `${line}:`} ${message}`)
  return atMost(MOST_MISTAKES, [...new Set(lines)], { noun: 'mistake', more }).map(message => badInput(message))
}
