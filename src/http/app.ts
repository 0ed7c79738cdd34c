import type { RequestListener } from 'node:http'
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  LogController
} from 'fastify'
import { addAuth } from './listener/auth.ts'
import type { ListenerRules } from './listener/rules.ts'
import { createTlsServer } from './listener/tls-server.ts'
import type { AppPorts } from './ports.ts'
import { responseHeaders } from './response-headers.ts'
import { addRoutes, OPEN_PATHS, PATHS } from './routes.ts'

// Nobody sends a body here, and the headers of a scrape or a browser are small. An answer may take as long as a scrape
// in scrape mode, so only the request itself is bounded tightly; idle connections outlive the usual scrape intervals.
const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_TIMEOUT_MS = 5_000
const HANDSHAKE_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 10_000
const IDLE_CONNECTION_TIMEOUT_MS = 180_000
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const BODY_LIMIT_BYTES = 1024
// Far more than ever ask, and few enough to leave the probes' connections a process's file descriptors.
const MOST_CONNECTIONS = 512

const HTTP_LIMITS = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  // How often Node looks whose time is over.
  connectionsCheckingInterval: 1_000
}

// Where nothing is said of the listener.
const PLAIN_AND_OPEN: ListenerRules = { tls: null, headers: {}, users: new Map(), rateLimit: null }

/** The HTTP side of the guard: metrics, health, the page and its JSON; reads only, so GET and HEAD only. */
export function createApp(ports: AppPorts): FastifyInstance {
  const { listener = () => PLAIN_AND_OPEN } = ports
  const app = fastify({
    ...transport(listener),
    ...(ports.log === undefined ? {} : { loggerInstance: ports.log }),
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_CONNECTION_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    bodyLimit: BODY_LIMIT_BYTES,
    frameworkErrors: (_error, _request, reply) => {
      // Before any route or hook, so the bare response is all there is.
      reply.raw.writeHead(400, { ...responseHeaders(listener()), 'content-type': 'application/json; charset=utf-8' })
      reply.raw.end(JSON.stringify({ error: 'the address is malformed' }))
    }
  })
  app.server.maxConnections = MOST_CONNECTIONS
  app.addHook('onRequest', async (_request, reply) => void reply.headers(responseHeaders(listener())))
  addAuth(app, { rules: listener, openPaths: OPEN_PATHS, pathOf })
  app.addHook('onRequest', refuseOtherMethods)
  app.setNotFoundHandler((_request, reply) => sendNotFound(reply))
  app.setErrorHandler((err, request, reply) => {
    request.log.error({ err, path: pathOf(request) }, 'The request failed')
    return reply.code(500).send({ error: 'internal error; the log has more' })
  })
  addRoutes(app, ports)
  return app
}

// What fastify makes its server of. Where fastify is handed a server, its own limits are ours to set.
function transport(listener: () => ListenerRules) {
  const { tls } = listener()
  if (tls === null) return { http: HTTP_LIMITS }
  // TLS neither comes nor goes while it listens.
  const rules = () => listener().tls ?? tls
  const serverFactory: FastifyServerFactory = (handler: RequestListener) => {
    const server = createTlsServer(rules, { ...HTTP_LIMITS, handshakeTimeout: HANDSHAKE_TIMEOUT_MS })
    server.on('request', handler)
    server.requestTimeout = REQUEST_TIMEOUT_MS
    server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS
    return server.setTimeout(IDLE_CONNECTION_TIMEOUT_MS)
  }
  return { serverFactory }
}

// Before anything reads a body: what is refused for its method is refused whatever it carries.
async function refuseOtherMethods(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
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
