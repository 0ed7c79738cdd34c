import type { Observed } from './observation.ts'
import type { ProbeTrace } from './probe-trace.ts'
import type { Question } from './target.ts'

/** Why a debug endpoint gave no usable report: the closed list of `keybuzz_debug_endpoint_failure{reason}`. */
export type FailureReason =
  | 'dns'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'http_status'
  | 'redirect'
  | 'too_large'
  | 'not_json'
  | 'no_version'
  | 'refused'

/** `not_asked`: the guard's own machine was in the way, so that nothing is known of the endpoint. */
export type ProbeReason = FailureReason | 'not_asked'

/**
 * What a service says of itself at its debug endpoint, without surrounding white space; cut at 129 characters, one more
 * than is shown.
 */
export interface DebugReport {
  /** `null`: the report has none, which is no failure where SHAs are compared. */
  readonly version: string | null
  /**
   * 7 to 64 hexadecimal digits, with or without `-dirty` after them; `null` where the report has none, or a placeholder
   * such as `unknown`.
   */
  readonly gitSha: string | null
}

/** One read of a debug endpoint. */
export interface Probe<Reason extends ProbeReason = FailureReason> {
  /** Unseen messages follow `Endpoint error: `; strings from outside in them are already cut. */
  readonly report: Observed<DebugReport, Reason>
  /** Of the last response of the exchange; `null` where no response came. */
  readonly httpStatus: number | null
  readonly durationMs: number
  /** What a person should know about the way to the report, whatever the outcome; absent: nothing. */
  readonly warning?: string
  /** How it went, step by step; absent: not kept, as for pods. */
  readonly trace?: ProbeTrace
}

/** A probe as it is remembered. */
export interface Observation extends Probe {
  /** The question as it was asked: an answer to one says nothing about another. */
  readonly target: Question
  /** When the probe ended, ms since the epoch. */
  readonly checkedAt: number
}
