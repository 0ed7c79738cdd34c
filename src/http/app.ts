import type { IncomingMessage, RequestListener } from 'node:http'
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  LogController
} from 'fastify'
import { withoutQuery } from '../text/url-secrets.ts'
import { addAuth } from './listener/auth.ts'
import { limitConnections } from './listener/connections.ts'
import {
  BODY_LIMIT_BYTES,
  CONNECTION_LIMITS,
  HANDSHAKE_TIMEOUT_MS,
  HTTP_LIMITS,
  IDLE_CONNECTION_TIMEOUT_MS,
  KEEP_ALIVE_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS
} from './listener/limits.ts'
import type { ListenerRules } from './listener/rules.ts'
import { createTlsServer } from './listener/tls-server.ts'
import type { AppPorts } from './ports.ts'
import { refuseForNow, responseHeaders } from './responses.ts'
import { addRoutes, OPEN_PATHS, PATHS } from './routes.ts'
import { isServicePath, LONGEST_PARAMETER } from './service-routes.ts'

// Where nothing is configured for the listener.
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
    schemaController: { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } },
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    frameworkErrors: (_error, _request, reply) => {
      // Before any route or hook, so the bare response is all there is.
      reply.raw.writeHead(400, { ...responseHeaders(listener()), 'content-type': 'application/json; charset=utf-8' })
      reply.raw.end(JSON.stringify({ error: 'the address is malformed' }))
    }
  })
  const connections = limitConnections(app.server, CONNECTION_LIMITS)
  app.addHook('onRequest', async ({ raw }, reply) => {
    if (connections.isCutOff(raw.socket)) return reply.hijack()
    reply.headers(responseHeaders(listener()))
    // Nobody reads a body, and nobody waits for what of it comes after the answer.
    if (hasBody(raw)) reply.header('connection', 'close')
    return undefined
  })
  app.addHook('onRequest', refuseOtherProtocols)
  app.addHook('onRequest', async (request, reply) => {
    if (OPEN_PATHS.includes(pathOf(request)) || connections.hasRoomFor(request.raw.socket)) return undefined
    return refuseForNow(reply.header('connection', 'close'), 'too many requests are under way; try again')
  })
  addAuth(app, { rules: listener, openPaths: OPEN_PATHS, pathOf })
  app.addHook('onRequest', refuseOtherMethods)
  app.setNotFoundHandler((_request, reply) => sendNotFound(reply))
  app.setErrorHandler((err, request, reply) => {
    request.log.error({ err, path: pathOf(request) }, 'The request failed')
    return reply.code(500).send({ error: 'internal error; the log has more' })
  })
  addRoutes(app, ports, connections)
  return app
}

// Without these, fastify loads its own schema compilers at every start.
function noSchema(): never {
  throw new Error('no route has a schema')
}

// What fastify makes its server from. If fastify is handed a server, it leaves that server's limits to us.
function transport(listener: () => ListenerRules) {
  const { tls } = listener()
  if (tls === null) return { http: HTTP_LIMITS }
  // TLS is never turned on or off while it listens.
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

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

// Node accepts HTTP/0.9 and 2.0 in a request line, and takes the first of several Host headers (RFC 9112, section 3.2).
async function refuseOtherProtocols({ raw }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (raw.httpVersion !== '1.1' && raw.httpVersion !== '1.0') {
    return reply.code(505).header('connection', 'close').send({ error: 'only HTTP/1.1 and HTTP/1.0 are spoken here' })
  }
  if (raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length > 1) {
    return reply.code(400).header('connection', 'close').send({ error: 'more than one Host header' })
  }
  return undefined
}

// Before anything reads a body: a request is refused for its method whatever it carries.
async function refuseOtherMethods(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined
  const path = pathOf(request)
  if (!PATHS.includes(path) && !isServicePath(path)) return sendNotFound(reply)
  return reply.code(405).header('allow', 'GET, HEAD').send({ error: 'only GET and HEAD: this service is read-only' })
}

function sendNotFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ error: 'no such path', paths: PATHS })
}

function pathOf({ url }: FastifyRequest): string {
  return withoutQuery(url)
}
