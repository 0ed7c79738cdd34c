import { STATUS_CODES } from 'node:http'
import type { Observed, Unseen } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'
import type { DebugReport, FailureReason, Probe, ProbeReason } from '../domain/probe.ts'
import type { Hop } from '../domain/probe-trace.ts'
import type { ProbedTarget } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import type { Pace } from '../event-loop.ts'
import { type ProxyRules, proxyFor } from '../proxy-environment.ts'
import type { AllowRules } from './allow.ts'
import { canonicalHost, describeRefusal, isUnbound, namesHost, refusalOfHost, refusalOfPod } from './allow.ts'
import type { ConnectionPool } from './connection-pool.ts'
import type { Deadline } from './deadline.ts'
import { parseEndpoint, parseRedirect } from './endpoint-url.ts'
import type { Answer, Head } from './http-connection.ts'
import { canReadBody, type Reading, readReport } from './parse-report.ts'
import { type Asked, sendRequest } from './retry.ts'
import { type SecretHeaders, type SecretIn, secretHeaders } from './secret-headers.ts'
import { type HeaderReader, traceHop } from './trace.ts'

/** What a probe works with. */
export interface ProbeMeans {
  readonly allow: AllowRules
  readonly proxies: ProxyRules
  /** To any address. */
  readonly trusted: ConnectionPool
  /** To what `allow` admits. Apart from the others, so that no kept connection is ever borrowed across that line. */
  readonly guarded: ConnectionPool
  readonly secretIn: SecretIn
  /** Waited for before each answer is read. */
  readonly pace: Pace
  readonly readHeaders: HeaderReader
}

/** One probe, from its first request to its last. */
export interface Exchange {
  readonly deadline: Deadline
  /** Called after each address that was asked; absent: nobody wants to know. */
  readonly onAsked?: (url: URL, asked: Asked) => void
}

type Outcome = Pick<Probe<ProbeReason>, 'report' | 'httpStatus' | 'warning' | 'trace'>
type Step =
  | { readonly redirect: Observed<URL, FailureReason> }
  | { readonly report: Observed<DebugReport, FailureReason> }

const MOST_REDIRECTS = 3
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
// What a 400 may say of TLS: nginx, Go, Apache.
const NO_CERTIFICATE = /No required SSL certificate was sent/i
const PLAIN_TO_TLS =
  /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled server/i
const ANOTHER_HOST = unseen('redirect', 'redirects to another host, so the answer is not from this pod')
const WARNING = 'its address redirects from https to http: anybody on the way can change the answer'

/**
 * Reads a target's report, over redirects where it must. Its headers go to the endpoint's own origin, and to nobody once a
 * redirect has led away from it: who is asked then, and where he leads back to, is another's choice. Only the host that a
 * targets file names is trusted: what an annotation names, a pod's own address, or a redirect to another host, must be
 * allowed. A pod is asked directly, and answers for itself: where it redirects to another host, it gave no report. Never
 * rejects.
 *
 * The trace is kept for endpoints only: pods are many, and their answers are compared with each other.
 */
export async function probeTarget(target: ProbedTarget, means: ProbeMeans, exchange: Exchange): Promise<Outcome> {
  const path: Path = { hops: [], versionPointer: null, gitShaPointer: null, httpStatus: null, warning: undefined }
  // Anybody who can annotate could choose whose answers are shown: without ENDPOINT_ALLOW they are not shown.
  const isDiscreet = target.origin !== 'file' && isUnbound(means.allow)
  const report = await followPath(target, means, { exchange, path, isDiscreet })
  const { hops, versionPointer, gitShaPointer, httpStatus, warning } = path
  const outcome = warning === undefined ? { report, httpStatus } : { report, httpStatus, warning }
  if (target.pod !== undefined || hops.length === 0) return outcome
  return { ...outcome, trace: { hops, versionPointer, gitShaPointer, isDiscreet } }
}

/** What is noted on the way. */
interface Path {
  hops: readonly Hop[]
  versionPointer: string | null
  gitShaPointer: string | null
  /** `null`: no response came. */
  httpStatus: number | null
  warning: string | undefined
}

