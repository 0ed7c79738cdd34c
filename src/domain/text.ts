/** The most characters of a string from outside that are shown in a message, log line, label or page. */
export const SHOWN_LENGTH = 128

const ASCII = /^[\x20-\x7e]*$/
// Characters that would act in a terminal, a page or a label instead of being read, and those that look like a space or
// like nothing, which would make two different names look the same (Unicode Standard, sections 5.21 and 23).
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

/** Like `shown`, but uncut: for a line of our own, which may have paths and names from outside in it. */
export function printable(text: string): string {
  if (ASCII.test(text)) return text
  const wellFormed = text.toWellFormed()
  return UNPRINTABLE.test(wellFormed) ? withoutUnprintable(wellFormed) : wellFormed
}

// Some emoji are made with such characters. Those that fonts know look different with them (UTS #51, RGI). The pattern
// has a function of its own, because V8 spends 18 ms on it when it compiles the function around it, and no start needs
// that.
function withoutUnprintable(text: string): string {
  return text.replace(
    /(\p{RGI_Emoji})|./gsv,
    (one, emoji?: string) => emoji ?? (UNPRINTABLE.test(one) ? '\ufffd' : one)
  )
}
