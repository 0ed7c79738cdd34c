import type { Target } from '../domain/target.ts'
import type { FollowFile } from '../files/follow-file.ts'
import { followLastGood, type LastGood, type Reading } from '../files/last-good.ts'
import type { ListenerRules } from '../http/listener/rules.ts'
import type { DockerConfig } from '../registry/docker-config.ts'
import { accepted, type Mistake, refused } from '../text/mistake.ts'
import { readCertificates } from './certificates.ts'
import { ConfigError } from './config.ts'
import { readSecret } from './headers.ts'
import { readRegistryAuth } from './registries.ts'
import { headerFilesOf, readTargetsFile, type TargetDefaults } from './targets-file.ts'
import { readWebConfig, type WebConfig } from './web-config/read.ts'

/** A part of the configuration in its current version. */
export interface Followed<Value> {
  /** The value of the last good version. */
  current(): Value
  /** False: a file has changed since, and what it holds now is refused. */
  ok(): boolean
  close(): void
}

export interface FollowedTargets extends Followed<readonly Target[]> {
  /** The secret in a file that a header names, as it is now; `undefined`: no target's header names it any more. */
  secretIn(path: string): string | undefined
}

/** Called once for each new version that is refused, with a line for each mistake; with none once it is good again. */
type OnRefused = (lines: readonly string[]) => void

export interface TargetsHandlers {
  /** Called after each change of `current` or `ok`. */
  onChange(): void
  readonly onRefused: OnRefused
  /** The same for a file that a header names. */
  readonly onHeaderRefused: OnRefused
  readonly follow?: FollowFile
}

export interface WebConfigHandlers {
  readonly onRefused: OnRefused
  /** Called for each accepted version, the first one too, with its warnings, if any. */
  onTaken(warnings: readonly string[]): void
  readonly follow?: FollowFile
}

export interface RegistryAuthHandlers {
  readonly onRefused: OnRefused
  /** Called for each accepted version but the first. */
  onTaken(): void
  readonly follow?: FollowFile
}

export type CertificatesHandlers = Pick<RegistryAuthHandlers, 'onRefused' | 'follow'>

/** Targets, and the secrets of their headers by the paths of the files that they are in. */
interface TargetsAndSecrets {
  readonly targets: readonly Target[]
  readonly secrets: ReadonlyMap<string, string>
}

/**
 * Reads a targets file and follows it until `close`. Throws a `ConfigError` if the first read finds no good version.
 *
 * Each file that a header names is followed by itself: while a secret is rotated, its file may be gone or broken for a
 * moment. Its last good secret stays, and the other files are not affected.
 */
export function followTargets(path: string, defaults: TargetDefaults, handlers: TargetsHandlers): FollowedTargets {
  const following = handlers.follow === undefined ? {} : { follow: handlers.follow }
  const secretFiles = new Map<string, LastGood<string>>()
  const secretIn = (file: string) => secretFiles.get(file)?.current()
  const file = begin(
    followLastGood<TargetsAndSecrets>(path, {
      ...following,
      read: () => readTargetsAndSecrets(path, defaults, secretIn),
      onRefused: told(handlers.onRefused),
      onChange: () => {
        followSecrets(file.current().secrets)
        handlers.onChange()
      }
    })
  )
  followSecrets(file.current().secrets)

  function followSecrets(secrets: TargetsAndSecrets['secrets']): void {
    for (const [name, secretFile] of secretFiles) {
      if (secrets.has(name)) continue
      secretFile.close()
      secretFiles.delete(name)
    }
    for (const [name, initial] of secrets) {
      if (secretFiles.has(name)) continue
      const options = { ...following, initial, onRefused: told(handlers.onHeaderRefused) }
      const read = () => ({ result: readSecret(name), files: [name] })
      secretFiles.set(name, followLastGood(name, { ...options, read }))
    }
  }

  return {
    current: () => file.current().targets,
    secretIn,
    ok: () => [file, ...secretFiles.values()].every(({ mistakes }) => mistakes().length === 0),
    close: () => {
      for (const { close } of [file, ...secretFiles.values()]) close()
    }
  }
}

// Targets whose secret is not there yet are read again when it comes: kubelet may update the two in either order.
function readTargetsAndSecrets(
  path: string,
  defaults: TargetDefaults,
  secretIn: FollowedTargets['secretIn']
): Reading<TargetsAndSecrets> {
  const file = readTargetsFile(path, defaults)
  if (!file.ok) return { result: file, files: [path] }
  const secrets = new Map<string, string>()
  const awaited: string[] = []
  const mistakes: Mistake[] = []
  for (const name of headerFilesOf(file.value)) {
    const known = secretIn(name)
    const secret = known === undefined ? readSecret(name) : accepted(known)
    if (secret.ok) secrets.set(name, secret.value)
    else {
      awaited.push(name)
      mistakes.push(...secret.mistakes)
    }
  }
  const result = mistakes.length > 0 ? refused(mistakes) : accepted({ targets: file.value, secrets })
  return { result, files: [path, ...awaited] }
}

/**
 * Reads a web config and follows it, and every file that it names, until `close`.
 * Throws a `ConfigError` if the first read finds no good version.
 */
export function followWebConfig(
  path: string,
  { onRefused, onTaken, follow }: WebConfigHandlers
): Followed<ListenerRules> {
  const { current, mistakes, close } = begin(
    followLastGood<WebConfig>(path, {
      read: before => readWebConfig(path, before),
      onRefused: told(onRefused),
      onChange: () => {
        if (mistakes().length === 0) onTaken(current().warnings)
      },
      ...(follow === undefined ? {} : { follow })
    })
  )
  onTaken(current().warnings)
  return { current: () => current().rules, ok: () => mistakes().length === 0, close }
}

/**
 * Reads credentials of registries and follows the file until `close`. Throws a `ConfigError` if the first read finds no
 * good version.
 */
export function followRegistryAuth(
  path: string,
  { onRefused, onTaken, follow }: RegistryAuthHandlers
): Followed<DockerConfig> {
  const { current, mistakes, close } = begin(
    followLastGood<DockerConfig>(path, {
      read: () => ({ result: readRegistryAuth(path), files: [path] }),
      onRefused: told(onRefused),
      onChange: () => {
        if (mistakes().length === 0) onTaken()
      },
      ...(follow === undefined ? {} : { follow })
    })
  )
  return { current, ok: () => mistakes().length === 0, close }
}

/**
 * Reads trusted certificates in PEM and follows the file until `close`. Throws a `ConfigError` if the first read finds
 * no good version.
 */
export function followCertificates(path: string, { onRefused, follow }: CertificatesHandlers): Followed<string> {
  const { current, mistakes, close } = begin(
    followLastGood<string>(path, {
      read: () => ({ result: readCertificates(path), files: [path] }),
      onRefused: told(onRefused),
      ...(follow === undefined ? {} : { follow })
    })
  )
  return { current, ok: () => mistakes().length === 0, close }
}

function told(onRefused: OnRefused): (mistakes: readonly Mistake[]) => void {
  return mistakes => onRefused(mistakes.map(({ message }) => message))
}

function begin<Value>(files: LastGood<Value>): Omit<LastGood<Value>, 'current'> & { current(): Value } {
  const first = files.current()
  if (first !== undefined) return { ...files, current: () => files.current() ?? first }
  files.close()
  throw new ConfigError(files.mistakes())
}
