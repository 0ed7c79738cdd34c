import type { Target } from '../domain/target.ts'
import { type FollowFile, followFile } from '../files/follow-file.ts'
import { ConfigError } from './config-error.ts'
import { createHeaderFiles } from './header-files.ts'
import { readTargetsFile } from './read-targets-file.ts'
import type { TargetDefaults } from './targets-file.ts'

/** The targets of a file as they are now. */
export interface FollowedTargets {
  /** Of the last good version. */
  current(): readonly Target[]
  /** The secret in a file that a header names, as it is now; `undefined`: no target's header names it any more. */
  secretIn(path: string): string | undefined
  /** False: the file, or one that a header names, has changed since, and what it holds now is refused. */
  ok(): boolean
  close(): void
}

export interface TargetsHandlers {
  /** After each change of `current` or `ok`. */
  onChange(): void
  /** Once for each new version that is refused: a line for each mistake. */
  onRefused(lines: readonly string[]): void
  /** The same for a file that a header names. */
  onHeaderRefused(lines: readonly string[]): void
  readonly follow?: FollowFile
}

/**
 * Reads a targets file and follows it until `close`; a file that has gone is refused like a broken one.
 * Throws a `ConfigError` where the first read finds no good version.
 */
export function followTargets(path: string, defaults: TargetDefaults, handlers: TargetsHandlers): FollowedTargets {
  const { onChange, onRefused, onHeaderRefused, follow = followFile } = handlers
  const headerFiles = createHeaderFiles(onHeaderRefused, follow)
  const following = follow(path, { onChange: readAgain })
  const first = readTargetsFile(path, defaults)
  if (!first.ok) {
    following.close()
    throw new ConfigError(first.mistakes)
  }
  headerFiles.use(first.secrets)
  let targets = first.targets
  let ok = true

  function readAgain(): void {
    const file = readTargetsFile(path, defaults)
    ok = file.ok
    if (file.ok) {
      headerFiles.use(file.secrets)
      targets = file.targets
    } else onRefused(file.mistakes.map(({ message }) => message))
    onChange()
  }

  return {
    current: () => targets,
    secretIn: headerFiles.secretIn,
    ok: () => ok && headerFiles.ok(),
    close: () => {
      following.close()
      headerFiles.close()
    }
  }
}
