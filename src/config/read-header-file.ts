import type { Mistake } from '../files/mistake.ts'
import { readTextFile } from '../files/read-text.ts'
import { badInput } from './checked.ts'

export type HeaderFile =
  | { readonly ok: true; readonly secret: string }
  | { readonly ok: false; readonly mistake: Mistake }

// Servers refuse headers of more; what is shorter than the least is no secret, and could not be redacted either.
const MOST_CHARACTERS = 8192
const LEAST_CHARACTERS = 8
const TAKES = `it takes one line of ${LEAST_CHARACTERS} to ${MOST_CHARACTERS} printable ASCII characters`

/** Reads a header's secret, without the line break at its end. The mistake never repeats it. */
export function readHeaderFile(path: string): HeaderFile {
  const file = readTextFile(path, 1024 * 1024)
  if (!file.ok) return file
  const secret = file.text.replace(/\r?\n$/, '')
  const isOne = secret.length <= MOST_CHARACTERS && /^[\x20-\x7e]*$/.test(secret)
  if (isOne && secret.trim().length >= LEAST_CHARACTERS) return { ok: true, secret }
  return { ok: false, mistake: badInput(`${path}: no secret for a header; ${TAKES}`) }
}
