import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { renderPage } from './page/page.ts'
import type { AppPorts } from './ports.ts'
import { negotiateEncoding, negotiateFormat, readScrapeTimeoutMs } from './request-headers.ts'
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
export const PATHS: readonly string[] = ['/', '/metrics', '/api/v1/status', ...OPEN_PATHS, '/debug/version']

/** Adds every route of `PATHS`; HEAD comes with GET. */
export function addRoutes(app: FastifyInstance, ports: AppPorts): void {
  app.get('/', showPage(ports))
  app.get('/metrics', exposeMetrics(ports))
  app.get('/api/v1/status', () => renderStatusJson(ports.report(), ports.shard))
  for (const path of HEALTH_PATHS) app.get(path, () => ({ status: 'ok' }))
  for (const path of READINESS_PATHS) app.get(path, reportReadiness(ports))
  app.get('/debug/version', () => {
    const { version, gitSha, buildDate } = ports.about
    return { version, gitSha, buildDate }
  })
}

function showPage(ports: AppPorts): Handler {
  return (request, reply) => {
    const page = renderPage({
      report: ports.report(),
      shard: ports.shard,
      readiness: ports.readiness(),
      about: ports.about,
      now: ports.clock(),
      filter: readFilter(request.query),
      refreshSeconds: ports.refreshSeconds
    })
    return reply.type('text/html; charset=utf-8').send(page)
  }
}

function exposeMetrics({ metrics, beforeScrape }: AppPorts): Handler {
  return async ({ headers }, reply) => {
    await beforeScrape?.(readScrapeTimeoutMs(headers['x-prometheus-scrape-timeout-seconds']))
    const format = negotiateFormat(headers.accept)
    const encoding = negotiateEncoding(headers['accept-encoding'])
    const body = Buffer.concat(await metrics.body(format, encoding))
    // Only now: a failure before would be answered as if it were compressed.
    if (encoding === 'gzip') reply.header('content-encoding', 'gzip')
    return reply.header('vary', 'Accept, Accept-Encoding').header('content-type', METRICS_TYPES[format]).send(body)
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
