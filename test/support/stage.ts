import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Something that ends, such as a test (a `TestContext`) or a stage, and ends other things with it. */
export interface Lifetime {
  after(end: () => Promise<void> | void): void
}

/** Where a program of tools/ runs; whatever it starts there ends with it. */
export interface Stage extends Lifetime {
  /** For its files; goes at the end. */
  readonly folder: string
  /** Called at the end, in reverse order. */
  after(end: () => Promise<void> | void): void
}

/** Gives `play` a stage, and leaves nothing behind, however `play` ends. Rejects when `play` does. */
export async function withStage<Result>(play: (stage: Stage) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'keybuzz-'))
  const ends: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })]
  try {
    return await play({ folder, after: end => void ends.unshift(end) })
  } finally {
    for (const end of ends) await end()
  }
}
