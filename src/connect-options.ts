import { getCACertificates } from 'node:tls'
import { authoritiesIn } from './text/pem.ts'

/** How long each address of a name with several has to answer; Node's quarter of a second gives up on far ones. */
export const ADDRESS_TIMEOUT_MS = 2_500

/**
 * What to trust when a person names an authority, in PEM: that one besides the usual ones, whoever issued its
 * certificate, as curl and Go do. Absent: the usual ones.
 */
export function trusting(ca: string | undefined) {
  return ca === undefined
    ? {}
    : { ca: [...getCACertificates('default'), ...authoritiesIn(ca)], allowPartialTrustChain: true }
}

/**
 * Rejects with the signal's reason when that comes first: for work that cannot be aborted, such as a plugin's, or a
 * connection that undici is still making.
 */
export function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}
