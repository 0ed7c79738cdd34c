import type { Observed } from '../domain/observation.ts'
import { unseen } from '../domain/observation.ts'
import type { DebugReport, FailureReason } from '../domain/probe.ts'
import { shown } from '../domain/text.ts'
import { canonicalHost } from './allow.ts'

/** Where redirects have led. */
interface Followed {
  /** The target's own address. */
  readonly home: URL
  /** Who answered. */
  readonly url: URL
  /** True: nothing is shown that only the other side can know. */
  readonly isDiscreet: boolean
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

export function isRedirect(statusCode: number): boolean {
  return REDIRECTS.includes(statusCode)
}

export function isSameHost(one: URL, other: URL): boolean {
  return one === other || canonicalHost(one.hostname) === canonicalHost(other.hostname)
}

export function isDowngrade(to: URL, from: URL): boolean {
  return to.protocol === 'http:' && from.protocol === 'https:'
}

/** Adds to a failure where the redirect had led. */
export function afterRedirect(
  report: Observed<DebugReport, FailureReason>,
  { url, home, isDiscreet }: Followed
): Observed<DebugReport, FailureReason> {
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
export function describeAddress({ url, home, isDiscreet }: Followed): string {
  if (isDiscreet) return isSameHost(url, home) ? 'another path' : 'another host'
  return shown(`${url.origin}${pathOf(url)}`)
}

// A path may end in a session: `/debug;jsessionid=…`.
function pathOf({ pathname }: URL): string {
  return pathname.replace(/;.*$/s, '')
}
