/** What a failed verification is explained with. */
export interface CertificateFacts {
  /** When the first certificate of the chain ends to be valid; `YYYY-MM-DD`, `null` where it cannot be told. */
  readonly expires: string | null
  /** When the last certificate of the chain begins to be valid; as above. */
  readonly begins: string | null
  /** Host names and addresses that the server's certificate is for. */
  readonly names: readonly string[]
}

/** What is read of a `DetailedPeerCertificate` of Node; each field may be missing in a strange one, whatever its types say. */
export interface ReadCertificate {
  readonly valid_from?: string
  readonly valid_to?: string
  readonly subjectaltname?: string | undefined
  readonly subject?: { readonly CN?: string | string[] }
  /** The last certificate of a chain is its own issuer. */
  readonly issuerCertificate?: ReadCertificate
}

/** Reads the facts from the server's certificate and those above it. */
export function certificateFacts(certificate: ReadCertificate): CertificateFacts {
  const chain = chainOf(certificate)
  return {
    expires: day(Math.min(...chain.map(({ valid_to }) => Date.parse(valid_to ?? '')))),
    begins: day(Math.max(...chain.map(({ valid_from }) => Date.parse(valid_from ?? '')))),
    names: namesOf(certificate)
  }
}

function chainOf(certificate: ReadCertificate): ReadCertificate[] {
  const chain = new Set<ReadCertificate>()
  for (let next: ReadCertificate | undefined = certificate; next !== undefined && !chain.has(next); ) {
    chain.add(next)
    next = next.issuerCertificate
  }
  return [...chain]
}

function namesOf({ subjectaltname, subject }: ReadCertificate): string[] {
  if (subjectaltname === undefined) return [String(subject?.CN ?? 'nobody')]
  return subjectaltname.split(', ').map(name => name.replace(/^(?:DNS|IP Address):/, ''))
}

function day(ms: number): string | null {
  return Number.isNaN(ms) ? null : new Date(ms).toISOString().slice(0, 10)
}
