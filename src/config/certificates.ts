import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readPemFile } from '../files/read-text.ts'
import { accepted, badInput, inFile, type Result, refused } from '../text/mistake.ts'
import { certificatesIn } from '../text/pem.ts'

const MAX_BYTES = 4 * 1024 * 1024
const TAKES = 'ENDPOINT_CA_FILE takes PEM certificates'
// What Go's crypto/tls takes besides RSA and Ed25519, by OpenSSL's names.
const CURVES_OF_KEYS: readonly unknown[] = ['prime256v1', 'secp384r1', 'secp521r1']
const KEY = /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*$/m

/** Reads a file of PEM certificates; anything else in it, such as comments, is left out. */
export function readCertificates(path: string): Result<string> {
  const file = readPemFile(path, MAX_BYTES)
  if (!file.ok) return file
  const found = certificatesIn(file.value)
  if (found.length === 0) return refused([badInput(`${path}: contains no certificate; ${TAKES}`)])
  const broken = found.filter(({ certificate }) => certificate === null)
  if (broken.length === 0) return accepted(found.map(({ pem }) => `${pem}\n`).join(''))
  return refused(
    inFile(
      path,
      broken.map(({ line }) => badInput(`not a valid certificate; ${TAKES}`, line))
    )
  )
}

/** What is wrong with PEM certificates, one or more; `null`: nothing. */
export function certificatesFault(pem: string): string | null {
  const found = certificatesIn(pem)
  if (found.length === 0) return 'contains no PEM certificate'
  return found.every(({ certificate }) => certificate !== null) ? null : 'not a valid certificate'
}

/** What is wrong with a PEM private key, by itself or as the key of the first certificate; `null`: nothing. */
export function keyFault(pem: string, certificates: string): string | null {
  const key = KEY.test(pem) ? privateKeyOf(pem) : null
  if (key === null) return 'contains no readable private key; it takes PEM, not encrypted'
  if (!isTaken(key)) return 'not an RSA, Ed25519, or P-256, P-384 or P-521 ECDSA key'
  const certificate = certificatesIn(certificates)[0]?.certificate ?? null
  return certificate === null || certificate.checkPrivateKey(key) ? null : 'not the key of the certificate'
}

function isTaken({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  return type === 'rsa' || type === 'ed25519' || (type === 'ec' && CURVES_OF_KEYS.includes(details?.namedCurve))
}

function privateKeyOf(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    return null
  }
}
