import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { AppPorts } from './ports.ts'
import { addRoutes, PATHS } from './routes.ts'
import { SECURITY_HEADERS } from './security.ts'

// Nobody sends a body here, and the headers of a scrape or a browser are small. An answer may take as long as a scrape
// in scrape mode, so only the request itself is bounded tightly; idle connections outlive the usual scrape intervals.
const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
const IDLE_CONNECTION_TIMEOUT_MS = 180_000
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const BODY_LIMIT_BYTES = 1024

/** The HTTP side of the guard: metrics, health, the page and its JSON; reads only, so GET and HEAD only. */
export function createApp(ports: AppPorts): FastifyInstance {
  const app = fastify({
    ...(ports.log === undefined ? {} : { loggerInstance: ports.log }),
    logController: new LogController({ disableRequestLogging: true }),
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_CONNECTION_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    bodyLimit: BODY_LIMIT_BYTES,
    frameworkErrors: (_error, _request, reply) => {
      // Before any route or hook, so the bare response is all there is.
      reply.raw.writeHead(400, { ...SECURITY_HEADERS, 'content-type': 'application/json; charset=utf-8' })
      reply.raw.end(JSON.stringify({ error: 'the address is malformed' }))
    }
  })
  app.addHook('onRequest', refuseOtherMethods)
  app.setNotFoundHandler((_request, reply) => sendNotFound(reply))
  app.setErrorHandler((err, request, reply) => {
    request.log.error({ err, path: pathOf(request) }, 'The request failed')
    return reply.code(500).send({ error: 'internal error; the log has more' })
  })
  addRoutes(app, ports)
  return app
}

// Before anything reads a body: what is refused for its method is refused whatever it carries.
async function refuseOtherMethods(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  reply.headers(SECURITY_HEADERS)
  if (request.method === 'GET' || request.method === 'HEAD') return undefined
  if (!PATHS.includes(pathOf(request))) return sendNotFound(reply)
  return reply.code(405).header('allow', 'GET, HEAD').send({ error: 'only GET and HEAD: this service is read-only' })
}

function sendNotFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ error: 'no such path', paths: PATHS })
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? ''
}
