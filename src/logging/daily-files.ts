import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { basename, join } from 'node:path'

export interface DailyFiles {
  /** Creates a missing folder. Rejects if it cannot be written to: better at the start than at midnight. */
  open(): Promise<void>
  /** Appends a line to the file of the day of `at` (UTC, ms since the epoch). Never throws: see `onError`. */
  write(at: number, line: string): void
  /** Resolves when all that was written so far is in its file, or has been reported as lost. */
  flush(): Promise<void>
}

export interface DailyFilesEvents {
  /** Called when lines were lost, and again only after a write has succeeded in between. */
  onError(error: unknown, linesLost: number): void
  onRecovery(): void
}

// One write call each, so that lines of two processes that append to one file never mix; Node splits larger buffers.
const BATCH_CHARACTERS = 100_000
// Anyone who can write to the folder could plant a link or a pipe: follow no link, and wait for no pipe.
const SAFELY = constants.O_NOFOLLOW | constants.O_NONBLOCK
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | SAFELY
// How many lines wait for a slow disk; beyond that, lines are lost, and the loss is reported.
const WAITING_LINES = 100_000

/** The path of a day's file: `version_guard_YYYYMMDD.jsonl`. */
export function dailyFile(folder: string, at: number): string {
  return join(folder, `version_guard_${new Date(at).toISOString().slice(0, 10).replaceAll('-', '')}.jsonl`)
}

/** JSON lines in one file a day, written in batches, one after the other. */
export function createDailyFiles(folder: string, { onError, onRecovery }: DailyFilesEvents): DailyFiles {
  let waiting: { file: string; line: string }[] = []
  let writing: Promise<void> | undefined
  let failing = false
  // The files that we have written whole lines to. Any other may end with half a line, also one of another process, for
  // example after the disk was full: the next line starts on a line of its own.
  const whole = new Set<string>()

  function fail(error: unknown, linesLost: number): void {
    if (!failing) onError(error, linesLost)
    failing = true
  }

  async function append(file: string, lines: readonly string[]): Promise<void> {
    const isTorn = !whole.has(file) && (await endsWithinLine(file))
    try {
      await appendTo(file, `${isTorn ? '\n' : ''}${lines.join('\n')}\n`)
      whole.add(file)
      if (failing) onRecovery()
      failing = false
    } catch (error) {
      whole.delete(file)
      fail(error, lines.length)
    }
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting
      waiting = []
      for (const { file, lines: batch } of inBatches(lines)) await append(file, batch)
    }
    writing = undefined
  }

  return {
    open: async () => {
      // Not its parents: if they are missing too, the path is probably a mistake.
      await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
      await appendTo(dailyFile(folder, Date.now()), '')
    },
    write: (at, line) => {
      if (waiting.length >= WAITING_LINES) return fail(new Error('the disk cannot keep up'), 1)
      waiting.push({ file: dailyFile(folder, at), line })
      // Later in this turn of the event loop, so that a cycle's lines go out together.
      writing ??= Promise.resolve().then(drain)
    },
    flush: async () => writing
  }
}

async function endsWithinLine(path: string): Promise<boolean> {
  try {
    const file = await openRegular(path, SAFELY)
    try {
      const { size } = await file.stat()
      const { buffer } = await file.read(Buffer.alloc(1), { position: Math.max(0, size - 1) })
      return size > 0 && buffer.toString() !== '\n'
    } finally {
      await file.close()
    }
  } catch {
    // Writing to it will say what is wrong.
    return false
  }
}

async function appendTo(path: string, text: string): Promise<void> {
  const file = await openRegular(path, APPEND)
  try {
    await file.appendFile(text)
  } finally {
    await file.close()
  }
}

async function openRegular(path: string, flags: number): Promise<FileHandle> {
  const file = await open(path, flags).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ELOOP') throw cause
    throw new Error(`${basename(path)} is a symbolic link, which is not followed`, { cause })
  })
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw new Error(`${basename(path)} is not a regular file`)
}

function inBatches(entries: readonly { file: string; line: string }[]): { file: string; lines: string[] }[] {
  const batches: { file: string; lines: string[]; characters: number }[] = []
  for (const { file, line } of entries) {
    const last = batches.at(-1)
    if (last?.file === file && last.characters + line.length < BATCH_CHARACTERS) {
      last.lines.push(line)
      last.characters += line.length
    } else {
      batches.push({ file, lines: [line], characters: line.length })
    }
  }
  return batches
}
