import { getCACertificates } from 'node:tls'

/** Of a name with several addresses, each has so long to answer; Node's quarter of a second gives up far ones. */
export const ADDRESS_TIMEOUT_MS = 2_500

/**
 * What to trust where a person names an authority, in PEM: that one beside the usual ones, whoever issued its certificate,
 * as curl and Go do. Absent: the usual ones.
 */
export function trusting(ca: string | undefined) {
  return ca === undefined ? {} : { ca: [...getCACertificates('default'), ca], allowPartialTrustChain: true }
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
