// RFC 9110 section 5.6.2: a field's name is a token.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/
// What the exchange itself, or the connection, is made of: another value would break the one or leave its bounds.
const OURS: readonly string[] = [
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent'
]
const MOST_HEADERS = 16
const PREFIX_LENGTH = 32

/** Each file is looked at four times a second. */
export const MOST_HEADER_FILES = 256

/** What is wrong with the names of one target's headers. */
export function headerNameMistakes(names: readonly string[]): { name: string; message: string }[] {
  const lower = names.map(name => name.toLowerCase())
  return names.flatMap((name, index) => {
    const message = mistakeOf(name, lower.indexOf(name.toLowerCase()) < index, index)
    return message === null ? [] : [{ name, message }]
  })
}

function mistakeOf(name: string, isRepeated: boolean, index: number): string | null {
  if (!TOKEN.test(name)) return "not a header's name; it takes one such as Authorization"
  if (OURS.includes(name.toLowerCase())) return 'is not for targets to set; it takes one such as Authorization'
  if (isRepeated) return 'written twice, for upper and lower case are the same; remove one'
  return index >= MOST_HEADERS ? `more than ${MOST_HEADERS} headers` : null
}

/** A few printable characters: a whole secret has no place there. */
export function isHeaderPrefix(text: string): boolean {
  return text.length <= PREFIX_LENGTH && /^[\x20-\x7e]*$/.test(text)
}
