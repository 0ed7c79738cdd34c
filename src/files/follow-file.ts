import { statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

/** Called from a poll, never after `close`; must not throw. */
export interface FileHandlers {
  /**
   * The file has changed or is gone, and has not changed since the last poll, or has kept changing for ten seconds. The
   * next poll waits for this call.
   */
  onChange(): Promise<void> | void
  /** The file is still as it was. */
  onUnchanged?(): void
}

export interface Following {
  close(): void
}

export type FollowFile = (path: string, handlers: FileHandlers) => Following

// A change is seen by one poll and read at the next: within half a second.
const INTERVAL_MS = 250
// Nobody takes that long to write one version; if new ones came faster than we look, none would ever be read.
const MOST_POLLS_UNSTILL = 40

/**
 * Follows a file by polling: sees edits in place, renames over it, the switched symlinks of a mounted ConfigMap, and a
 * file that goes and comes back. Start before the first read, so that nothing is missed in between. The timer keeps no
 * process alive.
 */
export function followFile(path: string, handlers: FileHandlers): Following {
  const poller = createPoller(path, handlers)
  let timer = setTimeout(tick, INTERVAL_MS).unref()
  let closed = false

  async function tick(): Promise<void> {
    await poller.poll()
    if (!closed) timer = setTimeout(tick, INTERVAL_MS).unref()
  }

  return {
    close: () => {
      closed = true
      clearTimeout(timer)
      poller.close()
    }
  }
}

/**
 * `followFile` without its timer: each `poll` looks at the file once, and does not report one that is still changing.
 */
export function createPoller(path: string, handlers: FileHandlers): { poll(): Promise<void>; close(): void } {
  let reported = fingerprintNow(path)
  let previous = reported
  let unstill = 0
  let closed = false

  async function poll(): Promise<void> {
    const current = await fingerprint(path)
    if (closed) return
    unstill = current === previous ? 0 : unstill + 1
    previous = current
    if (current === reported) return handlers.onUnchanged?.()
    if (unstill > 0 && unstill < MOST_POLLS_UNSTILL) return
    unstill = 0
    reported = current
    await handlers.onChange()
  }

  return {
    poll,
    close: () => {
      closed = true
    }
  }
}

interface Identity {
  readonly dev: bigint
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

// Of the file at the end of all symlinks.
async function fingerprint(path: string): Promise<string> {
  try {
    return printed(await stat(path, { bigint: true }))
  } catch (error) {
    return absence(error)
  }
}

function fingerprintNow(path: string): string {
  try {
    return printed(statSync(path, { bigint: true }))
  } catch (error) {
    return absence(error)
  }
}

function printed({ dev, ino, size, mtimeNs, ctimeNs }: Identity): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}

function absence(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
