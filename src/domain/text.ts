/** The most characters of a string from outside that are shown in a message, log line, label or page. */
export const SHOWN_LENGTH = 128

const ASCII = /^[\x20-\x7e]*$/
// What would act in a terminal, a page or a label instead of being read, and what looks the same as a space or as
// nothing, so that two names that differ would look the same (Unicode Standard, sections 5.21 and 23).
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}[\p{Zs}--\x20]]/v

/**
 * A string from outside as it may be shown anywhere: well-formed Unicode, unprintable characters replaced by U+FFFD,
 * cut at 128 characters (code points). Compare first, then show.
 */
export function shown(text: string): string {
  const start =
    text.length <= SHOWN_LENGTH ? text : [...text.slice(0, 2 * SHOWN_LENGTH)].slice(0, SHOWN_LENGTH).join('')
  return printable(start)
}

/** As `shown`, and whole: for a line of our own, which may have paths and names from outside in it. */
export function printable(text: string): string {
  if (ASCII.test(text)) return text
  const wellFormed = text.toWellFormed()
  return UNPRINTABLE.test(wellFormed) ? withoutUnprintable(wellFormed) : wellFormed
}

// Some emoji are made with such characters. Those that fonts know look different with them (UTS #51, RGI). This is a function
// of its own, since V8 takes 18 ms to read the pattern, as it compiles what the pattern stands in: no start needs it.
function withoutUnprintable(text: string): string {
  return text.replace(
    /(\p{RGI_Emoji})|./gsv,
    (one, emoji?: string) => emoji ?? (UNPRINTABLE.test(one) ? '\ufffd' : one)
  )
}
