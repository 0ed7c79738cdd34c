import { STATUS_CODES } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Observed } from '../domain/observation.ts'
import { unseen } from '../domain/observation.ts'
import type { DebugReport, FailureReason, Probe } from '../domain/probe.ts'
import type { Target } from '../domain/target.ts'
import type { AllowRules } from './allow.ts'
import { canonicalHost, refusalOfHost } from './allow.ts'
import type { Connections } from './connections.ts'
import { parseEndpoint, parseRedirect } from './endpoint-url.ts'
import { get } from './get.ts'
import { parseReport } from './parse-report.ts'
import { readBody } from './read-body.ts'

/** What an exchange works with. */
export interface ExchangeMeans {
  readonly allow: AllowRules
  /** To any address. */
  readonly trusted: Connections
  /** To what `allow` admits. Apart from the others, so that no kept connection is ever borrowed across that line. */
  readonly guarded: Connections
  readonly signal: AbortSignal
}

type Outcome = Pick<Probe, 'report' | 'httpStatus'>
type Step =
  | { readonly redirect: Observed<URL, FailureReason> }
  | { readonly report: Observed<DebugReport, FailureReason> }

const MOST_REDIRECTS = 3
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

/**
 * Reads a target's report, over redirects where it must. Only the host that a targets file names is trusted: what an
 * annotation names, or a redirect to another host, must be allowed. Never rejects.
 */
export async function exchange(target: Target, means: ExchangeMeans): Promise<Outcome> {
  const endpoint = parseEndpoint(target.endpoint)
  if (!endpoint.seen) return { report: endpoint, httpStatus: null }
  let url = endpoint.value
  let httpStatus: number | null = null
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const isTrusted = target.origin === 'file' && isSameHost(url, endpoint.value)
    const refusal = isTrusted ? null : refusalOfHost(means.allow, url.hostname)
    if (refusal !== null) return { report: unseen('refused', refusal), httpStatus }
    const connections = isTrusted ? means.trusted : means.guarded
    const from = url
    const reply = await get({ url, connections, signal: means.signal }, answer => takeStep(answer, from, target))
    httpStatus = reply.httpStatus ?? httpStatus
    if (!reply.result.seen) return { report: reply.result, httpStatus }
    const step = reply.result.value
    if ('report' in step) return { report: step.report, httpStatus }
    if (!step.redirect.seen) return { report: step.redirect, httpStatus }
    url = step.redirect.value
  }
  return { report: unseen('redirect', `more than ${MOST_REDIRECTS} redirects`), httpStatus }
}

async function takeStep(answer: Dispatcher.ResponseData, url: URL, target: Target): Promise<Step> {
  const { statusCode, headers } = answer
  if (REDIRECTS.includes(statusCode)) return { redirect: parseRedirect(headers.location, url) }
  if (statusCode < 200 || statusCode > 299) {
    // The reason phrase is ours: the server's may say anything.
    const phrase = STATUS_CODES[statusCode]
    return { report: unseen('http_status', `HTTP ${statusCode}${phrase === undefined ? '' : ` ${phrase}`}`) }
  }
  return { report: parseReport(await readBody(answer), target) }
}

function isSameHost(one: URL, other: URL): boolean {
  return canonicalHost(one.hostname) === canonicalHost(other.hostname)
}
