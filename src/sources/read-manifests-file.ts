import type { Workload } from '../domain/workload.ts'
import { readTextFile } from '../files/read-text.ts'
import { atMost } from '../text/lines.ts'
import { badInput, type Mistake, MOST_MISTAKES } from '../text/mistake.ts'
import { MAX_JSON_BYTES } from './manifest-documents.ts'
import { parseManifests } from './manifests.ts'

export type ManifestsFile =
  | { readonly ok: true; readonly workloads: readonly Workload[] }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Reads a file of manifests: of at most 64 MiB as JSON, 8 MiB as YAML. */
export function readManifestsFile(path: string): ManifestsFile {
  const file = readTextFile(path, MAX_JSON_BYTES)
  if (!file.ok) return file
  const parsed = parseManifests(file.value, path)
  if (parsed.ok) return parsed
  const lines = atMost(MOST_MISTAKES, [...new Set(parsed.mistakes)], { kind: 'mistakes' })
  return { ok: false, mistakes: lines.map(message => badInput(message)) }
}

/** What is wrong with a file of manifests; empty where it can be read. */
export function manifestMistakes(path: string): readonly Mistake[] {
  const file = readManifestsFile(path)
  return file.ok ? [] : file.mistakes
}
