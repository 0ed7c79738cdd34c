/**
 * The rules for whoever asks us: transport, passwords, headers, pace. Made from one version of `WEB_CONFIG_FILE`;
 * immutable.
 */
export interface ListenerRules {
  /** `null`: plain HTTP. */
  readonly tls: TlsRules | null
  /** Sent with every answer, in place of our own of the same name. */
  readonly headers: Readonly<Record<string, string>>
  /** Bcrypt hashes by user; empty: no password is asked for. */
  readonly users: ReadonlyMap<string, string>
  /** `null`: unlimited. */
  readonly rateLimit: RateLimit | null
}

export interface TlsRules {
  readonly context: TlsContext
  readonly clientAuth: ClientAuth
  /** A client's certificate must have one of these; `null`: any will do. */
  readonly clientAllowedSans: readonly string[] | null
}

/** In the words of `node:tls` (SecureContextOptions). */
export interface TlsContext {
  readonly cert: string
  readonly key: string
  /** Empty: no authority; absent: no client's certificate is verified. */
  readonly ca?: string | string[]
  readonly ciphers?: string
  readonly ecdhCurve?: string
  readonly honorCipherOrder: boolean
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/** As Go's crypto/tls names them. */
export const CLIENT_AUTHS = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert'
] as const

type ClientAuth = (typeof CLIENT_AUTHS)[number]

/** A token bucket: `burst` requests at once, then one for each interval. */
export interface RateLimit {
  readonly intervalMs: number
  readonly burst: number
}
