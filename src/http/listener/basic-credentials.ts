/** What a client says it is. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Reads an Authorization header of the scheme Basic (RFC 7617); `null`: there is none, or it is malformed. */
export function readBasicCredentials(header: string | undefined): Credentials | null {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return null
  const decoded = Buffer.from(encoded, 'base64').toString()
  const colon = decoded.indexOf(':')
  return colon < 0 ? null : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
