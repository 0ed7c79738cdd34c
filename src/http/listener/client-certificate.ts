import type { X509Certificate } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import type { TlsRules } from './rules.ts'

/** What a TLS handshake says about a client. */
export interface ClientFacts {
  /** Absent: the client sent none. */
  readonly certificate: X509Certificate | undefined
  /** Whether an authority that we trust has signed it. */
  readonly verified: boolean
}

/** Whether a client may go on after its handshake (Go's crypto/tls, ClientAuthType; exporter-toolkit's SANs). */
export function isLetIn({ clientAuth, clientAllowedSans }: TlsRules, { certificate, verified }: ClientFacts): boolean {
  if (clientAuth === 'NoClientCert' || clientAuth === 'RequestClientCert') return true
  if (certificate === undefined) return clientAuth === 'VerifyClientCertIfGiven'
  if (clientAuth !== 'RequireAnyClientCert' && !verified) return false
  return clientAllowedSans === null || sansOf(certificate).some(san => clientAllowedSans.includes(san))
}

// Node prints them by kind: `DNS:a.example, IP Address:10.0.0.1, email:a@example, URI:spiffe://a`; as JSON where there
// is a comma or a quote in one. A quote that nothing closes goes to the end: searching on from there would take
// forever.
function sansOf({ subjectAltName = '' }: X509Certificate): string[] {
  const parts = subjectAltName.match(/(?:[^,"]|"(?:[^"\\]|\\[\s\S]?)*(?:"|$))+/g) ?? []
  return parts.flatMap(part => {
    const [, kind, value] = /^\s*(DNS|IP Address|email|URI):(.*)$/.exec(part) ?? []
    if (value === undefined) return []
    return [kind === 'IP Address' ? canonicalAddress(value) : unquoted(value)]
  })
}

// Go writes ::1 where OpenSSL writes 0:0:0:0:0:0:0:1.
function canonicalAddress(text: string): string {
  if (!ipaddr.isValid(text)) return text
  const address = ipaddr.parse(text)
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString()
}

function unquoted(value: string): string {
  try {
    return value.startsWith('"') ? String(JSON.parse(value)) : value
  } catch {
    return value
  }
}
