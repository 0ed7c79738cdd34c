import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Report } from '../domain/report.ts'
import { LONGEST_FILTER } from './filter.ts'
import { createSendBody, type SendBody } from './large-answers.ts'
import type { Connections } from './listener/connections.ts'
import { renderGatePage } from './page/gate.ts'
import { renderPage } from './page/page.ts'
import type { AppPorts } from './ports.ts'
import { negotiateEncoding, negotiateFormat, readScrapeTimeoutMs } from './request-headers.ts'
import { refuseForNow } from './responses.ts'
import { addServiceRoutes, SERVICE_PATHS } from './service-routes.ts'
import { createAllowance, type Rendering, renderingOf, shareRendering, shareRenderings } from './shared-rendering.ts'
import { renderGateJson, renderStatusJson } from './status-json.ts'

type Allowance = ReturnType<typeof createAllowance>
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

const METRICS_TYPES = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8'
} as const

const HEALTH_PATHS = ['/health', '/live', '/-/healthy'] as const
const READINESS_PATHS = ['/readyz', '/-/ready'] as const

/** Those that answer everybody, whatever the listener demands elsewhere: a kubelet has no password. */
export const OPEN_PATHS: readonly string[] = [...HEALTH_PATHS, ...READINESS_PATHS]

/** Every path that answers. */
export const PATHS: readonly string[] = [
  '/',
  '/metrics',
  '/api/v1/status',
  '/gate',
  '/api/v1/gate',
  '/check-now',
  ...SERVICE_PATHS,
  ...OPEN_PATHS,
  '/debug/version'
]

// A page shows ages, which must not be old themselves.
const RENDERING_KEPT_MS = 5_000
// A first view is about a megabyte at the most.
const MOST_FILTERS = 8

