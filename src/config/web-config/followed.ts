import type { ListenerRules } from '../../domain/listener.ts'
import { type FollowFile, type Following, followFile } from '../../files/follow-file.ts'
import { ConfigError } from '../config-error.ts'
import { readWebConfig, type WebConfig } from './read.ts'

/** A web config as it is now. */
export interface FollowedWebConfig {
  /** Of the last good version. */
  current(): ListenerRules
  /** False: a file has changed since, and what they hold now is refused. */
  ok(): boolean
  close(): void
}

export interface WebConfigHandlers {
  /** Once for each new version that is refused: a line for each mistake. */
  onRefused(lines: readonly string[]): void
  readonly follow?: FollowFile
}

/**
 * Reads a web config and follows it, and every file that it names, until `close`.
 * Throws a `ConfigError` where the first read finds no good version.
 */
export function followWebConfig(
  path: string,
  { onRefused, follow = followFile }: WebConfigHandlers
): FollowedWebConfig {
  const followed = new Map<string, Following>()
  const close = () => {
    for (const following of followed.values()) following.close()
  }
  followOne(path)
  const first = read()
  if (!first.ok) {
    close()
    throw new ConfigError(first.mistakes)
  }
  let rules = first.rules
  let ok = true

  function followOne(file: string): void {
    followed.set(file, follow(file, { onChange: readAgain }))
  }

  // A file is followed before it is read, so that nothing is missed in between; which ones, the first read tells.
  function read(): WebConfig {
    const config = readWebConfig(path)
    const unfollowed = config.named.filter(file => !followed.has(file))
    if (unfollowed.length === 0) {
      if (config.named.length > 0) drop(config.named)
      return config
    }
    for (const file of new Set(unfollowed)) followOne(file)
    return read()
  }

  function drop(named: readonly string[]): void {
    for (const [file, following] of followed) {
      if (file === path || named.includes(file)) continue
      following.close()
      followed.delete(file)
    }
  }

  function readAgain(): void {
    const config = read()
    const mistakes = config.ok ? mistakesOfChange(config.rules) : config.mistakes.map(({ message }) => message)
    ok = mistakes.length === 0
    if (config.ok && ok) rules = config.rules
    else onRefused(mistakes)
  }

  // A listening server speaks the one or the other.
  function mistakesOfChange(next: ListenerRules): string[] {
    if ((next.tls === null) === (rules.tls === null)) return []
    return [`${path}: tls_server_config cannot come or go while we listen; restart to use it`]
  }

  return { current: () => rules, ok: () => ok, close }
}
