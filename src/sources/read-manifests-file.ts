import { hash } from 'node:crypto'
import { readTextFile } from '../files/read-text.ts'
import { encodingOf } from '../text/encoding.ts'
import { accepted, type Mistake, type Result } from '../text/mistake.ts'
import { MAX_JSON_BYTES } from './manifest-documents.ts'
import { type Fleet, parseManifests, parseManifestsInSlices } from './manifests.ts'

export interface ManifestsReader {
  /** Reads a file of manifests, at most 64 MiB of JSON or 8 MiB of YAML, while the event loop keeps turning. */
  read(path: string): Promise<Result<Fleet>>
  /**
   * What is wrong with a file in which nothing can be read; empty: something can. Runs without a pause, for the start.
   */
  mistakes(path: string): readonly Mistake[]
}

/** What the last text was, and what came of it. */
interface Parsed {
  readonly id: string
  readonly fleet: Result<Fleet>
}

/**
 * Parses the same text only once: at the start, a file is read for its mistakes and then for its workloads, and a cron
 * job may write the same text again. A megabyte of YAML takes half a second.
 */
export function createManifestsReader(): ManifestsReader {
  let last: Parsed | undefined

  function open(path: string): Result<{ readonly text: string; readonly id: string }> {
    const file = readTextFile(path, MAX_JSON_BYTES, decode)
    // The path is part of the id, because mistakes name it.
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

// A comment in Windows-1252 must not cost the fleet. Anything else that is not text is refused. If files were
// concatenated, each may have a byte order mark.
function decode(bytes: Uint8Array): string {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes).replace(/^\ufeff/gm, '')
  if (text.includes('\ufffd') && text.includes('\0')) throw new TypeError('not text')
  return text
}
