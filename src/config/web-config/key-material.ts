import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

// What Go's crypto/tls takes beside RSA and Ed25519, in OpenSSL's names.
const CURVES_OF_KEYS: readonly unknown[] = ['prime256v1', 'secp384r1', 'secp521r1']
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g
const KEY = /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*$/m

/** What is wrong with PEM certificates, one or more; `null`: nothing. */
export function certificatesFault(pem: string): string | null {
  const blocks = pem.match(CERTIFICATE) ?? []
  if (blocks.length === 0) return 'no PEM certificate in it'
  return blocks.every(block => certificateOf(block) !== null) ? null : 'not a valid certificate'
}

/** What is wrong with a PEM private key, or with it as the key of the first certificate; `null`: nothing. */
export function keyFault(pem: string, certificates: string): string | null {
  const key = KEY.test(pem) ? privateKeyOf(pem) : null
  if (key === null) return 'no private key in it that can be read; it takes PEM, not encrypted'
  if (!isTaken(key)) return 'not an RSA, an Ed25519 or a P-256, P-384 or P-521 ECDSA key'
  const certificate = certificateOf(certificates)
  return certificate === null || certificate.checkPrivateKey(key) ? null : 'not the key of the certificate'
}

function isTaken({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  return type === 'rsa' || type === 'ed25519' || (type === 'ec' && CURVES_OF_KEYS.includes(details?.namedCurve))
}

function certificateOf(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}

function privateKeyOf(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}
