import { systemReason } from '../files/read-text.ts'

/** What the system would not let us do, in words for the person who configured it; `cause` is the system's error. */
export class IoError extends Error {
  override readonly name = 'IoError'

  /** A line for each thing that failed. */
  readonly lines: readonly string[]

  constructor(lines: readonly string[], cause: unknown) {
    super(lines.join('\n'), { cause })
    this.lines = lines
  }
}

/**
 * The promise's outcome; a failure becomes an `IoError`.
 *
 * `what` names the variable or option, and what was tried: `LOG_DIR: cannot write to /var/log/guard`.
 */
export function orIoError<Value>(what: string, work: Promise<Value>): Promise<Value> {
  return work.catch(cause => Promise.reject(new IoError([`${what}: ${reasonOf(cause)}`], cause)))
}

/** All outcomes, once all have ended; if some are an `IoError`, they are reported together. */
export async function allOrIoError<Works extends readonly unknown[]>(
  works: readonly [...Works]
): Promise<{ [Index in keyof Works]: Awaited<Works[Index]> }> {
  const outcomes: readonly PromiseSettledResult<unknown>[] = await Promise.allSettled(works)
  const causes = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
  const unexpected = causes.find(cause => !(cause instanceof IoError))
  if (unexpected !== undefined) throw unexpected
  if (causes.length > 0)
    throw new IoError(
      causes.flatMap(cause => cause.lines),
      causes[0]
    )
  return Promise.all(works)
}

/** Writes to standard output. A reader who has seen enough, such as `head`, closes the pipe: that is not a failure. */
export function print(text: string, stdout: NodeJS.WritableStream): Promise<void> {
  const written = new Promise<void>((resolve, reject) => {
    stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? resolve() : reject(error)))
    stdout.write(text, error => error ?? resolve())
  })
  return orIoError('cannot write to standard output', written)
}

function reasonOf(cause: unknown): string {
  return systemReason(cause) ?? (cause instanceof Error ? cause.message : String(cause))
}
