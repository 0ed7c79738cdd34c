// Anything shorter cannot be told from ordinary text.
const LEAST_SECRET = 8
// V8 finds a pattern as fast as a text, but compiles none with thousands of choices in a row.
const HEAD_LENGTH = 64

/**
 * A function that removes these values of headers, with and without a scheme such as `Bearer`, from a text: a server
 * may repeat what it was sent. In JSON it may escape it: PHP writes each `/` as `\/`, and others write any character
 * like `\u002f` (RFC 8259, section 7).
 */
export function withoutSecrets(values: readonly string[]): (text: string) => string {
  const secrets = values.flatMap(value => [value, value.replace(/^\S+\s+/, '')])
  const removals = secrets.filter(({ length }) => length >= LEAST_SECRET).map(removalOf)
  return text => removals.reduce((rest, remove) => remove(rest), text)
}

function removalOf(secret: string): (text: string) => string {
  const forms = Array.from(secret, formsOf)
  const head = forms.slice(0, HEAD_LENGTH).map(some => `(?:${some.map(codesOf).join('|')})`)
  const pattern = new RegExp(head.join(''), 'g')
  return text => {
    let clean = ''
    let done = 0
    for (const { index } of text.matchAll(pattern)) {
      const end = index < done ? null : endOf(forms, text, index)
      if (end === null) continue
      clean += `${text.slice(done, index)}[redacted]`
      done = end
    }
    return clean + text.slice(done)
  }
}

function formsOf(character: string): readonly string[] {
  const escaped = escapeOf(character)
  const inCapitals = `\\u${escaped.slice(2).toUpperCase()}`
  return [character, escaped, inCapitals, ...('"/\\'.includes(character) ? [`\\${character}`] : [])]
}

// Every character by its code, as some have a meaning in a pattern.
function codesOf(form: string): string {
  return Array.from(form, escapeOf).join('')
}

/** `\u002f`, in JSON and in a pattern. */
function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Where the secret that may begin here ends; `null`: it is not there. */
function endOf(secret: readonly (readonly string[])[], text: string, start: number): number | null {
  let at = start
  for (const forms of secret) {
    // Escapes first: a backslash that is part of the secret also begins its own.
    const form = forms.findLast(one => text.startsWith(one, at))
    if (form === undefined) return null
    at += form.length
  }
  return at
}
