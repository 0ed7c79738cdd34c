import type { ListenerRules } from '../../http/listener/rules.ts'
import { certificatesIn, type PemCertificate } from '../../text/pem.ts'
import { utcTime } from '../../text/times.ts'
import { costOf, type WebConfigEntry } from './schema.ts'
import { isForwardSecret } from './tls-names.ts'

/** Something that is valid in a web config but may not be intended. */
export interface Warning {
  /** Where in the file. */
  readonly key: keyof WebConfigEntry
  readonly message: string
}

// Takes two seconds; each step more doubles that.
const USUAL_COST = 14

export interface Accepted {
  readonly rules: ListenerRules
  /** The rules that these replace; absent: none. */
  readonly before?: ListenerRules | undefined
  readonly now: number
}

/** What a person should know about an accepted web config. */
export function findWarnings(entry: WebConfigEntry, { rules, before, now }: Accepted): Warning[] {
  const { users, tls, rateLimit } = rules
  const warn = (isSo: boolean, key: Warning['key'], message: string) => (isSo ? [{ key, message }] : [])
  const isSlow = [...users.values()].some(hash => costOf(hash) > USUAL_COST)
  const hadUsers = before !== undefined && before.users.size > 0
  const withoutAuthority = Array.isArray(tls?.context.ca)
  // The first is the server's own.
  const outOfTime = whyOutOfTime(certificatesIn(tls?.context.cert ?? '').slice(0, 1), now)
  const verifies = tls?.clientAuth.includes('Verify') === true
  const authorityOutOfTime = verifies ? whyOutOfTime(certificatesIn(String(tls.context.ca)), now) : null
  const recordable = (entry.tls_server_config?.cipher_suites ?? []).filter(suite => !isForwardSecret(suite))
  return [
    ...warn(
      users.size === 0 && (entry.basic_auth_users !== undefined || hadUsers),
      'basic_auth_users',
      'no users: the port is open, and needs no password'
    ),
    ...warn(
      users.size > 0 && tls === null,
      'basic_auth_users',
      'without TLS, passwords cross the network in the clear'
    ),
    ...warn(isSlow, 'basic_auth_users', `a cost above ${USUAL_COST} makes each login take seconds; 10 is enough`),
    ...warn(
      withoutAuthority && tls?.clientAuth === 'RequireAndVerifyClientCert',
      'tls_server_config',
      'without client_ca_file no client certificate can be verified, so every client is refused'
    ),
    ...warn(
      withoutAuthority && tls?.clientAuth === 'VerifyClientCertIfGiven',
      'tls_server_config',
      'without client_ca_file no client certificate can be verified, so a client that sends one is refused'
    ),
    ...warn(outOfTime !== null, 'tls_server_config', `the certificate ${outOfTime}, so clients refuse it`),
    ...warn(
      authorityOutOfTime !== null,
      'tls_server_config',
      `the authority of clients ${authorityOutOfTime}, so every client certificate is refused`
    ),
    ...warn(
      recordable.length > 0,
      'tls_server_config',
      `${recordable.join(', ')}: anybody who gets the key can decrypt recorded traffic`
    ),
    ...warn(rateLimit?.burst === 0, 'rate_limit', 'a burst of 0, which is also the default, refuses every request'),
    ...warn(
      entry.rate_limit !== undefined && entry.rate_limit.interval === undefined,
      'rate_limit',
      'without an interval nothing is limited'
    )
  ]
}

// `null`: one of them is valid now, or there are none.
function whyOutOfTime(certificates: readonly PemCertificate[], now: number): string | null {
  const reasons = certificates.map(({ certificate }) => {
    if (certificate === null) return null
    if (certificate.validToDate.getTime() < now) return `expired at ${utcTime(certificate.validToDate.getTime())}`
    const from = certificate.validFromDate.getTime()
    return from > now ? `is not valid before ${utcTime(from)}` : null
  })
  return reasons.includes(null) ? null : (reasons[0] ?? null)
}
