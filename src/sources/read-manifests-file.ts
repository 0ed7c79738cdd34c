import { readTextFile } from '../files/read-text.ts'
import type { Mistake, Result } from '../text/mistake.ts'
import { MAX_JSON_BYTES } from './manifest-documents.ts'
import { type Fleet, parseManifests } from './manifests.ts'

/** Reads a file of manifests: of at most 64 MiB as JSON, 8 MiB as YAML. */
export function readManifestsFile(path: string): Result<Fleet> {
  const file = readTextFile(path, MAX_JSON_BYTES, decode)
  return file.ok ? parseManifests(file.value, path) : file
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
