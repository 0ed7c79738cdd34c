import type { ConnectionLimits } from './connections.ts'

// Nobody sends a body here, and the headers of a scrape or a browser are small. An answer may take as long as a scrape
// in scrape mode, so only the request itself is bounded tightly; idle connections outlive the usual scrape intervals.
const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_TIMEOUT_MS = 5_000
export const HANDSHAKE_TIMEOUT_MS = 5_000
export const REQUEST_TIMEOUT_MS = 10_000
export const IDLE_CONNECTION_TIMEOUT_MS = 180_000
export const KEEP_ALIVE_TIMEOUT_MS = 75_000
export const BODY_LIMIT_BYTES = 1024

/** What every server is made with, in Node's words. */
export const HTTP_LIMITS = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  // How often Node looks whose time is over.
  connectionsCheckingInterval: 1_000
} as const

/** Far more than ever ask, and few enough to leave file descriptors for the probes' connections. */
export const CONNECTION_LIMITS: ConnectionLimits = { most: 512, mostBusy: 480, drainMs: 5_000 }

/** How many connections the kernel holds until they are taken: a burst of strangers must not make it drop a kubelet's. */
export const LISTEN_BACKLOG = 4096
