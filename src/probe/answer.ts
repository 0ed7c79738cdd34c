import type { Dispatcher } from 'undici'
import { BODY_LIMIT, tooLarge } from './read-body.ts'

/** The beginning of an answer. */
export interface Head {
  readonly statusCode: number
  readonly headers: Headers
}

/** Names in lower case; one that came several times has its values in a list. */
type Headers = Readonly<Record<string, string | string[] | undefined>>

/** An answer as it was sent, encoded as its headers say. */
export interface Answer extends Head {
  /** Empty where nobody wanted it. */
  readonly body: Uint8Array
}

/** Who waits for an answer. */
export interface AnswerPorts {
  /** Called with the final head; false: what follows it is not waited for. */
  wantsBody(head: Head): boolean
  onAnswer(answer: Answer): void
  /** Called once the last byte has come, also of a body that nobody wanted. */
  onEnd(): void
  onError(error: Error): void
}

/**
 * Collects an answer from undici's events: what its `request` makes of them, a stream and an iterator of it, costs more
 * than all the rest of a probe. A body beyond 64 KiB on the wire ends the connection with a ProbeError.
 */
export function collectAnswer({ wantsBody, onAnswer, onEnd, onError }: AnswerPorts): Dispatcher.DispatchHandler {
  let head: Head | undefined
  let isWanted = false
  const chunks: Uint8Array[] = []
  let size = 0
  return {
    onRequestStart: () => {},
    onResponseStart: (_controller, statusCode, headers) => {
      // RFC 9110 section 15.2: any number of these may come before the answer.
      if (statusCode < 200) return
      head = { statusCode, headers }
      isWanted = wantsBody(head)
      if (!isWanted) onAnswer({ ...head, body: Buffer.alloc(0) })
    },
    onResponseData: (controller, chunk) => {
      if (!isWanted) return
      size += chunk.length
      if (size > BODY_LIMIT) controller.abort(tooLarge())
      else chunks.push(chunk)
    },
    onResponseEnd: () => {
      onEnd()
      if (isWanted && head !== undefined) onAnswer({ ...head, body: Buffer.concat(chunks, size) })
    },
    onResponseError: (_controller, error) => onError(error)
  }
}
