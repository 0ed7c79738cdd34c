import { ApiError, statusOf } from './api-error.ts'

/** How a watch ended; `error` is `null` where the server ended it in good order. */
export interface WatchEnding {
  readonly error: unknown
  readonly isAccepted: boolean
  /** It was accepted, and lived for a while. */
  readonly wasSteady: boolean
}

/** Whether an ending is worth telling: an expired history is not, nor is a watch that was cut off and goes on. */
export function isNews({ error, isAccepted }: WatchEnding): boolean {
  return error !== null && statusOf(error) !== 410 && !(isAccepted && isConnectionLost(error))
}

/**
 * Whether to watch again from the same place, without a list.
 *
 * A server that was gone may come back with another history, where resource versions begin anew. It takes ours for
 * one of the future, and is silent until it gets there (kubernetes/kubernetes#107457).
 */
export function canResume({ error, isAccepted, wasSteady }: WatchEnding): boolean {
  if (isAccepted) return wasSteady && (error === null || isConnectionLost(error))
  const status = statusOf(error)
  return status === 401 || status === 403
}

/** The exchange broke off or went silent, but what came of it was right. */
function isConnectionLost(error: unknown): boolean {
  return !(error instanceof ApiError) || error.fault.kind === 'timeout'
}
