import type { Observation } from '../domain/probe.ts'
import type { Hop, Link, ProbeTrace } from '../domain/probe-trace.ts'
import { shown } from '../domain/text.ts'
import { utcTime } from '../text/times.ts'
import type { ExplainedProbe, ProbeStep } from './explanation.ts'

/**
 * The last read of an endpoint, told step by step: who was asked, who answered, and what came of it. `asksPods`:
 * whether the pods are asked as well; their steps are not kept.
 */
export function explainProbe(
  observation: Observation | null,
  endpoint: string | null,
  asksPods: boolean
): ExplainedProbe {
  const notes = (note: string) => [note, asksPods ? PODS : ''].filter(text => text !== '').join('. ')
  if (endpoint === null) return { ...NEVER, note: notes('the service has no endpoint') }
  if (observation === null) return { ...NEVER, note: notes('the endpoint has not been asked yet') }
  const { trace, checkedAt, durationMs, report } = observation
  const hops = trace?.hops ?? []
  return {
    checkedAt: new Date(checkedAt).toISOString(),
    durationMs: Math.round(durationMs),
    steps: [
      step('address', endpoint),
      ...hops.flatMap(hop => stepsOf(hop, checkedAt)),
      report.seen
        ? step('report', describeReport(report.value, trace))
        : step('failure', `${report.reason}: ${report.message}`)
    ],
    note: notes(trace?.isDiscreet === true ? DISCREET : '')
  }
}

const NEVER = { checkedAt: null, durationMs: null, steps: [] } as const

const PODS = 'For pods the steps are not kept; under what is reported, each pod has its address, status and time'

const DISCREET =
  'headers, certificate and redirects are not shown: an annotation names this endpoint, and ENDPOINT_ALLOW does not say ' +
  'which hosts annotations may name; set it to see them'

function step(what: ProbeStep['what'], text: string, more: Partial<ProbeStep> = {}): ProbeStep {
  return { what, text, durationMs: null, details: [], ...more }
}

function stepsOf(hop: Hop, checkedAt: number): readonly ProbeStep[] {
  return [
    ...(hop.address === null ? [] : [step('redirect', `to ${hop.address}`)]),
    ...(hop.link === null ? [] : connectionSteps(hop.link, hop.connection)),
    ...(hop.status === null ? [] : [answerStep(hop, hop.status, checkedAt)])
  ]
}

function connectionSteps(link: Link, connection: Hop['connection']): readonly ProbeStep[] {
  const { used, proxy, tls, tlsMs, connectMs } = link
  const over = proxy === '' ? '' : `over the proxy ${proxy}`
  const to = [used === '' ? '' : `to ${used}`, over].filter(text => text !== '').join(', ')
  const certificate = tls === null ? [] : [describeTls(tls)]
  if (connection === 'kept') {
    return [
      step('connection', ['kept from an earlier check', to].filter(text => text !== '').join(', '), {
        details: certificate
      })
    ]
  }
  const anew = connection === 'new' ? '' : 'a kept one had ended, so this is a new one'
  const words = [connectMs === null ? 'not connected' : to, anew].filter(text => text !== '').join(', ')
  return [
    ...lookupSteps(link),
    step('connection', words === '' ? 'connected' : words, { durationMs: connectMs }),
    ...(tls === null && tlsMs === null
      ? []
      : [step('tls', tls === null ? 'agreed' : describeTls(tls), { durationMs: tlsMs })])
  ]
}

function lookupSteps({ addresses, moreAddresses, lookupMs, proxy }: Link): readonly ProbeStep[] {
  if (addresses.length === 0 && lookupMs === null) return []
  const more = moreAddresses === 0 ? '' : ` and ${moreAddresses} more`
  const whose = proxy === '' ? 'the host is' : 'the proxy is'
  const text = addresses.length === 0 ? 'its addresses are not shown' : `${whose} ${addresses.join(', ')}${more}`
  return [step('lookup', text, { durationMs: lookupMs })]
}

function describeTls({ version, subject, issuer, validUntil }: NonNullable<Link['tls']>): string {
  return [
    version,
    subject === '' ? '' : `certificate of ${subject}`,
    issuer === '' ? '' : `issued by ${issuer}`,
    validUntil === null ? '' : `valid until ${new Date(validUntil).toISOString().slice(0, 10)}`
  ]
    .filter(text => text !== '')
    .join(', ')
}

// The time until the answer includes that for the connection, which is told by itself.
function answerStep({ status, headMs, link, connection, ...hop }: Hop, code: number, checkedAt: number): ProbeStep {
  const ofLink = connection === 'kept' ? 0 : (link?.lookupMs ?? 0) + (link?.connectMs ?? 0) + (link?.tlsMs ?? 0)
  const headers = hop.headers.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${hop.headers[index + 1] ?? ''}`] : []
  )
  const age = hop.ageSeconds === null ? [] : [`age: ${hop.ageSeconds} s: a cache has kept this answer that long`]
  return step('answer', `HTTP ${code}`, {
    durationMs: headMs === null ? null : Math.max(0, headMs - ofLink),
    details: [...headers, ...age, ...describeClock(hop, checkedAt)]
  })
}

// RFC 9111 section 4.2.3: a cache passes on the date of the origin, and how long it has kept the answer.
function describeClock(
  { serverTime, ageSeconds }: Pick<Hop, 'serverTime' | 'ageSeconds'>,
  checkedAt: number
): string[] {
  if (serverTime === null) return []
  const seconds = Math.round((serverTime - checkedAt) / 1000) + (ageSeconds ?? 0)
  const words =
    Math.abs(seconds) <= CLOCKS_AGREE_SECONDS
      ? "in step with the guard's clock"
      : `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the guard's clock`
  return [`date: ${utcTime(serverTime)}, ${words}`]
}

const CLOCKS_AGREE_SECONDS = 5

function describeReport(
  { version, gitSha }: { readonly version: string | null; readonly gitSha: string | null },
  trace: ProbeTrace | undefined
): string {
  const at = (pointer: string | null | undefined) => (pointer == null ? '' : ` at ${shown(pointer)}`)
  return [
    version === null ? 'no version' : `version ${shown(version)}${at(trace?.versionPointer)}`,
    gitSha === null ? 'no git SHA' : `git SHA ${gitSha}${at(trace?.gitShaPointer)}`
  ].join(', ')
}
