import { X509Certificate } from 'node:crypto'

// The labels that OpenSSL takes: the usual one, an old one, and that of the trust bundles of Fedora and Red Hat.
const BEGIN = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE-----)/g

/** A certificate of a PEM text. */
export interface PemCertificate {
  readonly pem: string
  /** Where it begins, from 1. */
  readonly line: number
  /** `null`: it is between the right lines, but is not a certificate. */
  readonly certificate: X509Certificate | null
}

/** The certificates of a PEM text, in its order; anything else, such as comments and keys, is passed over. */
export function certificatesIn(text: string): PemCertificate[] {
  const found: PemCertificate[] = []
  let line = 1
  let from = 0
  for (const { 1: label = '', index } of text.matchAll(BEGIN)) {
    const end = text.indexOf(`-----END ${label}`, index)
    if (end < 0) return found
    // It begins within the previous one.
    if (index < from) continue
    const pem = text.slice(index, end + `-----END ${label}`.length)
    line += linesIn(text.slice(from, index))
    found.push({ pem, line, certificate: parse(pem) })
    line += linesIn(pem)
    from = index + pem.length
  }
  return found
}

/**
 * The authorities of a PEM text, each by itself. In one text, OpenSSL would silently stop at the first certificate that
 * is broken or does not begin a line.
 */
export function authoritiesIn(text: string): string[] {
  return certificatesIn(text).flatMap(({ pem, certificate }) => (certificate === null ? [] : [pem]))
}

function linesIn(text: string): number {
  return text.split('\n').length - 1
}

function parse(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}
