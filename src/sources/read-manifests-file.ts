import { BAD_INPUT, bounded, type Mistake } from '../files/mistake.ts'
import { readTextFile } from '../files/read-text.ts'
import { MAX_JSON_BYTES } from './manifest-documents.ts'
import { type ParsedManifests, parseManifests } from './manifests.ts'

export type ManifestsFile =
  | Extract<ParsedManifests, { readonly ok: true }>
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Reads a file of manifests: of at most 64 MiB as JSON, 8 MiB as YAML. */
export function readManifestsFile(path: string): ManifestsFile {
  const file = readTextFile(path, MAX_JSON_BYTES)
  if (!file.ok) return { ok: false, mistakes: [file.mistake] }
  const parsed = parseManifests(file.text, path)
  if (parsed.ok) return parsed
  return { ok: false, mistakes: bounded(parsed.mistakes).map(message => ({ message, exitCode: BAD_INPUT })) }
}

/** What is wrong with a file of manifests; empty where it can be read. */
export function manifestMistakes(path: string): readonly Mistake[] {
  const file = readManifestsFile(path)
  return file.ok ? [] : file.mistakes
}
