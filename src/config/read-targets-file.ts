import type { Target } from '../domain/target.ts'
import { BAD_INPUT, bounded, type Mistake } from '../files/mistake.ts'
import { readTextFile } from '../files/read-text.ts'
import { parseTargetsFile, type TargetDefaults } from './targets-file.ts'

const MAX_BYTES = 4 * 1024 * 1024

export type TargetsFile =
  | { readonly ok: true; readonly targets: readonly Target[] }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** Reads a targets file of at most 4 MiB. */
export function readTargetsFile(path: string, defaults: TargetDefaults): TargetsFile {
  const file = readTextFile(path, MAX_BYTES)
  if (!file.ok) return { ok: false, mistakes: [file.mistake] }
  const parsed = parseTargetsFile(file.text, path, defaults)
  if (parsed.ok) return parsed
  const lines = bounded(parsed.mistakes.map(({ message }) => message))
  return { ok: false, mistakes: lines.map(message => ({ message, exitCode: BAD_INPUT })) }
}
