import { getSystemErrorMessage } from 'node:util'

/** What the system would not let us do, in words for the person who configured it; `cause` is the system's error. */
export class Cannot extends Error {
  override readonly name = 'Cannot'

  /** `what` names the variable or option, and what was tried: `LOG_DIR: cannot write to /var/log/guard`. */
  constructor(what: string, cause: unknown) {
    super(`${what}: ${reasonOf(cause)}`, { cause })
  }
}

/** The promise's outcome; a failure becomes a `Cannot`. */
export function orCannot<Value>(what: string, work: Promise<Value>): Promise<Value> {
  return work.catch(cause => Promise.reject(new Cannot(what, cause)))
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return 'errno' in cause && typeof cause.errno === 'number' ? getSystemErrorMessage(cause.errno) : cause.message
}
