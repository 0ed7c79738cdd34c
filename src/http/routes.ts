import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Report } from '../domain/report.ts'
import { renderGateJson } from './gate-json.ts'
import { createSendBody, type SendBody } from './large-answers.ts'
import type { Connections } from './listener/connections.ts'
import { renderGatePage } from './page/gate.ts'
import { renderPage } from './page/page.ts'
import type { AppPorts } from './ports.ts'
import { negotiateEncoding, negotiateFormat, readScrapeTimeoutMs } from './request-headers.ts'
import { refuseForNow } from './responses.ts'
import { createAllowance, type Rendering, renderingOf, shareRendering } from './shared-rendering.ts'
import { renderStatusJson } from './status-json.ts'

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown

const METRICS_TYPES = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8'
} as const

const HEALTH_PATHS = ['/health', '/live', '/-/healthy'] as const
const READINESS_PATHS = ['/readyz', '/-/ready'] as const

/** Those that answer to everybody, whatever the listener asks of others: a kubelet has no password. */
export const OPEN_PATHS: readonly string[] = [...HEALTH_PATHS, ...READINESS_PATHS]

/** Every path that answers. */
export const PATHS: readonly string[] = [
  '/',
  '/metrics',
  '/api/v1/status',
  '/gate',
  '/api/v1/gate',
  ...OPEN_PATHS,
  '/debug/version'
]

// A page shows ages, which must not be old themselves.
const RENDERING_KEPT_MS = 5_000

/** Adds every route of `PATHS`; HEAD comes with GET. */
export function addRoutes(app: FastifyInstance, ports: AppPorts, connections: Connections): void {
  // Each kind has places of its own: whoever reads no page takes none from a scrape.
  const sendStatus = createSendBody(connections)
  app.get('/', showPage(ports, sendStatus))
  app.get('/metrics', exposeMetrics(ports, createSendBody(connections)))
  app.get('/api/v1/status', showStatus(ports, sendStatus))
  app.get('/gate', showGate(ports, sendStatus))
  app.get('/api/v1/gate', showGateJson(ports))
  for (const path of HEALTH_PATHS) app.get(path, () => ({ status: 'ok' }))
  for (const path of READINESS_PATHS) app.get(path, reportReadiness(ports))
  app.get('/debug/version', () => {
    const { version, gitSha, buildDate } = ports.buildInfo
    return { version, gitSha, buildDate }
  })
}

function showPage(ports: AppPorts, send: SendBody): Handler {
  const { shard, buildInfo, refreshSeconds, clock } = ports
  const share = shareRendering(clock, RENDERING_KEPT_MS)
  const allow = createAllowance(() => performance.now())
  return async (request, reply) => {
    const report = ports.report()
    const readiness = ports.readiness()
    const filter = readFilter(request.query)
    const gate = ports.gate?.()
    const render = () =>
      renderPage({ report, shard, readiness, buildInfo, now: clock(), filter, refreshSeconds, ...(gate && { gate }) })
    const rendering = await (filter === ''
      ? share([...inputsOf(report), JSON.stringify(readiness), gate?.report], render)
      : allow(async () => renderingOf(await render())))
    if (rendering === undefined) return refuseForNow(reply, 'too many filtered pages at once; try again')
    return sendRendering(send, rendering, { request, reply: reply.type('text/html; charset=utf-8') })
  }
}

function showStatus({ report, shard, clock }: AppPorts, send: SendBody): Handler {
  const share = shareRendering(clock, RENDERING_KEPT_MS)
  return async (request, reply) => {
    const current = report()
    const rendering = await share(inputsOf(current), async () => JSON.stringify(renderStatusJson(current, shard)))
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
    // Only now: a failure before would be answered as if it were compressed.
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

// A name that is given twice comes as an array.
function readFilter(query: unknown): string {
  const given = Object(query).filter
  return typeof given === 'string' ? given.slice(0, 200) : ''
}
