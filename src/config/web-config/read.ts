import { dirname, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { ListenerRules, TlsContext, TlsRules } from '../../domain/listener.ts'
import { bounded, type Mistake } from '../../files/mistake.ts'
import { readTextFile } from '../../files/read-text.ts'
import type { YamlPath } from '../../files/read-yaml.ts'
import { parseDuration } from '../../text/durations.ts'
import { badInput } from '../checked.ts'
import { certificatesFault, keyFault } from './key-material.ts'
import { parseWebConfig } from './parse.ts'
import type { TlsEntry, WebConfigEntry } from './schema.ts'
import { CURVES, toOpenSsl, VERSIONS } from './tls-names.ts'

const MAX_BYTES = 1024 * 1024

/** What a web config and the files that it names gave. */
export type WebConfig = {
  /** The paths that it names; empty where it could not be parsed. */
  readonly named: readonly string[]
} & (
  | { readonly ok: true; readonly rules: ListenerRules }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }
)

/** Reads a web config of at most 1 MiB, and the certificates and keys that it names, relative to its own folder. */
export function readWebConfig(path: string): WebConfig {
  const file = readTextFile(path, MAX_BYTES)
  if (!file.ok) return { ok: false, mistakes: [file.mistake], named: [] }
  const parsed = parseWebConfig(file.text)
  if (!parsed.ok) {
    const lines = parsed.mistakes.toSorted((one, other) => one.line - other.line)
    return {
      ok: false,
      mistakes: bounded(lines.map(({ line, message }) => `${path}:${line}: ${message}`)).map(badInput),
      named: []
    }
  }
  const { entry, lineOf } = parsed
  const tls = entry.tls_server_config
  const where = (key: YamlPath) => `${path}:${lineOf(['tls_server_config', ...key])}: tls_server_config`
  const read = tls === undefined ? undefined : readTls(tls, dirname(path), where)
  const named = read?.named ?? []
  if (read !== undefined && !read.ok) return { ok: false, mistakes: read.mistakes, named }
  return { ok: true, rules: toRules(entry, read?.tls ?? null), named }
}

function toRules(
  { http_server_config: http, basic_auth_users: users, rate_limit: limit }: WebConfigEntry,
  tls: TlsRules | null
): ListenerRules {
  return {
    tls,
    headers: http?.headers ?? {},
    users: new Map(Object.entries(users ?? {})),
    rateLimit: limit === undefined ? null : { intervalMs: parseDuration(limit.interval) ?? 0, burst: limit.burst }
  }
}

type ReadTls = { readonly named: readonly string[] } & (
  | { readonly ok: true; readonly tls: TlsRules }
  | { readonly ok: false; readonly mistakes: readonly Mistake[] }
)

function readTls(entry: TlsEntry, folder: string, where: (key: YamlPath) => string): ReadTls {
  const named: string[] = []
  const mistakes: Mistake[] = []

  // The text under `name`, or of the file under `name_file`; told what is wrong with it.
  function material(name: 'cert' | 'key' | 'client_ca', faultOf: (pem: string) => string | null): string | undefined {
    const fileKey = `${name}_file` as const
    const file = entry[fileKey]
    const key = file === undefined ? name : fileKey
    let pem = entry[name]
    if (file !== undefined) {
      const path = resolve(folder, file)
      named.push(path)
      const read = readTextFile(path, MAX_BYTES)
      if (read.ok) pem = read.text
      else mistakes.push({ ...read.mistake, message: `${where([key])}.${key}: ${read.mistake.message}` })
    }
    const fault = pem === undefined ? null : faultOf(pem)
    if (fault !== null) mistakes.push(badInput(`${where([key])}.${key}: ${fault}`))
    return pem
  }

  const cert = material('cert', certificatesFault)
  const key = material('key', pem => keyFault(pem, cert ?? ''))
  const ca = material('client_ca', certificatesFault)
  if (mistakes.length > 0 || cert === undefined || key === undefined) return { ok: false, mistakes, named }
  const context = toContext(entry, { cert, key, ...(ca === undefined ? {} : { ca }) })
  const refusal = refusalOf(context)
  if (refusal !== null) return { ok: false, mistakes: [badInput(`${where([])}: ${refusal}`)], named }
  const { client_auth_type: auth = 'NoClientCert', client_allowed_sans: sans = null } = entry
  const clientAuth = auth === 'RequireClientCert' ? 'RequireAnyClientCert' : auth
  return { ok: true, tls: { context, clientAuth, clientAllowedSans: sans }, named }
}

function toContext(entry: TlsEntry, material: Pick<TlsContext, 'cert' | 'key' | 'ca'>): TlsContext {
  const { cipher_suites: suites = [], curve_preferences: curves = [] } = entry
  return {
    ...material,
    ...(suites.length === 0 ? {} : { ciphers: toOpenSsl(suites) }),
    ...(curves.length === 0 ? {} : { ecdhCurve: curves.map(curve => CURVES[curve]).join(':') }),
    honorCipherOrder: entry.prefer_server_cipher_suites ?? true,
    minVersion: VERSIONS[entry.min_version ?? 'TLS12'],
    maxVersion: VERSIONS[entry.max_version ?? 'TLS13']
  }
}

// OpenSSL has rules of its own, such as the least size of a key; its words hold nothing of the key.
function refusalOf(context: TlsContext): string | null {
  try {
    createSecureContext(context)
    return null
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
    return `refused by OpenSSL: ${code
      .replace(/^ERR_(?:OSSL|SSL)_/, '')
      .replaceAll('_', ' ')
      .toLowerCase()}`
  }
}
