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
  /** Empty if nobody wanted it. */
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
  /** From the request to the head of the answer, including a new connection; `null`: none came. */
  readonly headMs: number | null
  /** From the request to the end of the answer. */
  readonly wholeMs: number
}

/** Of a body, on the wire and decoded. */
export const BODY_LIMIT = 64 * 1024
export const REPORT_TOO_LARGE = 'report is larger than 64 KiB'

/** Whether the server ends the connection after this answer. */
export function closes({ headers }: Head): boolean {
  return /\bclose\b/i.test(String(headers.connection))
}
