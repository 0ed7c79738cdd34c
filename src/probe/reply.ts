import type { Observed } from '../domain/observation.ts'
import type { ProbeReason } from '../domain/probe.ts'
import type { ConnectionUsed, Link } from '../domain/probe-trace.ts'

/** The beginning of an answer. */
export interface Head {
  readonly statusCode: number
  /** Names in lower case; one that came several times has its values in a list. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** An answer as it was sent, encoded as its headers say. */
export interface Answer extends Head {
  /** Empty where nobody wanted it. */
  readonly body: Uint8Array
  /** The first piece of what came on the wire. */
  readonly beginning: Uint8Array
}

/** What became of one GET. */
export interface Reply {
  readonly answer: Observed<Answer, ProbeReason>
  readonly connection: ConnectionUsed
  /** `null`: no response came. */
  readonly statusCode: number | null
  /** How many came on the wire, headers included. */
  readonly bytes: number
  /** How the connection was made; `null`: none was begun. */
  readonly link: Link | null
  /** From the request to the head of the answer, a new connection included, and to its end. `null`: none came. */
  readonly headMs: number | null
  readonly wholeMs: number
}

/** Of a body, on the wire and decoded. */
export const BODY_LIMIT = 64 * 1024
export const REPORT_TOO_LARGE = 'report is larger than 64 KiB'

/** Whether a server ends the connection behind this answer. */
export function closes({ headers }: Head): boolean {
  return /\bclose\b/i.test(String(headers.connection))
}