async function followPath(
  target: ProbedTarget,
  means: ProbeMeans,
  { exchange, path, isDiscreet }: { readonly exchange: Exchange; readonly path: Path; readonly isDiscreet: boolean }
): Promise<Outcome['report']> {
  const { allow, proxies } = means
  const endpoint = parseEndpoint(target.endpoint)
  const { pod } = target
  const podRefusal = pod === undefined ? null : refusalOfPod(allow, pod, endpoint.seen ? endpoint.value.hostname : '')
  if (podRefusal !== null) return unseen('refused', podRefusal)
  if (!endpoint.seen) return endpoint
  const secret = secretHeaders(target, means.secretIn)
  if (secret === null) return unseen('refused', 'the file of a header has not been read')
  const home = endpoint.value
  let url = home
  let isAtHome = true
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const isElsewhere = !isSameHost(url, home)
    if (isElsewhere && pod !== undefined) return ANOTHER_HOST
    const isTrusted = target.origin === 'file' && pod === undefined && !isElsewhere
    const name = isDiscreet && isElsewhere ? 'the host of a redirect' : url.hostname
    const refusal = isTrusted ? null : refusalOfHost(allow, url.hostname)
    if (refusal !== null) return unseen('refused', name === url.hostname ? refusal : describeRefusal(name))
    isAtHome &&= url === home || url.origin === home.origin
    const proxy = pod === undefined ? proxyFor(url, proxies) : null
    const asked = await sendRequest({
      to: {
        url,
        name,
        asker: isTrusted ? { isOperator: true } : { isOperator: false, tenant: target.namespace },
        // Behind a proxy nobody sees which address a name leads to.
        proxy: proxy !== null && (isTrusted || namesHost(allow, url.hostname)) ? proxy : null
      },
      headers: isAtHome ? secret.headers : {},
      pool: isTrusted ? means.trusted : means.guarded,
      deadline: exchange.deadline,
      wantsBody
    })
    exchange.onAsked?.(url, asked)
    path.httpStatus = asked.statusCode ?? path.httpStatus
    const answer = withoutSecrets(asked.answer, secret)
    const hop = traceHop(asked, {
      address: url === home ? null : describeAddress(url, home, isDiscreet),
      headers: answer.seen && !isDiscreet ? answer.value.headers : null,
      read: means.readHeaders
    })
    // They are kept: a list that is pushed to holds room for many more.
    path.hops = path.hops.concat(hop)
    if (!answer.seen) return answer
    await means.pace()
    const step = takeStep(answer.value, { url, target, secret, isDiscreet, path })
    if ('report' in step) {
      return url === home ? step.report : afterRedirect(step.report, { url, home, isDiscreet })
    }
    if (!step.redirect.seen) return step.redirect
    if (isDowngrade(step.redirect.value, url)) path.warning = WARNING
    url = step.redirect.value
  }
  return unseen('redirect', `more than ${MOST_REDIRECTS} redirects`)
}

interface Context {
  readonly url: URL
  readonly target: ProbedTarget
  readonly secret: SecretHeaders
  readonly isDiscreet: boolean
  readonly path: Path
}

function wantsBody(head: Head): boolean {
  return isWell(head.statusCode) && canReadBody(head)
}

function takeStep(answer: Answer, { url, target, secret, isDiscreet, path }: Context): Step {
  const { statusCode, headers } = answer
  if (REDIRECTS.includes(statusCode)) return { redirect: parseRedirect(headers.location, url) }
  if (!isWell(statusCode)) return { report: unseen('http_status', describeStatus(answer, url)) }
  const { versionPointers, gitShaPointers, versionMatch } = target
  const onFound: Reading['onFound'] = (what, pointer) => {
    path[`${what}Pointer`] = pointer
  }
  const reading = { versionPointers, gitShaPointers, versionMatch, redact: secret.redact, isDiscreet, onFound }
  return { report: readReport(answer, reading) }
}

function isWell(statusCode: number): boolean {
  return statusCode >= 200 && statusCode <= 299
}

// The words are ours: the server's may say anything.
function describeStatus({ statusCode, beginning }: Answer, { protocol }: URL): string {
  const phrase = STATUS_CODES[statusCode]
  const status = `HTTP ${statusCode}${phrase === undefined ? '' : ` ${phrase}`}`
  if (statusCode !== 400) return status
  const text = Buffer.from(beginning).toString('latin1')
  if (protocol === 'https:' && NO_CERTIFICATE.test(text)) {
    return `${status}: it wants a client certificate, and the guard has none`
  }
  return protocol === 'http:' && PLAIN_TO_TLS.test(text)
    ? `${status}: this port speaks TLS, so the address must begin with https`
    : status
}

/** The failure of an answer that was not where the target's address leads. */
function afterRedirect<Report extends Observed<DebugReport, FailureReason>>(
  report: Report,
  { url, home, isDiscreet }: { readonly url: URL; readonly home: URL; readonly isDiscreet: boolean }
): Report | Unseen<FailureReason> {
  if (report.seen) return report
  const scheme = isDowngrade(url, home) ? 'from https to http://' : 'to '
  const host = isDiscreet ? 'another host' : url.hostname
  const path = isDiscreet ? 'another path' : pathOf(url)
  const where = `${scheme}${shown(!isSameHost(url, home) || isDowngrade(url, home) ? host : path)}`
  const isPage = report.message === 'not JSON: an HTML page'
  const what = isPage ? ', which answered an HTML page' : `: ${report.message}`
  return unseen(report.reason, `redirected ${where}${what}`)
}

/** Where a redirect led, as far as it may be shown. */
function describeAddress(url: URL, home: URL, isDiscreet: boolean): string {
  if (isDiscreet) return isSameHost(url, home) ? 'another path' : 'another host'
  return shown(`${url.origin}${pathOf(url)}`)
}

// A path may have a session behind its name.
function pathOf({ pathname }: URL): string {
  return pathname.replace(/;.*$/s, '')
}

/** An answer whose headers repeat none of what was sent. */
function withoutSecrets<Reason extends string>(
  answer: Observed<Answer, Reason>,
  { redact, headers: secrets }: SecretHeaders
): Observed<Answer, Reason> {
  if (!answer.seen || Object.keys(secrets).length === 0) return answer
  const { headers } = answer.value
  const redactValue = (value: string | string[] | undefined) =>
    typeof value === 'string' ? redact(value) : value?.map(redact)
  const redacted = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, redactValue(value)]))
  return seen({ ...answer.value, headers: redacted })
}

function isSameHost(one: URL, other: URL): boolean {
  return one === other || canonicalHost(one.hostname) === canonicalHost(other.hostname)
}

function isDowngrade(to: URL, from: URL): boolean {
  return to.protocol === 'http:' && from.protocol === 'https:'
}
