import { dirname, resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Reading } from '../../files/last-good.ts'
import { readPemFile, readTextFile } from '../../files/read-text.ts'
import type { YamlPath } from '../../files/read-yaml.ts'
import type { ListenerRules, RateLimit, TlsContext, TlsRules } from '../../http/listener/rules.ts'
import { parseDuration } from '../../text/durations.ts'
import { accepted, badInput, type Mistake, refused } from '../../text/mistake.ts'
import { authoritiesIn } from '../../text/pem.ts'
import { certificatesFault, keyFault } from '../certificates.ts'
import { parseWebConfig } from './parse.ts'
import type { TlsEntry, WebConfigEntry } from './schema.ts'
import { CURVES, toOpenSsl, VERSIONS } from './tls-names.ts'
import { findWarnings } from './warnings.ts'

const MAX_BYTES = 1024 * 1024

/** An accepted web config. */
export interface WebConfig {
  readonly rules: ListenerRules
  /** What may not be intended, one line each with the path in front. */
  readonly warnings: readonly string[]
}

/**
 * Reads a web config of at most 1 MiB, and the certificates and keys that it names, relative to its own folder.
 *
 * `before`: the rules of a listening server, which speaks either TLS or plain HTTP until it ends.
 */
export function readWebConfig(path: string, before?: WebConfig): Reading<WebConfig> {
  const file = readTextFile(path, MAX_BYTES)
  const parsed = file.ok ? parseWebConfig(file.value, path) : file
  if (!parsed.ok) return { result: parsed, files: [path] }
  const { value: entry, lineOf } = parsed.value
  const tls = entry.tls_server_config
  const where = (key: YamlPath) => `${path}:${lineOf(['tls_server_config', ...key])}: tls_server_config`
  const read = tls === undefined ? undefined : readTls(tls, dirname(path), where)
  const files = [path, ...(read?.files ?? [])]
  if (read?.result.ok === false) return { result: read.result, files }
  const rules = toRules(entry, read?.result.value ?? null)
  if (before !== undefined && (rules.tls === null) !== (before.rules.tls === null)) {
    const fixed = 'tls_server_config cannot be added or removed while the guard listens; restart to use it'
    return { result: refused([badInput(`${path}: ${fixed}`)]), files }
  }
  const warnings = findWarnings(entry, { rules, before: before?.rules, now: Date.now() }).map(
    ({ key, message }) => `${path}:${lineOf([key])}: ${key}: ${message}`
  )
  return { result: accepted({ rules, warnings }), files }
}

function toRules(
  { http_server_config: http, basic_auth_users: users, rate_limit: limit }: WebConfigEntry,
  tls: TlsRules | null
): ListenerRules {
  return {
    tls,
    headers: Object.fromEntries(Object.entries(http?.headers ?? {}).map(([name, value]) => [name, String(value)])),
    users: new Map(Object.entries(users ?? {})),
    rateLimit: toRateLimit(limit)
  }
}

function toRateLimit({ interval = 0, burst = 0 }: NonNullable<WebConfigEntry['rate_limit']> = {}): RateLimit | null {
  const intervalMs = parseDuration(String(interval)) ?? 0
  return intervalMs === 0 ? null : { intervalMs, burst }
}

function readTls(entry: TlsEntry, folder: string, where: (key: YamlPath) => string): Reading<TlsRules> {
  const files: string[] = []
  const mistakes: Mistake[] = []

  // The text under `name`, or in the file under `name_file`; reports what is wrong with it.
  function material(name: 'cert' | 'key' | 'client_ca', faultOf: (pem: string) => string | null): string | undefined {
    const fileKey = `${name}_file` as const
    const file = entry[fileKey]
    const key = file === undefined ? name : fileKey
    let pem = entry[name]
    if (file !== undefined) {
      const path = resolve(folder, file)
      files.push(path)
      const read = readPemFile(path, MAX_BYTES)
      if (read.ok) pem = read.value
      else
        for (const { message, kind } of read.mistakes)
          mistakes.push({ message: `${where([key])}.${key}: ${message}`, kind })
    }
    const fault = pem === undefined ? null : faultOf(pem)
    if (fault !== null) mistakes.push(badInput(`${where([key])}.${key}: ${fault}`))
    return pem
  }

  const cert = material('cert', certificatesFault)
  const key = material('key', pem => keyFault(pem, cert ?? ''))
  const ca = material('client_ca', certificatesFault)
  if (mistakes.length > 0 || cert === undefined || key === undefined) return { result: refused(mistakes), files }
  const { client_auth_type: auth = 'NoClientCert', client_allowed_sans: sans = null } = entry
  const verifies = auth === 'VerifyClientCertIfGiven' || auth === 'RequireAndVerifyClientCert'
  // Without any, Go trusts every authority that the machine trusts, and so nearly everybody. We trust nobody.
  const authorities = ca === undefined ? (verifies ? [] : undefined) : authoritiesIn(ca).join('\n')
  const context = toContext(entry, { cert, key, ...(authorities === undefined ? {} : { ca: authorities }) })
  const refusal = refusalOf(context)
  if (refusal !== null) return { result: refused([badInput(`${where([])}: ${refusal}`)]), files }
  const clientAuth = auth === 'RequireClientCert' ? 'RequireAnyClientCert' : auth
  return { result: accepted({ context, clientAuth, clientAllowedSans: sans }), files }
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

// OpenSSL has rules of its own, such as the least size of a key; its messages reveal nothing about the key.
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
