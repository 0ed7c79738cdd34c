import { readTextFile } from '../files/read-text.ts'
import { atMost } from '../text/lines.ts'
import { badInput, type Mistake, MOST_MISTAKES } from '../text/mistake.ts'
import { MAX_JSON_BYTES } from './manifest-documents.ts'
import { type Fleet, parseManifests } from './manifests.ts'

export type ManifestsFile =
  | { readonly ok: true; readonly fleet: Fleet }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Reads a file of manifests: of at most 64 MiB as JSON, 8 MiB as YAML. */
export function readManifestsFile(path: string): ManifestsFile {
  const file = readTextFile(path, MAX_JSON_BYTES, decode)
  if (!file.ok) return file
  const parsed = parseManifests(file.value, path)
  if (parsed.ok) return parsed
  const lines = atMost(MOST_MISTAKES, [...new Set(parsed.mistakes)], { kind: 'mistakes' })
  return { ok: false, mistakes: lines.map(message => badInput(message)) }
}

/** What is wrong with a file of manifests of which nothing can be read; empty where something can. */
export function manifestMistakes(path: string): readonly Mistake[] {
  const file = readManifestsFile(path)
  return file.ok ? [] : file.mistakes
}

// A comment in Windows-1252 must not cost the fleet, and PowerShell's `>` writes UTF-16. What is no text at all is refused.
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  const text = new TextDecoder(encoding).decode(bytes)
  if (text.includes('\ufffd') && text.includes('\0')) throw new TypeError('not text')
  return text
}
