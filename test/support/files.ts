import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lifetime } from './stage.ts'

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '../..')

/** A folder that goes at the end of the test or the stage. */
export function temporaryFolder(life: Lifetime): string {
  const folder = mkdtempSync(join(tmpdir(), 'keybuzz-test-'))
  life.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a file by rename, so that nobody who follows it reads half of it. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
