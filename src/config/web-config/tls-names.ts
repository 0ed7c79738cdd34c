import type { TlsVersion } from '../../http/listener/rules.ts'

/**
 * OpenSSL's names for Go's TLS versions. Older versions would need a lower OpenSSL security level for all connections.
 */
export const VERSIONS: Readonly<Record<'TLS12' | 'TLS13', TlsVersion>> = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' }

/** OpenSSL's names for Go's elliptic curves (crypto/tls, CurveID). */
export const CURVES = {
  CurveP256: 'prime256v1',
  CurveP384: 'secp384r1',
  CurveP521: 'secp521r1',
  X25519: 'X25519',
  X25519MLKEM768: 'X25519MLKEM768'
} as const

/** The suites of TLS 1.3, whose names are the same everywhere. */
export const SUITES_13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] as const

/** OpenSSL's names for Go's suites of TLS 1.2 (crypto/tls, CipherSuites). */
const FORWARD_SECRET = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA'
} as const

/**
 * Insecure according to Go; exporter-toolkit accepted them until Go 1.22. Anybody who gets the key can decrypt all
 * traffic.
 */
const NOT_FORWARD_SECRET = {
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384'
} as const

/** OpenSSL's names for the accepted suites of TLS 1.2. */
export const SUITES_12 = { ...FORWARD_SECRET, ...NOT_FORWARD_SECRET }

export type Suite = (typeof SUITES_13)[number] | keyof typeof SUITES_12

/**
 * Go's suites as OpenSSL takes them. If none is of TLS 1.3, all three of TLS 1.3 are meant: Go cannot restrict them,
 * and Node would turn TLS 1.3 off.
 */
export function toOpenSsl(suites: readonly Suite[]): string {
  const of13 = suites.filter(isOf13)
  const of12 = suites.flatMap(suite => (isOf13(suite) ? [] : [SUITES_12[suite]]))
  return [...(of13.length === 0 ? SUITES_13 : of13), ...of12].join(':')
}

/** Whether a suite is one of TLS 1.3. */
export function isOf13(suite: Suite): suite is (typeof SUITES_13)[number] {
  return SUITES_13.some(name => name === suite)
}

/** Whether recorded traffic stays secret even if the server's key is stolen later. */
export function isForwardSecret(suite: Suite): boolean {
  return !(suite in NOT_FORWARD_SECRET)
}
