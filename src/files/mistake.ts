// The exit codes of sysexits.h (EX_USAGE, EX_IOERR).
export const BAD_INPUT = 64
export const CANNOT_READ = 74

/** A mistake in what a person configured, in one line: where it is, and what is taken there. */
export interface Mistake {
  readonly message: string
  /** 64: a bad value, or bad content of a file. 74: what cannot be read. */
  readonly exitCode: typeof BAD_INPUT | typeof CANNOT_READ
}

/** A mistake in a file's content. */
export interface LineMistake {
  /** From 1. */
  readonly line: number
  readonly message: string
}

const MOST_SHOWN = 100

/** The first 100 lines, and one that counts the rest: a large broken file must not flood a log or a page. */
export function bounded(lines: readonly string[]): string[] {
  const different = [...new Set(lines)]
  const more = different.length - MOST_SHOWN
  return more > 0 ? [...different.slice(0, MOST_SHOWN), `… and ${more} more mistakes`] : different
}
