import Type from 'typebox'

/** What is told of a value that is wrong. */
export interface ValueSchema {
  /** `"Shop" is not ${takes}`. */
  readonly takes: string
  /** May hold a password, and is not repeated in a message. */
  readonly secret?: boolean
}

/** A mapping of these keys and no others. */
export const CLOSED = { additionalProperties: false } as const

/** A text that the function accepts. */
export function text(accepts: (text: string) => boolean, options: ValueSchema) {
  return Type.Refine(Type.String({ ...options }), accepts)
}

/** One of some words. */
export function oneOf<const Words extends string[]>(
  words: readonly [...Words],
  options: Pick<ValueSchema, 'secret'> = {}
) {
  return Type.Enum(words, { takes: `one of ${words.join(', ')}`, ...options } satisfies ValueSchema)
}
