import { X509Certificate } from 'node:crypto'

const BEGIN = '-----BEGIN CERTIFICATE-----'
const END = '-----END CERTIFICATE-----'

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
  for (;;) {
    const begin = text.indexOf(BEGIN, from)
    const end = begin < 0 ? -1 : text.indexOf(END, begin)
    if (end < 0) return found
    const pem = text.slice(begin, end + END.length)
    line += linesIn(text.slice(from, begin))
    found.push({ pem, line, certificate: parse(pem) })
    line += linesIn(pem)
    from = end + END.length
  }
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
