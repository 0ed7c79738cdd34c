import { X509Certificate } from 'node:crypto'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

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
  let line = 1
  let counted = 0
  return [...text.matchAll(CERTIFICATE)].map(({ 0: pem, index }) => {
    line += text.slice(counted, index).split('\n').length - 1
    counted = index
    return { pem, line, certificate: parse(pem) }
  })
}

function parse(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem)
  } catch {
    return null
  }
}
