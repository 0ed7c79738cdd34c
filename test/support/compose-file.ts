import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { findProgram } from './component.ts'
import { ROOT } from './files.ts'

/** A service of compose.yaml, as docker-compose understands it: variables filled in, short forms written out. */
export interface ComposeService {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** `source:target:mode`; a source that is a path is absolute. */
  readonly volumes: readonly string[]
  readonly ports?: readonly string[]
  /** As docker-compose writes it out: names, with settings or without. */
  readonly networks?: Readonly<Record<string, unknown>>
  readonly read_only: boolean
  readonly cap_drop: readonly string[]
  readonly security_opt: readonly string[]
  readonly restart: string
  readonly mem_limit?: string
  readonly healthcheck?: { readonly test: readonly string[] }
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
}

export interface Mount {
  readonly source: string
  readonly target: string
  readonly isReadOnly: boolean
}

/** Why tests with docker-compose must be skipped, if they must. */
export const dockerComposeMissing =
  findProgram('docker-compose') === undefined
    ? 'docker-compose is not on the PATH; Debian has it in its package of that name'
    : undefined

/**
 * What docker-compose makes of compose.yaml with these variables, those of this text of a file .env, and no others; throws
 * with its complaint.
 */
export function readComposeFile(variables: Readonly<Record<string, string>>, dotEnv = ''): ComposeFile {
  // In place of the file .env that a person may have here.
  const folder = mkdtempSync(join(tmpdir(), 'keybuzz-test-'))
  const envFile = join(folder, 'env')
  writeFileSync(envFile, dotEnv)
  const args = ['--env-file', envFile, '--project-directory', ROOT, '-f', join(ROOT, 'compose.yaml'), 'config']
  const env = { PATH: process.env.PATH, ...variables }
  const { status, stdout, stderr } = spawnSync('docker-compose', args, { env, encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  if (status !== 0) throw new Error(stderr)
  // A variable of a container that gets no value is not set there.
  return parse(stdout, (name, value) => (name !== 'environment' ? value : withoutNulls(value)))
}

function withoutNulls(map: unknown): object {
  return Object.fromEntries(Object.entries(Object(map)).filter(([, value]) => value !== null))
}

/** compose.yaml as it is written, where docker-compose is not needed. */
export function composeText(): string {
  return readFileSync(join(ROOT, 'compose.yaml'), 'utf8')
}

/** A service's mounts of files and folders of this machine; named volumes are left out. */
export function mountsOf({ volumes }: ComposeService): Mount[] {
  return volumes
    .map(volume => volume.split(':'))
    .filter(([source = '']) => source.startsWith('/'))
    .map(([source = '', target = '', mode]) => ({ source, target, isReadOnly: mode === 'ro' }))
}

/** Where a service's named volumes are mounted. */
export function namedVolumesOf({ volumes }: ComposeService): string[] {
  return volumes
    .map(volume => volume.split(':'))
    .filter(([source = '']) => !source.startsWith('/'))
    .map(([, target = '']) => target)
}

/** Throws where there is no service of that name. */
export function composeServiceOf({ services }: ComposeFile, name: string): ComposeService {
  const service = services[name]
  if (service === undefined) throw new Error(`compose.yaml has no service ${name}`)
  return service
}
