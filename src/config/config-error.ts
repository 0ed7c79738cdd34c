import { BAD_INPUT, CANNOT_READ, type Mistake } from '../files/mistake.ts'

/** All mistakes of a configuration at once; the message has one line for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(({ message }) => message).join('\n'))
    this.mistakes = mistakes
  }

  /** Of the process: a bad value outweighs what could not be read. */
  get exitCode(): Mistake['exitCode'] {
    return this.mistakes.some(({ exitCode }) => exitCode === BAD_INPUT) ? BAD_INPUT : CANNOT_READ
  }
}
