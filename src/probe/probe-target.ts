import { STATUS_CODES } from 'node:http'
import type { Observed } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'
import type { DebugReport, FailureReason, Probe, ProbeReason } from '../domain/probe.ts'
import type { Hop } from '../domain/probe-trace.ts'
import type { ProbedTarget } from '../domain/target.ts'
import type { Pace } from '../event-loop.ts'
import { type ProxyRules, proxyFor } from '../proxy-environment.ts'
import { copyOf } from '../text/copy-of.ts'
import type { AllowRules } from './allow.ts'
import { describeRefusal, isUnbound, namesHost, refusalOfHost, refusalOfPod } from './allow.ts'
import type { ConnectionPool } from './connection-pool.ts'
import type { Deadline } from './deadline.ts'
import { parseEndpoint, parseRedirect } from './endpoint-url.ts'
import { canReadBody, readReport } from './parse-report.ts'
import { afterRedirect, describeAddress, isDowngrade, isRedirect, isSameHost } from './redirects.ts'
import type { Answer, Head, Reply } from './reply.ts'
import { type Request, sendRequest } from './retry.ts'
import { type SecretHeaders, type SecretIn, secretHeaders, withoutSecrets } from './secret-headers.ts'
import { type HeaderReader, traceHop } from './trace.ts'

/** What a probe works with. */
export interface ProbeMeans {
  readonly allow: AllowRules
  readonly proxies: ProxyRules
  /** To any address. */
  readonly trusted: ConnectionPool
  /** To what `allow` admits. A pool of its own, so that a kept connection never crosses that line. */
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
  readonly onAsked?: (url: URL, reply: Reply) => void
  readonly onEnded: (probe: Probe<ProbeReason>) => void
  /** Called last, even if something throws. */
  readonly release: () => void
}

type Report = Probe<ProbeReason>['report']

const MOST_REDIRECTS = 3
// What the body of a 400 may say about TLS: nginx, Go, Apache.
const NO_CERTIFICATE = /No required SSL certificate was sent/i
const PLAIN_TO_TLS =
  /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled server/i
const ANOTHER_HOST = unseen('redirect', 'redirects to another host, so the answer is not from this pod')
const WARNING = 'its address redirects from https to http: anybody on the way can change the answer'

/**
 * Reads a target's report, following redirects. Its headers go to the endpoint's own origin, and to nobody once a
 * redirect has led away from it: from then on somebody else chooses who is asked, even if a redirect leads back. Only
 * the host that a targets file names is trusted: what an annotation names, a pod's own address, and a redirect to
 * another host must be allowed. A pod is asked directly, and answers for itself: if it redirects to another host, it
 * gave no report. Rejects only if a callback throws.
 *
 * The trace is kept for endpoints only: pods are many, and their answers are compared with each other.
 */
export async function probeTarget(
  target: ProbedTarget,
  means: ProbeMeans,
  exchange: Exchange
): Promise<Probe<ProbeReason>> {
  try {
    const startedAt = performance.now()
    const begun = begin(target, means)
    if (!begun.seen) {
      return conclude({ report: begun, httpStatus: null, durationMs: performance.now() - startedAt }, exchange)
    }
    const way = begun.value
    for (;;) {
      const request = nextRequest(way, means, exchange.deadline)
      if (!request.seen) return conclude(end(way, request, startedAt), exchange)
      const reply = await sendRequest(request.value)
      exchange.onAsked?.(way.url, reply)
      if (reply.answer.seen) await means.pace()
      const report = readReply(reply, way, means)
      if (report !== null) return conclude(end(way, report, startedAt), exchange)
    }
  } finally {
    exchange.release()
  }
}

function conclude(probe: Probe<ProbeReason>, { onEnded }: Exchange): Probe<ProbeReason> {
  onEnded(probe)
  return probe
}

/** How far a probe has come, and what is noted on the way. */
interface Way {
  readonly target: ProbedTarget
  readonly secret: SecretHeaders
  /** True: answers are not shown. Without ENDPOINT_ALLOW, anybody who can annotate could choose whose they are. */
  readonly isDiscreet: boolean
  readonly home: URL
  /** Who is asked now. */
  url: URL
  /** No redirect has led away from the origin of `home` yet. */
  isAtHome: boolean
  hops: readonly Hop[]
  versionPointer: string | null
  gitShaPointer: string | null
  /** `null`: no response came. */
  httpStatus: number | null
  warning: string | undefined
}

