import type { Static } from 'typebox'
import * as Type from 'typebox'
import { CLIENT_AUTHS } from '../../http/listener/rules.ts'
import { parseDuration } from '../../text/durations.ts'
import { CLOSED, oneOf, text, type ValueSchema } from '../file-schema.ts'
import { CURVES, SUITES_12, SUITES_13, VERSIONS } from './tls-names.ts'

// A key or a password may be anywhere by mistake: no message repeats a value of this file.
const SECRET = { secret: true } as const

const PATH = Type.Optional(text(isPath, { takes: 'a path', ...SECRET }))
const PEM = (what: string) => Type.Optional(text(isNotBlank, { takes: `${what}, PEM`, ...SECRET }))
const VERSION = Type.Optional(oneOf(keysOf(VERSIONS), SECRET))

const TLS = Type.Object(
  {
    cert: PEM('a certificate'),
    key: PEM('a private key'),
    client_ca: PEM('CA certificates'),
    cert_file: PATH,
    key_file: PATH,
    client_ca_file: PATH,
    // The older name of RequireAnyClientCert is still taken by the toolkit.
    client_auth_type: Type.Optional(oneOf([...CLIENT_AUTHS, 'RequireClientCert'], SECRET)),
    client_allowed_sans: Type.Optional(
      Type.Array(text(isNotBlank, { takes: 'a DNS name, an address, an e-mail address or a URI', ...SECRET }))
    ),
    cipher_suites: Type.Optional(Type.Array(oneOf([...SUITES_13, ...keysOf(SUITES_12)], SECRET))),
    curve_preferences: Type.Optional(Type.Array(oneOf(keysOf(CURVES), SECRET))),
    min_version: VERSION,
    max_version: VERSION,
    prefer_server_cipher_suites: Type.Optional(
      Type.Boolean({ takes: 'true or false', ...SECRET } satisfies ValueSchema)
    )
  },
  CLOSED
)

// The toolkit's closed list (web/handler.go), with the values that it allows.
const HEADERS = Type.Object(
  {
    'Content-Security-Policy': headerValue(),
    'Strict-Transport-Security': headerValue(),
    'X-Content-Type-Options': Type.Optional(oneOf(['nosniff'], SECRET)),
    'X-Frame-Options': Type.Optional(oneOf(['deny', 'sameorigin'], SECRET)),
    'X-XSS-Protection': headerValue()
  },
  CLOSED
)

const HTTP = Type.Object(
  {
    http2: Type.Optional(
      Type.Literal(false, { takes: 'false: only HTTP/1.1 is supported', ...SECRET } satisfies ValueSchema)
    ),
    headers: Type.Optional(HEADERS)
  },
  CLOSED
)

const INTERVAL = { takes: 'a duration, such as 500ms, 1s or 1m30s, or 0 for no limit', ...SECRET }
const BURST = { minimum: 0, maximum: 2 ** 31 - 1, takes: 'a whole number, 0 or more', ...SECRET }
const RATE_LIMIT = Type.Object(
  {
    // Any other number without a unit means nanoseconds to Go.
    interval: Type.Optional(Type.Union([text(isInterval, INTERVAL), Type.Literal(0)], INTERVAL)),
    burst: Type.Optional(Type.Integer(BURST satisfies ValueSchema & object))
  },
  CLOSED
)

// The highest in the toolkit's own examples; a cost of 14 takes about two seconds, and each step more doubles that.
const MOST_COST = 18
const HASH = text(isBcryptHash, {
  takes: `a bcrypt hash of cost 4 to ${MOST_COST}, as htpasswd -nBC 10 "" prints it after the colon`,
  ...SECRET
})

/** The shape of a web config (exporter-toolkit, docs/web-configuration.md). */
export const WEB_CONFIG = Type.Object(
  {
    tls_server_config: Type.Optional(TLS),
    http_server_config: Type.Optional(HTTP),
    basic_auth_users: Type.Optional(Type.Record(Type.String(), HASH)),
    rate_limit: Type.Optional(RATE_LIMIT)
  },
  CLOSED
)

/** A web config as written in the file. */
export type WebConfigEntry = Static<typeof WEB_CONFIG>

/** Its part for TLS. */
export type TlsEntry = Static<typeof TLS>

/** As much of the shape as it takes to look for what does not go together in a file with other faults. */
export const TLS_PART = Type.Object({ tls_server_config: TLS })

/** The same for the users. */
export const USERS_PART = Type.Object({ basic_auth_users: Type.Record(Type.String(), Type.Unknown()) })

/** Every key that there is. */
export const KEYS: readonly string[] = [WEB_CONFIG, TLS, HTTP, HEADERS, RATE_LIMIT].flatMap(({ properties }) =>
  Object.keys(properties)
)

// YAML reads `X-XSS-Protection: 1` as a number, and Go turns it into a text again.
function headerValue() {
  const options = { takes: 'a header value: printable ASCII, not blank', ...SECRET }
  return Type.Optional(Type.Union([text(isHeaderValue, options), Type.Number(), Type.Boolean()], options))
}

function isNotBlank(text: string): boolean {
  return text.trim() !== ''
}

function isPath(text: string): boolean {
  return isNotBlank(text) && !/[\0\r\n]/.test(text)
}

function isHeaderValue(text: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)
}

// Only what Prometheus and Go write alike: Go has no days.
function isInterval(text: string): boolean {
  const ms = parseDuration(text)
  return ms !== null && !/[dwy]/.test(text)
}

function isBcryptHash(text: string): boolean {
  const cost = costOf(text)
  return cost >= 4 && cost <= MOST_COST
}

/** The cost of a bcrypt hash: how often it hashes, as a power of two; 0: not a bcrypt hash. */
export function costOf(hash: string): number {
  return Number(/^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1] ?? 0)
}

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(record) as Key[]
}
