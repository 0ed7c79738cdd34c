import * as Value from 'typebox/value'
import type { YamlDocument } from '../../files/read-yaml.ts'
import type { Result } from '../../text/mistake.ts'
import { type CheckedDocument, type Fault, parseFile } from '../file-schema.ts'
import { KEYS, TLS_PART, type TlsEntry, USERS_PART, WEB_CONFIG } from './schema.ts'
import { isOf13 } from './tls-names.ts'

const FORMAT = {
  schema: WEB_CONFIG,
  takes: 'a web config is one YAML document, such as "{}" for plain HTTP without a password',
  findMore: findContradictions,
  // With a wrong indentation, a secret may become a key.
  knownKeys: KEYS
}

/**
 * Parses a web config; each mistake starts with `path` and the line. No message repeats anything that could be a key, a
 * hash or a password, wherever it stands.
 */
export function parseWebConfig(text: string, path: string): Result<CheckedDocument<typeof WEB_CONFIG>> {
  return parseFile(text, path, FORMAT)
}

// Finds parts that are valid by themselves but do not work together; skips parts with other faults.
function findContradictions({ value }: YamlDocument): Fault[] {
  return [
    ...(Value.Check(TLS_PART, value) ? inTls(value.tls_server_config) : []),
    ...(Value.Check(USERS_PART, value) ? inUsers(Object.keys(value.basic_auth_users)) : [])
  ]
}

function inTls(tls: TlsEntry): Fault[] {
  return [
    ...oneWay(tls, 'cert'),
    ...oneWay(tls, 'key'),
    ...(tls.client_ca !== undefined && tls.client_ca_file !== undefined ? [at('client_ca', twice('client_ca'))] : []),
    ...clientAuthFaults(tls),
    ...versionFaults(tls)
  ]
}

function oneWay(tls: TlsEntry, name: 'cert' | 'key'): Fault[] {
  const [inline, file] = [tls[name], tls[`${name}_file`]]
  if (inline !== undefined && file !== undefined) return [at(name, twice(name))]
  return inline === undefined && file === undefined
    ? [at(`${name}_file`, `missing; give a path here, or the PEM as ${name}`)]
    : []
}

function clientAuthFaults(tls: TlsEntry): Fault[] {
  const { client_auth_type: type = 'NoClientCert', client_allowed_sans: sans } = tls
  const ca = tls.client_ca === undefined ? 'client_ca_file' : 'client_ca'
  const hasCa = tls[ca] !== undefined
  const requires = type !== 'NoClientCert' && type.startsWith('Require')
  return [
    ...(hasCa && type === 'NoClientCert'
      ? [at(ca, 'has no effect without client_auth_type, such as RequireAndVerifyClientCert')]
      : []),
    ...(sans !== undefined && !requires
      ? [at('client_allowed_sans', 'needs client_auth_type RequireAnyClientCert or RequireAndVerifyClientCert')]
      : []),
    ...(sans?.length === 0
      ? [at('client_allowed_sans', 'empty, so every client would be refused; leave it out to accept any')]
      : [])
  ]
}

function versionFaults({
  min_version: min = 'TLS12',
  max_version: max = 'TLS13',
  cipher_suites: suites = []
}: TlsEntry): Fault[] {
  if (min > max) return [at('min_version', `${min} is above max_version ${max}`)]
  if (max === 'TLS13' || suites.length === 0 || !suites.every(isOf13)) return []
  return [at('cipher_suites', 'none of them works with TLS12, and max_version allows nothing newer')]
}

// RFC 7617: a colon ends the name.
function inUsers(names: readonly string[]): Fault[] {
  return names
    .filter(name => name.includes(':'))
    .map(name => ({
      path: ['basic_auth_users', name],
      message: () => 'a user with a colon in its name can never log in'
    }))
}

function twice(name: string): string {
  return `given twice, as ${name} and as ${name}_file; remove one`
}

function at(name: string, message: string): Fault {
  return { path: ['tls_server_config', name], message: () => message }
}
