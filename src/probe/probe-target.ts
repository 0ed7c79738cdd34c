import { STATUS_CODES } from 'node:http'
import type { Observed } from '../domain/observation.ts'
import { unseen } from '../domain/observation.ts'
import type { DebugReport, FailureReason, Probe, ProbeReason } from '../domain/probe.ts'
import type { ProbedTarget } from '../domain/target.ts'
import type { Pace } from '../pace.ts'
import type { AllowRules } from './allow.ts'
import { canonicalHost, refusalOfHost } from './allow.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { parseEndpoint, parseRedirect } from './endpoint-url.ts'
import type { Answer, Head } from './http-connection.ts'
import { canReadBody, parseReport, readBody } from './parse-report.ts'
import { sendRequest } from './request.ts'
import { type SecretHeaders, type SecretIn, secretHeaders } from './secret-headers.ts'

/** What an exchange works with. */
export interface ProbeMeans {
  readonly allow: AllowRules
  /** To any address. */
  readonly trusted: ConnectionPool
  /** To what `allow` admits. Apart from the others, so that no kept connection is ever borrowed across that line. */
  readonly guarded: ConnectionPool
  readonly secretIn: SecretIn
  /** Waited for before each answer is read. */
  readonly pace: Pace
  readonly signal: AbortSignal
}

type Outcome = Pick<Probe<ProbeReason>, 'report' | 'httpStatus'>
type Step =
  | { readonly redirect: Observed<URL, FailureReason> }
  | { readonly report: Observed<DebugReport, FailureReason> }

const MOST_REDIRECTS = 3
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/**
 * Reads a target's report, over redirects where it must. Its headers go to the endpoint's own origin, and to nobody once a
 * redirect has led away from it: who is asked then, and where he leads back to, is another's choice. Only the host that a targets file names is trusted: what an
 * annotation names, or a redirect to another host, must be allowed. Never rejects.
 */
export async function probeTarget(target: ProbedTarget, means: ProbeMeans): Promise<Outcome> {
  const endpoint = parseEndpoint(target.endpoint)
  if (!endpoint.seen) return { report: endpoint, httpStatus: null }
  const secret = secretHeaders(target, means.secretIn)
  if (secret === null) return { report: unseen('refused', 'the file of a header is not read'), httpStatus: null }
  let url = endpoint.value
  let isAtHome = true
  let httpStatus: number | null = null
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const isTrusted = target.origin === 'file' && isSameHost(url, endpoint.value)
    const refusal = isTrusted ? null : refusalOfHost(means.allow, url.hostname)
    if (refusal !== null) return { report: unseen('refused', refusal), httpStatus }
    const pool = isTrusted ? means.trusted : means.guarded
    const from = url
    isAtHome &&= url.origin === endpoint.value.origin
    const request = {
      url,
      headers: isAtHome ? secret.headers : {},
      pool,
      pace: means.pace,
      signal: means.signal
    }
    const reply = await sendRequest(request, {
      wantsBody,
      read: answer => takeStep(answer, { url: from, target, secret })
    })
    httpStatus = reply.httpStatus ?? httpStatus
    if (!reply.result.seen) return { report: reply.result, httpStatus }
    const step = reply.result.value
    if ('report' in step) return { report: step.report, httpStatus }
    if (!step.redirect.seen) return { report: step.redirect, httpStatus }
    url = step.redirect.value
  }
  return { report: unseen('redirect', `more than ${MOST_REDIRECTS} redirects`), httpStatus }
}

interface Asked {
  readonly url: URL
  readonly target: ProbedTarget
  readonly secret: SecretHeaders
}

function wantsBody(head: Head): boolean {
  return isWell(head.statusCode) && canReadBody(head)
}

function takeStep({ statusCode, headers: given, body }: Answer, asked: Asked): Step {
  const { url, target, secret } = asked
  const headers = redactHeaders(given, secret)
  if (REDIRECTS.includes(statusCode)) return { redirect: parseRedirect(headers.location, url) }
  if (!isWell(statusCode)) {
    // The reason phrase is ours: the server's may say anything.
    const phrase = STATUS_CODES[statusCode]
    return { report: unseen('http_status', `HTTP ${statusCode}${phrase === undefined ? '' : ` ${phrase}`}`) }
  }
  return { report: parseReport(readBody({ statusCode, headers, body }), target, secret.redact) }
}

function isWell(statusCode: number): boolean {
  return statusCode >= 200 && statusCode <= 299
}

function redactHeaders(headers: Head['headers'], { redact }: SecretHeaders): Head['headers'] {
  const redactValue = (value: string | string[] | undefined) =>
    typeof value === 'string' ? redact(value) : value?.map(redact)
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redactValue(value)]))
}

function isSameHost(one: URL, other: URL): boolean {
  return canonicalHost(one.hostname) === canonicalHost(other.hostname)
}
