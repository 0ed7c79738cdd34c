import type { Mistake, Result } from '../text/mistake.ts'
import { type FollowFile, type Following, followFile } from './follow-file.ts'

/** What one reading gave. */
export interface Reading<Value> {
  readonly result: Result<Value>
  /** The files that it was read from, or should have been; all of them are followed. */
  readonly files: readonly string[]
}

export interface LastGoodOptions<Value> {
  /** Reads everything anew; `lastGood` is what holds until then, `undefined` where there is none. Must not throw. */
  read(lastGood: Value | undefined): Reading<Value>
  /** What holds from the start, until something better is read. */
  readonly initial?: Value
  /** After each reading but the first. */
  onChange?(): void
  /** Once for each version that is refused; of the first only where there is something that it does not take the place of. */
  onRefused?(mistakes: readonly Mistake[]): void
  /** A file was looked at, and is as it was. */
  onUnchanged?(): void
  readonly follow?: FollowFile
}

/** What is read from files that change, as it was in their last good version. */
export interface LastGood<Value> {
  /** `undefined`: there has been none. */
  current(): Value | undefined
  /** What is wrong with the files as they are now; empty: they hold what is current. */
  mistakes(): readonly Mistake[]
  close(): void
}

/**
 * Reads a file, and those that it names, and reads them again when one of them changes, until `close`. A broken new
 * version is refused: the last good one stays. A file that has gone is refused like a broken one.
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

  // A file is followed before it is read, so that no change is missed in between; which ones there are, a reading tells.
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
    // What a broken version does not name may be named again once it is mended.
    followOnly(new Set([path, ...files, ...filesOfCurrent]))
  }

  function readAgain(): void {
    read()
    if (mistakes.length > 0) options.onRefused?.(mistakes)
    options.onChange?.()
  }

  followAll([path])
  read()
  if (mistakes.length > 0 && current !== undefined) options.onRefused?.(mistakes)
  return { current: () => current, mistakes: () => mistakes, close: () => followOnly(new Set()) }
}
