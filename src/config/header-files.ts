import { type FollowFile, type Following, followFile } from '../files/follow-file.ts'
import { readHeaderFile } from './read-header-file.ts'

/** The secrets of the headers of a targets file, each as its file has it now. */
export interface HeaderFiles {
  /** Follows these files, and no others any more. Each has been read: `secrets` has what was in it, by path. */
  use(secrets: ReadonlyMap<string, string>): void
  /** The last good one; `undefined`: the file is not followed. */
  secretIn(path: string): string | undefined
  /** False: a file has changed since, and what it holds now is refused. */
  ok(): boolean
  close(): void
}

interface Followed {
  readonly following: Following
  secret: string
  ok: boolean
}

/**
 * Keeps the last good secret of a file that has gone or is broken: while a secret is rotated it may be so for a moment.
 * `onRefused` is called once for each version that is refused.
 */
export function createHeaderFiles(
  onRefused: (lines: readonly string[]) => void,
  follow: FollowFile = followFile
): HeaderFiles {
  const files = new Map<string, Followed>()

  function readAgain(path: string): void {
    const known = files.get(path)
    if (known === undefined) return
    const file = readHeaderFile(path)
    known.ok = file.ok
    if (file.ok) known.secret = file.secret
    else onRefused([file.mistake.message])
  }

  function drop(path: string): void {
    files.get(path)?.following.close()
    files.delete(path)
  }

  return {
    use: secrets => {
      for (const path of files.keys()) if (!secrets.has(path)) drop(path)
      for (const [path, secret] of secrets) {
        const known = files.get(path)
        if (known !== undefined) Object.assign(known, { secret, ok: true })
        else {
          files.set(path, { following: follow(path, { onChange: () => readAgain(path) }), secret, ok: true })
          // It may have changed before it was followed.
          readAgain(path)
        }
      }
    },
    secretIn: path => files.get(path)?.secret,
    ok: () => [...files.values()].every(({ ok }) => ok),
    close: () => {
      for (const path of files.keys()) drop(path)
    }
  }
}
