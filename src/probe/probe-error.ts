import type { Unseen } from '../domain/observation.ts'
import { unseen } from '../domain/observation.ts'
import type { ProbeReason } from '../domain/probe.ts'

/** A failure that is understood already, on its way through code that only carries errors (sockets, streams, undici). */
export class ProbeError extends Error {
  readonly failure: Unseen<ProbeReason>

  constructor(reason: ProbeReason, message: string) {
    super(message)
    this.name = 'ProbeError'
    this.failure = unseen(reason, message)
  }
}
