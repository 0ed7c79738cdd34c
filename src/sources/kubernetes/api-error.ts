/** Why the API server gave no usable answer; what the network did stays an error of Node's with its code. */
export type ApiFault =
  /** `message` is that of the Kubernetes Status in the answer, empty where there was none. */
  | { readonly kind: 'status'; readonly code: number; readonly message: string; readonly retryAfterMs: number }
  | { readonly kind: 'timeout'; readonly afterMs: number }
  | { readonly kind: 'credentials' }
  | { readonly kind: 'not_kubernetes' }
  | { readonly kind: 'too_large'; readonly limit: number }

/** Thrown from wherever in an exchange it went wrong, to the one place that waits and tries again. */
export class ApiError extends Error {
  readonly fault: ApiFault

  constructor(fault: ApiFault, cause?: unknown) {
    super(`API server: ${fault.kind}`, { cause })
    this.fault = fault
  }
}

/** The HTTP status of a failure, also of one that was told within a watch; `null`: no answer at all. */
export function statusOf(error: unknown): number | null {
  return error instanceof ApiError && error.fault.kind === 'status' ? error.fault.code : null
}

/** The code of a failure of the network, of TLS or of a stream; empty: another failure. */
export function networkCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** How long the server asked to be left alone, in milliseconds; 0: it did not. */
export function retryAfterOf(error: unknown): number {
  return error instanceof ApiError && error.fault.kind === 'status' ? error.fault.retryAfterMs : 0
}
