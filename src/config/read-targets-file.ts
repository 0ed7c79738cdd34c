import type { Target } from '../domain/target.ts'
import { BAD_INPUT, bounded, type Mistake } from '../files/mistake.ts'
import { readTextFile } from '../files/read-text.ts'
import { readHeaderFile } from './read-header-file.ts'
import { headerFilesOf, parseTargetsFile, type TargetDefaults } from './targets-file.ts'

const MAX_BYTES = 4 * 1024 * 1024

export type TargetsFile =
  /** `secrets` by the paths of the files that the targets' headers name. */
  | { readonly ok: true; readonly targets: readonly Target[]; readonly secrets: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Reads a targets file of at most 4 MiB, and the files that its headers name. */
export function readTargetsFile(path: string, defaults: TargetDefaults): TargetsFile {
  const file = readTextFile(path, MAX_BYTES)
  if (!file.ok) return { ok: false, mistakes: [file.mistake] }
  const parsed = parseTargetsFile(file.text, path, defaults)
  if (parsed.ok) return withSecrets(parsed.targets)
  const lines = bounded(parsed.mistakes.map(({ message }) => message))
  return { ok: false, mistakes: lines.map(message => ({ message, exitCode: BAD_INPUT })) }
}

function withSecrets(targets: readonly Target[]): TargetsFile {
  const secrets = new Map<string, string>()
  const mistakes: Mistake[] = []
  for (const path of headerFilesOf(targets)) {
    const file = readHeaderFile(path)
    if (file.ok) secrets.set(path, file.secret)
    else mistakes.push(file.mistake)
  }
  return mistakes.length === 0 ? { ok: true, targets, secrets } : { ok: false, mistakes }
}
