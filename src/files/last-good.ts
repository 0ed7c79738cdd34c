import { isDeepStrictEqual } from 'node:util'
import type { Mistake, Result } from '../text/mistake.ts'
import { type FollowFile, type Following, followFile } from './follow-file.ts'

/** What one reading gave. */
export interface Reading<Value> {
  readonly result: Result<Value>
  /** The files that it was read from, or should have been; all of them are followed. */
  readonly files: readonly string[]
}

export interface LastGoodOptions<Value> {
  /** Reads everything again; `lastGood` is the version in use, `undefined` if there is none yet. Must not throw. */
  read(lastGood: Value | undefined): Reading<Value>
  /** The version in use before the first reading; absent: none. */
  readonly initial?: Value
  /** Called after each reading but the first. */
  onChange?(): void
  /**
   * Called for each version that is refused while there is a good one, but not again for the same mistakes: of several
   * files that change at once, each is a change. With none once they are good again.
   */
  onRefused?(mistakes: readonly Mistake[]): void
  /** Called when a file was looked at and had not changed. */
  onUnchanged?(): void
  readonly follow?: FollowFile
}

/** The last good version of something that is read from files. */
export interface LastGood<Value> {
  /** `undefined`: there has been none. */
  current(): Value | undefined
  /** What is wrong with the files as they are now; empty: `current` is what they hold. */
  mistakes(): readonly Mistake[]
  /** Reads everything again, as after a change: for what a reading depends on besides the watched files. */
  readAgain(): void
  close(): void
}

/**
 * Reads a file, and those that it names, and reads them again when one of them changes, until `close`. A broken new
 * version is refused: the last good one stays. A file that is gone is refused like a broken one. A file of
 * workloads may be so large that it is read in slices: its source follows the same rule by itself.
 */
export function followLastGood<Value>(path: string, options: LastGoodOptions<Value>): LastGood<Value> {
  const { follow = followFile } = options
  const followed = new Map<string, Following>()
  let current = options.initial
  let filesOfCurrent: readonly string[] = []
  let mistakes: readonly Mistake[] = []

  function followAll(files: readonly string[]): void {
    for (const file of files) {
      if (followed.has(file)) continue
      followed.set(file, follow(file, { onChange: readAgain, onUnchanged: () => options.onUnchanged?.() }))
    }
  }

  function followOnly(files: ReadonlySet<string>): void {
    for (const [file, following] of followed) {
      if (files.has(file)) continue
      following.close()
      followed.delete(file)
    }
  }

  // Each file is followed before it is read, so that no change is missed; only a reading tells which files there are.
  function read(): void {
    let reading = options.read(current)
    while (reading.files.some(file => !followed.has(file))) {
      followAll(reading.files)
      reading = options.read(current)
    }
    const { result, files } = reading
    if (result.ok) {
      current = result.value
      filesOfCurrent = files
    }
    mistakes = result.ok ? [] : result.mistakes
    // A broken version may name fewer files; those of the last good one stay followed until it is repaired.
    followOnly(new Set([path, ...files, ...filesOfCurrent]))
  }

  function readAgain(): void {
    const before = mistakes
    const isFirst = current === undefined
    read()
    if (!isFirst && !isDeepStrictEqual(mistakes, before)) options.onRefused?.(mistakes)
    options.onChange?.()
  }

  followAll([path])
  read()
  if (mistakes.length > 0 && current !== undefined) options.onRefused?.(mistakes)
  return { current: () => current, mistakes: () => mistakes, readAgain, close: () => followOnly(new Set()) }
}
