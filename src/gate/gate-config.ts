/** How a server is asked. Relative files are resolved against the gate's file. */
export interface HttpAccess {
  /** Without a slash at its end. */
  readonly url: string
  /** Read anew for each run, for secrets rotate. Rejects with what is wrong with a file, never with what is in it. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>
  readonly caFile: string | null
  readonly clientCertFile: string | null
  readonly clientKeyFile: string | null
}

/** A gate file as the program uses it; `null`: not configured. Paths of files are absolute. */
export interface GateConfig {
  /** Of the gate file, absolute: what annotations and links are relative to, and what paths are shown relative to. */
  readonly folder: string
  readonly service: HttpAccess & { readonly name: string; readonly namespace: string | null }
  readonly prometheus: (HttpAccess & { readonly selector: string; readonly configFile: string | null }) | null
  readonly alertmanager: HttpAccess | null
  readonly metrics: {
    readonly path: string
    readonly prefix: string | null
    /** Not scraped by design. */
    readonly isPushed: boolean
    /** Type by name, without the prefix. */
    readonly required: Readonly<Record<string, MetricType>>
  }
  readonly rules: {
    readonly files: readonly string[] | null
    /** How many alerts each group has at least. */
    readonly groups: Readonly<Record<string, number>> | null
  }
  readonly alert: {
    readonly name: string
    /** A file, or an http(s) address. */
    readonly runbook: string | null
    readonly seenWithinMs: number
  } | null
  readonly runbooks: {
    readonly folder: string | null
    readonly sections: readonly string[]
    /** Whether links to http(s) are looked up too. */
    readonly follow: boolean
    readonly everyAlert: boolean
  }
  readonly health: readonly HealthEndpoint[]
  readonly drills: readonly Drill[]
  /** `id`: the last part of the item's id `document-…`. */
  readonly documents: readonly { readonly id: string; readonly path: string }[]
  /** Ids of items whose default is reversed. */
  readonly required: readonly string[]
  readonly optional: readonly string[]
  readonly waivers: readonly Waiver[]
  /** Of a request. */
  readonly timeoutMs: number
}

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary'

export interface HealthEndpoint {
  /** The last part of the item's id `health-endpoint-…`. */
  readonly id: string
  readonly path: string
  readonly status: number
  /** Names below `checks` in the answer, or wherever its framework puts them. */
  readonly checks: readonly string[]
  readonly timeoutMs: number
  readonly isHtml: boolean
}

export interface Drill {
  readonly name: string
  /** Commands of the user: printed, never run. */
  readonly break: string
  readonly restore: string
  readonly timeoutMs: number
  readonly shows: readonly Show[]
}

/** What must be seen while it is broken. */
export type Show =
  | {
      readonly kind: 'get'
      readonly path: string
      /** `null`: any. */
      readonly status: number | null
      /** Expected values by JSON pointer. */
      readonly json: Readonly<Record<string, unknown>>
      /** At least one sample begins with it. */
      readonly prefix: string | null
    }
  | { readonly kind: 'query'; readonly query: string; readonly value: number }
  | { readonly kind: 'alert'; readonly alert: string; readonly state: 'pending' | 'firing' }

interface Waiver {
  readonly item: string
  readonly reason: string
  readonly by: string | null
  /** YYYY-MM-DD */
  readonly until: string
}
