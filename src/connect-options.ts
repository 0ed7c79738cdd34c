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
