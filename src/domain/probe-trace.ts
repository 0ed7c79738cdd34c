/**
 * How one probe went, for a person. Every target keeps one, so it is compact: what the probes of one connection share is
 * one object, and so are headers that are alike. Strings from outside have been through `shown`.
 */
export interface ProbeTrace {
  /** One for each address that was asked, redirects included: at most four. Empty: nobody was asked. */
  readonly hops: readonly Hop[]
  /** Where in the report the version and the SHA were found; `null`: nowhere. */
  readonly versionPointer: string | null
  readonly gitShaPointer: string | null
  /** True: what only the other side knows is left out, for no rule says which annotated endpoints may be shown. */
  readonly isDiscreet: boolean
}

/** The connection that an answer came on. */
export type ConnectionUsed = 'new' | 'kept' | 'kept, then new'

/** One request and its answer. */
export interface Hop {
  /** Where a redirect led, without its query; `null`: the target's own endpoint. */
  readonly address: string | null
  readonly connection: ConnectionUsed
  /** `null`: no connection was begun. */
  readonly link: Link | null
  /** `null`: no response came. */
  readonly status: number | null
  /** Those that tell who answered and how old the answer is: names and values alternate. */
  readonly headers: readonly string[]
  /** `Age`, in seconds: how long a cache has kept the answer; `null`: none says. */
  readonly ageSeconds: number | null
  /** `Date`: the server's clock, ms since the epoch; `null`: it does not say. */
  readonly serverTime: number | null
  /** From the request to the first byte of the answer, a new connection included; whole ms; `null`: none came. */
  readonly headMs: number | null
  /** The same to its end, whatever it was. */
  readonly wholeMs: number
}

/**
 * How a connection was made; all later requests on it share this object. Durations in whole ms, `null`: it never came
 * to that.
 */
export interface Link {
  /** What the host resolves to, at most four; empty: it is an address itself, or may not be shown. */
  readonly addresses: readonly string[]
  /** How many there are beyond these. */
  readonly moreAddresses: number
  /** The connected address, of the endpoint or of the proxy; empty: none is, or it may not be shown. */
  readonly used: string
  /** Host and port of the proxy; empty: none is on the way. */
  readonly proxy: string
  /** `null`: no TLS, it never came to that, or it may not be shown. */
  readonly tls: TlsFacts | null
  readonly lookupMs: number | null
  /** Through the proxy, if there is one. */
  readonly connectMs: number | null
  readonly tlsMs: number | null
}

export interface TlsFacts {
  /** Such as `TLSv1.3`; empty: not known. */
  readonly version: string
  /** Of the server's certificate: its common name, else the first name that it is for; empty: it has none. */
  readonly subject: string
  readonly issuer: string
  /** ms since the epoch; `null`: not to be shown. */
  readonly validUntil: number | null
}
