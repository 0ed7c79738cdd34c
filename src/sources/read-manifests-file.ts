import { hash } from 'node:crypto'
import { readTextFile } from '../files/read-text.ts'
import type { Mistake, Result } from '../text/mistake.ts'
import { MAX_JSON_BYTES } from './manifest-documents.ts'
import { type Fleet, parseManifests } from './manifests.ts'

export interface ManifestsReader {
  /** Reads a file of manifests: of at most 64 MiB as JSON, 8 MiB as YAML. */
  read(path: string): Result<Fleet>
  /** What is wrong with a file of which nothing can be read; empty where something can. */
  mistakes(path: string): readonly Mistake[]
}

/**
 * Parses the same text once: at the start it is read for its mistakes and then for its workloads, and a cron job may write
 * what was there before. A megabyte of YAML takes half a second.
 */
export function createManifestsReader(): ManifestsReader {
  let last: { readonly id: string; readonly fleet: Result<Fleet> } | undefined

  function read(path: string): Result<Fleet> {
    const file = readTextFile(path, MAX_JSON_BYTES, decode)
    if (!file.ok) return file
    // Mistakes name the path.
    const id = `${hash('sha256', file.value)} ${path}`
    if (last?.id !== id) last = { id, fleet: parseManifests(file.value, path) }
    return last.fleet
  }

  return {
    read,
    mistakes: path => {
      const file = read(path)
      return file.ok ? [] : file.mistakes
    }
  }
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