function begin(target: ProbedTarget, { allow, secretIn }: ProbeMeans): Observed<Way, 'refused'> {
  const endpoint = parseEndpoint(target.endpoint)
  const { pod } = target
  const podRefusal = pod === undefined ? null : refusalOfPod(allow, pod, endpoint.seen ? endpoint.value.hostname : '')
  if (podRefusal !== null) return unseen('refused', podRefusal)
  if (!endpoint.seen) return endpoint
  const secret = secretHeaders(target, secretIn)
  if (secret === null) return unseen('refused', 'the file of a header has not been read')
  return seen({
    target,
    secret,
    isDiscreet: target.origin !== 'file' && isUnbound(allow),
    home: endpoint.value,
    url: endpoint.value,
    isAtHome: true,
    hops: [],
    versionPointer: null,
    gitShaPointer: null,
    httpStatus: null,
    warning: undefined
  })
}

function nextRequest(way: Way, means: ProbeMeans, deadline: Deadline): Observed<Request, 'redirect' | 'refused'> {
  const { target, url, home, isDiscreet } = way
  const { allow, proxies } = means
  if (way.hops.length > MOST_REDIRECTS) return unseen('redirect', `more than ${MOST_REDIRECTS} redirects`)
  const isElsewhere = !isSameHost(url, home)
  if (isElsewhere && target.pod !== undefined) return ANOTHER_HOST
  const isTrusted = target.origin === 'file' && target.pod === undefined && !isElsewhere
  const pool = isTrusted ? means.trusted : means.guarded
  const name = isDiscreet && isElsewhere ? 'the host of a redirect' : url.hostname
  const proxy = target.pod === undefined ? proxyFor(url, proxies) : null
  const to = {
    url,
    name,
    asker: isTrusted ? OPERATOR : { isOperator: false, tenant: target.namespace },
    // Behind a proxy nobody sees which address a name leads to.
    proxy: proxy !== null && (isTrusted || namesHost(allow, url.hostname)) ? proxy : null
  }
  const kept = pool.takeKept(to)
  // The rules never change, and they have let a kept connection through before.
  const refusal = isTrusted || kept !== undefined ? null : refusalOfHost(allow, url.hostname)
  if (refusal !== null) return unseen('refused', name === url.hostname ? refusal : describeRefusal(name))
  way.isAtHome &&= url === home || url.origin === home.origin
  return seen({ to, headers: way.isAtHome ? way.secret.headers : null, kept, pool, deadline, wantsBody })
}

const OPERATOR = { isOperator: true } as const

/** Notes a reply. `null`: it redirects, and `way.url` is the next address. */
function readReply(reply: Reply, way: Way, means: ProbeMeans): Report | null {
  const { url, home, isDiscreet, secret } = way
  const answer = withoutSecrets(reply.answer, secret)
  way.httpStatus = reply.statusCode ?? way.httpStatus
  const hop = traceHop(reply, {
    address: url === home ? null : describeAddress(way),
    headers: answer.seen && !isDiscreet ? answer.value.headers : null,
    read: means.readHeaders
  })
  // Hops are kept, and a list that is pushed to reserves room for many more.
  way.hops = way.hops.concat(hop)
  if (!answer.seen) return answer
  const { statusCode, headers } = answer.value
  if (isRedirect(statusCode)) {
    const redirect = parseRedirect(headers.location, url)
    if (!redirect.seen) return redirect
    if (isDowngrade(redirect.value, url)) way.warning = WARNING
    way.url = redirect.value
    return null
  }
  const report = isSuccess(statusCode)
    ? reportIn(answer.value, way)
    : unseen('http_status', describeStatus(answer.value, url))
  return url === home ? report : afterRedirect(report, way)
}

function reportIn(answer: Answer, way: Way): Observed<DebugReport, FailureReason> {
  const { target, secret, isDiscreet } = way
  const { versionPointers, gitShaPointers, versionMatch } = target
  const reading = { versionPointers, gitShaPointers, versionMatch, redact: secret.redact, isDiscreet }
  const found = readReport(answer, reading)
  if (!found.seen) return found
  const { version, gitSha, versionPointer, gitShaPointer } = found.value
  way.versionPointer = versionPointer
  way.gitShaPointer = gitShaPointer
  return seen({ version, gitSha })
}

function end(way: Way, found: Report, startedAt: number): Probe<ProbeReason> {
  const { target, hops, versionPointer, gitShaPointer, httpStatus, warning, isDiscreet } = way
  // A message may be a slice of an answer, and would keep all of it in memory.
  const report = found.seen ? found : unseen(found.reason, copyOf(found.message))
  const durationMs = performance.now() - startedAt
  const isTraced = target.pod === undefined && hops.length > 0
  // Field by field: V8 keeps what a spread adds in a separate list, and each service would have one.
  const probe = isTraced
    ? { report, httpStatus, durationMs, trace: { hops, versionPointer, gitShaPointer, isDiscreet } }
    : { report, httpStatus, durationMs }
  return warning === undefined ? probe : { ...probe, warning }
}

function wantsBody(head: Head): boolean {
  return isSuccess(head.statusCode) && canReadBody(head)
}

function isSuccess(statusCode: number): boolean {
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
