import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where a subject runs; whatever it starts is ended with it. */
export interface Stage {
  /** For its files. */
  readonly folder: string
  /** Called at the end, the last first. */
  after(end: () => Promise<void> | void): void
}

/** Gives `play` a stage, and leaves nothing behind, however that ends. Rejects as `play` does. */
export async function withStage<Result>(play: (stage: Stage) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'keybuzz-bench-'))
  const ends: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })]
  try {
    return await play({ folder, after: end => void ends.unshift(end) })
  } finally {
    for (const end of ends) await end()
  }
}
