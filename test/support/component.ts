import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Options for a test that needs a real component (Prometheus, Chromium, a control plane): skipped with the reason where
 * it is missing on a person's machine, an error in CI, where a skipped proof would pass for a proof.
 */
export function needs(missing: string | undefined): { skip: string } | Record<string, never> {
  if (missing === undefined) return {}
  if (process.env.CI === 'true') throw new Error(`CI must not skip: ${missing}`)
  return { skip: missing }
}

/** The first of these programs that is on the PATH, by its path; none is started to find out. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '')
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(isExecutable)
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
