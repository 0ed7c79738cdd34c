import { hash } from 'node:crypto'
import { readTextFile } from '../files/read-text.ts'
import { encodingOf } from '../text/encoding.ts'
import { accepted, type Mistake, type Result } from '../text/mistake.ts'
import { MAX_JSON_BYTES } from './manifest-documents.ts'
import { type Fleet, parseManifests, parseManifestsInSlices } from './manifests.ts'

export interface ManifestsReader {
  /** Reads a file of manifests: of at most 64 MiB as JSON, 8 MiB as YAML. The event loop turns meanwhile. */
  read(path: string): Promise<Result<Fleet>>
  /** What is wrong with a file of which nothing can be read; empty where something can. Without a pause, for the start. */
  mistakes(path: string): readonly Mistake[]
}

/** What the last text was, and what came of it. */
interface Parsed {
  readonly id: string
  readonly fleet: Result<Fleet>
}

/**
 * Parses the same text once: at the start it is read for its mistakes and then for its workloads, and a cron job may write
 * what was there before. A megabyte of YAML takes half a second.
 */
export function createManifestsReader(): ManifestsReader {
  let last: Parsed | undefined

  function open(path: string): Result<{ readonly text: string; readonly id: string }> {
    const file = readTextFile(path, MAX_JSON_BYTES, decode)
    // Mistakes name the path.
    return file.ok ? accepted({ text: file.value, id: `${hash('sha256', file.value)} ${path}` }) : file
  }

  return {
    read: async path => {
      const file = open(path)
      if (!file.ok) return file
      const { text, id } = file.value
      if (last?.id === id) return last.fleet
      const fleet = await parseManifestsInSlices(text, path)
      last = { id, fleet }
      return fleet
    },
    mistakes: path => {
      const file = open(path)
      if (!file.ok) return file.mistakes
      const { text, id } = file.value
      if (last?.id !== id) last = { id, fleet: parseManifests(text, path) }
      return last.fleet.ok ? [] : last.fleet.mistakes
    }
  }
}

// A comment in Windows-1252 must not cost the fleet. Anything else that is not text is refused. Files that were put one
// behind the other may each have a byte order mark.
function decode(bytes: Uint8Array): string {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes).replace(/^\ufeff/gm, '')
  if (text.includes('\ufffd') && text.includes('\0')) throw new TypeError('not text')
  return text
}
