/** The most characters of a string from outside that are shown in a message, log line, label or page. */
export const SHOWN_LENGTH = 128

// Control characters, line and paragraph separators, and the marks that reorder or hide text (Unicode bidi controls,
// zero-width characters): in a terminal, a page or a label they would act instead of being read.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

/**
 * A string from outside as it may be shown anywhere: well-formed Unicode, unprintable characters replaced by U+FFFD,
 * cut at 128 characters (code points). Compare first, then show.
 */
export function shown(text: string): string {
  const printable = text
    .slice(0, 2 * SHOWN_LENGTH)
    .toWellFormed()
    .replace(UNPRINTABLE, '\ufffd')
  return printable.length <= SHOWN_LENGTH ? printable : [...printable].slice(0, SHOWN_LENGTH).join('')
}
