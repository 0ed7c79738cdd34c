import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { describePart } from '../domain/shard.ts'
import type { ServiceIdentity } from '../domain/target.ts'
import { findService, whyNotKnown } from '../explain/find-service.ts'
import type { AppPorts } from './ports.ts'
import { type Missing, renderNoService } from './service-page/not-found.ts'
import { renderServicePage } from './service-page/page.ts'
import { createAllowance } from './shared-rendering.ts'

/** As people see them. */
export const SERVICE_PATHS: readonly string[] = ['/services/NAMESPACE/SERVICE', '/api/v1/services/NAMESPACE/SERVICE']

/** The most characters of a name in a path: 128 of four bytes each, all of them escaped. */
export const LONGEST_PARAMETER = 128 * 4 * 3

/** Whether a path is one of a service, whether there is such a service or not. */
export function isServicePath(path: string): boolean {
  return /^\/(?:api\/v1\/)?services\/[^/]+\/[^/]+$/.test(path)
}

/** Sends a text, compressed where that is wanted. */
type SendText = (text: string, exchange: { request: FastifyRequest; reply: FastifyReply }) => Promise<FastifyReply>

const UNKNOWN = { message: 'there is no such service', near: [] }

const HTML = 'text/html; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'

/** Adds the page of a service and its JSON; HEAD comes with GET. */
export function addServiceRoutes(app: FastifyInstance, ports: AppPorts, sendText: SendText): void {
  const { buildInfo, clock, refreshSeconds } = ports
  // Comparing a wrong name with thousands takes time that nobody may take away from others.
  const allow = createAllowance(() => performance.now())

  async function missing({ params }: FastifyRequest): Promise<Missing> {
    const { services, source } = ports.report()
    const found = await allow(async () => findService(services, namesIn(params)))
    const { message, near } = found?.found === null ? found : UNKNOWN
    const unread = whyNotKnown(source)
    const part = describePart(ports.shard)
    const words = [
      message,
      ...(unread === null ? [] : [unread]),
      ...(part === null ? [] : [`this is ${part}: another one may have it`])
    ]
    return { near, message: words.join('; '), code: unread === null ? 404 : 503 }
  }

  app.get('/services/:namespace/:service', async (request, reply) => {
    const explanation = ports.explain(namesIn(request.params))
    const view = { buildInfo, now: clock(), refreshSeconds }
    reply.type(HTML)
    if (explanation !== undefined) {
      return sendText(renderServicePage({ ...view, explanation, report: ports.report() }), { request, reply })
    }
    const none = await missing(request)
    return sendText(renderNoService(none, view), { request, reply: reply.code(none.code) })
  })

  app.get('/api/v1/services/:namespace/:service', async (request, reply) => {
    const explanation = ports.explain(namesIn(request.params))
    reply.type(JSON_TYPE)
    if (explanation !== undefined) return sendText(JSON.stringify(explanation), { request, reply })
    const { message, near, code } = await missing(request)
    const didYouMean = near.map(({ namespace, service }) => ({ namespace, service }))
    return sendText(JSON.stringify({ error: message, didYouMean }), { request, reply: reply.code(code) })
  })
}

// The router has decoded them; a slash in a name is %2F in the path.
function namesIn(params: unknown): ServiceIdentity {
  const { namespace, service } = Object(params)
  return { namespace: String(namespace), service: String(service) }
}
