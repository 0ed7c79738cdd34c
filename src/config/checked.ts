import { BAD_INPUT, type Mistake } from '../files/mistake.ts'

/** A value and what was wrong with what it was read from; a value with mistakes is a stand-in. */
export interface Checked<Value> {
  readonly value: Value
  readonly mistakes: readonly Mistake[]
}

/** A mistake of exit code 64. */
export function badInput(message: string): Mistake {
  return { message, exitCode: BAD_INPUT }
}