const BUSY_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="2">
<title>Busy, Version Guard</title>
</head>
<body>
<main><h1>One moment</h1>
<p>Too many people filter at once. This page tries again every 2 seconds. <a href="./">Show the services without a filter</a></p></main>
</body>
</html>
`

/** Adds every route of `PATHS`; HEAD comes with GET. */
export function addRoutes(app: FastifyInstance, ports: AppPorts, connections: Connections): void {
  // Each kind has places of its own: a client that does not read its page takes none from a scrape.
  const sendStatus = createSendBody(connections)
  // Rendering for a filter has one limit for all filters together. A client that asks for thousands of rows only delays
  // others that ask for as much.
  const [allowView, allowAll] = [createAllowance(() => performance.now()), createAllowance(() => performance.now())]
  app.get('/', showPage(ports, sendStatus, { view: allowView, all: allowAll }))
  app.get('/metrics', exposeMetrics(ports, createSendBody(connections)))
  app.get('/api/v1/status', showStatus(ports, sendStatus, allowAll))
  app.get('/check-now', checkNow(ports))
  app.get('/gate', showGate(ports, sendStatus))
  app.get('/api/v1/gate', showGateJson(ports))
  addServiceRoutes(app, ports, (text, exchange) => sendRendering(sendStatus, renderingOf(text), exchange))
  for (const path of HEALTH_PATHS) app.get(path, () => ({ status: 'ok' }))
  for (const path of READINESS_PATHS) app.get(path, reportReadiness(ports))
  app.get('/debug/version', () => {
    const { version, gitSha, buildDate } = ports.buildInfo
    return { version, gitSha, buildDate }
  })
}

interface Allowances {
  readonly view: Allowance
  /** For what may be as large as all services together. */
  readonly all: Allowance
}

function showPage(ports: AppPorts, send: SendBody, allow: Allowances): Handler {
  const { shard, buildInfo, links, refreshSeconds, clock } = ports
  const [shareFirst, shareAll] = [shareRendering(clock, RENDERING_KEPT_MS), shareRendering(clock, RENDERING_KEPT_MS)]
  const shareFirstFor = shareRenderings(clock, RENDERING_KEPT_MS, MOST_FILTERS)
  const shareAllFor = shareRenderings(clock, RENDERING_KEPT_MS, 1)
  const canCheck = ports.checkNow !== undefined
  return async (request, reply) => {
    const report = ports.report()
    const readiness = ports.readiness()
    const { filter, isCut } = readFilter(request)
    const showAll = isAll(request)
    const gate = ports.gate?.()
    const view = {
      report,
      shard,
      readiness,
      buildInfo,
      links,
      filter,
      isFilterCut: isCut,
      showAll,
      refreshSeconds,
      canCheck,
      ...(gate && { gate })
    }
    const render = () => renderPage({ ...view, now: clock() })
    const inputs = [...inputsOf(report), JSON.stringify(readiness), gate?.report, isCut]
    const [share, shareFor, allowed] = showAll
      ? ([shareAll, shareAllFor, allow.all] as const)
      : ([shareFirst, shareFirstFor, allow.view] as const)
    const rendering = await (filter === '' ? share(inputs, render) : shareFor(filter)(inputs, () => allowed(render)))
    if (rendering === undefined) return refusePage(request, reply)
    return sendRendering(send, rendering, { request, reply: reply.type('text/html; charset=utf-8') })
  }
}

// A person who opens a page gets one that tries again by itself; the script of a page understands any 503.
function refusePage({ headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (headers.accept?.includes('text/html') !== true) {
    return refuseForNow(reply, 'too many filtered pages at once; try again')
  }
  return reply.code(503).header('retry-after', '1').type('text/html; charset=utf-8').send(BUSY_PAGE)
}

function showStatus({ report, shard, clock }: AppPorts, send: SendBody, allow: Allowance): Handler {
  const share = shareRendering(clock, RENDERING_KEPT_MS)
  const shareFor = shareRenderings(clock, RENDERING_KEPT_MS, 1)
  return async (request, reply) => {
    const current = report()
    const { filter, isCut } = readFilter(request)
    if (isCut) return reply.code(400).send({ error: `the filter is longer than ${LONGEST_FILTER} characters` })
    const render = async () => JSON.stringify(renderStatusJson(current, shard, filter))
    const rendering = await (filter === ''
      ? share(inputsOf(current), render)
      : shareFor(filter)(inputsOf(current), () => allow(render)))
    if (rendering === undefined) return refuseForNow(reply, 'too many filtered answers at once; try again')
    return sendRendering(send, rendering, { request, reply: reply.type('application/json; charset=utf-8') })
  }
}

const NO_GATE = { error: 'no gate runs here: set GATE_CONFIG, and ask shard 0' }

function showGate({ gate, buildInfo, clock }: AppPorts, send: SendBody): Handler {
  const share = shareRendering(clock, RENDERING_KEPT_MS)
  return async (request, reply) => {
    if (gate === undefined) return reply.code(404).send(NO_GATE)
    const standing = gate()
    const { report, service, namespace, refusals } = standing
    const render = async () => renderGatePage({ standing, buildInfo, now: clock() })
    const rendering = await share([report, service, namespace, refusals.join('\n')], render)
    return sendRendering(send, rendering, { request, reply: reply.type('text/html; charset=utf-8') })
  }
}

function showGateJson({ gate, clock }: AppPorts): Handler {
  return (_request, reply) =>
    gate === undefined ? reply.code(404).send(NO_GATE) : reply.send(renderGateJson(gate(), clock()))
}

// Each report has lists of its own; what is known of the source changes between two reports, too.
function inputsOf({ generatedAt, services, tooNew, leftOut, warnings, source }: Report): readonly unknown[] {
  const { up, problems, lastSyncAt } = source
  return [generatedAt, services, tooNew, leftOut, warnings, JSON.stringify([up, problems, lastSyncAt === null])]
}

async function sendRendering(
  send: SendBody,
  rendering: Rendering,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply }
): Promise<FastifyReply> {
  const encoding = negotiateEncoding(request.headers['accept-encoding'])
  const body = encoding === 'gzip' ? await rendering.gzip() : rendering.plain
  if (encoding === 'gzip') reply.header('content-encoding', 'gzip')
  return send(request, reply.header('vary', 'Accept-Encoding'), [body])
}

function exposeMetrics({ metrics, beforeScrape }: AppPorts, send: SendBody): Handler {
  return async (request, reply) => {
    const { headers } = request
    await beforeScrape?.(readScrapeTimeoutMs(headers['x-prometheus-scrape-timeout-seconds']))
    const format = negotiateFormat(headers.accept)
    const encoding = negotiateEncoding(headers['accept-encoding'])
    const body = await metrics.body(format, encoding)
    // Only now: an earlier failure would be answered as if it were compressed.
    if (encoding === 'gzip') reply.header('content-encoding', 'gzip')
    return send(request, reply.header('vary', 'Accept, Accept-Encoding').type(METRICS_TYPES[format]), body)
  }
}

function reportReadiness({ readiness }: AppPorts): Handler {
  return (_request, reply) => {
    const { ready, checks } = readiness()
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks })
  }
}

const BETWEEN_CHECKS_MS = 5_000

/** Has everything checked ahead of time: once in five seconds for all who ask, and only on purpose. */
function checkNow({ checkNow: check, clock }: AppPorts): Handler {
  let last = Number.NEGATIVE_INFINITY
  return (request, reply) => {
    if (check === undefined) return reply.code(404).send({ error: 'checks cannot be asked for here' })
    if (!isOwnRequest(request))
      return reply.code(403).send({ error: 'only the page itself and programs may ask for this' })
    // HEAD asks what GET would answer, and begins nothing.
    if (request.method === 'HEAD') return reply.code(202).send({ status: 'checking' })
    const now = clock()
    const isAllowed = Math.abs(now - last) >= BETWEEN_CHECKS_MS
    if (isAllowed) {
      last = now
      check()
    }
    // A client that comes too soon sees the result of the check that somebody else asked for.
    if (request.headers.accept?.includes('text/html')) return reply.redirect(pageOf(request), 303)
    if (isAllowed) return reply.code(202).send({ status: 'checking' })
    const seconds = BETWEEN_CHECKS_MS / 1000
    return reply
      .code(429)
      .header('retry-after', `${seconds}`)
      .send({ error: `a check was asked for less than ${seconds} seconds ago` })
  }
}

// The page as it was when its button was pressed.
function pageOf(request: FastifyRequest): string {
  const { filter } = readFilter(request)
  const view = { ...(filter === '' ? {} : { filter }), ...(isAll(request) ? { show: 'all' } : {}) }
  const query = new URLSearchParams(view).toString()
  return query === '' ? './' : `./?${query}`
}

function isAll(request: FastifyRequest): boolean {
  return readQuery(request, 'show') === 'all'
}

// A browser says where a request comes from (W3C Fetch Metadata) and whether it only reads ahead; programs say neither.
// Over plain HTTP it says where only to this machine. For other machines, our script adds a header, for which a page of
// another site would need a preflight, and our page has itself as the Referer. A page of another site can leave its
// Referer out; that still comes from a browser, and every browser calls itself Mozilla. PowerShell does too, but names
// itself.
function isOwnRequest({ headers }: FastifyRequest): boolean {
  if ([headers['sec-purpose'], headers.purpose, headers['x-moz']].some(purpose => purpose !== undefined)) return false
  if (headers['sec-fetch-site'] !== undefined) return headers['sec-fetch-site'] === 'same-origin'
  if (headers['x-requested-with'] !== undefined) return true
  if (headers.referer !== undefined) return URL.parse(headers.referer)?.host === headers.host
  const agent = headers['user-agent'] ?? ''
  return !/^mozilla\//i.test(agent) || /PowerShell\//.test(agent)
}

function readFilter(request: FastifyRequest): { readonly filter: string; readonly isCut: boolean } {
  const filter = readQuery(request, 'filter')
  return { filter: filter.slice(0, LONGEST_FILTER), isCut: filter.length > LONGEST_FILTER }
}

// Values that are given more than once count together: all words of a filter must be found.
function readQuery({ query }: FastifyRequest, name: string): string {
  const given: unknown = Object(query)[name]
  return [given]
    .flat()
    .filter(word => typeof word === 'string')
    .join(' ')
}
