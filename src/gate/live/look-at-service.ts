import { shown } from '../../domain/text.ts'
import { isJsonObject, parseJson, valueAt } from '../../text/json.ts'
import type { GateConfig } from '../gate-config.ts'
import { SCRAPE_ACCEPT } from './exposition/parse-exposition.ts'
import { readExposition } from './exposition/read-exposition.ts'
import type { GateClient, HttpAnswer } from './http-client.ts'
import type { AnswerFacts, HealthFacts, MetricsFacts, ServiceFacts } from './live-facts.ts'

/**
 * Asks the service for its metrics and each of its health endpoints, side by side. Never rejects, except for a fault of
 * our own.
 */
export async function lookAtService(
  { metrics, health }: Pick<GateConfig, 'metrics' | 'health'>,
  client: Pick<GateClient, 'get' | 'url'>,
  signal: AbortSignal
): Promise<ServiceFacts> {
  const lookAtMetrics = async (): Promise<MetricsFacts> => {
    const result = await client.get(metrics.path, { accept: SCRAPE_ACCEPT, signal })
    if (!result.answered) return result
    try {
      return { ...withoutBody(result), exposition: await readExposition(result, signal) }
    } catch (cause) {
      if (!signal.aborted) throw cause
      return { answered: false, url: result.url, reason: 'not_asked', message: 'stopped', ms: result.ms }
    }
  }
  const lookAtHealth = async ({ path, checks, timeoutMs }: GateConfig['health'][number]): Promise<HealthFacts> => {
    const result = await client.get(path, { signal, timeoutMs })
    if (!result.answered) return result
    const isHtml = /^text\/html\b/i.test(result.contentType) || /^\s*<(?:!doctype|html)\b/i.test(result.body)
    const json = parseJson(result.body)
    const overall = valueAt(json, 'status')
    return {
      ...withoutBody(result),
      isHtml,
      overall: isWord(overall) ? shown(String(overall)) : null,
      checks: checksOf(json, checks)
    }
  }
  const [seen, ...endpoints] = await Promise.all([
    lookAtMetrics(),
    ...health.map(async endpoint => [endpoint.id, await lookAtHealth(endpoint)] as const)
  ])
  return { url: client.url, metrics: seen, health: new Map(endpoints) }
}

function withoutBody({ body: _, redirect: __, ...answer }: HttpAnswer): AnswerFacts {
  return answer
}

// The usual one and MicroProfile's; Spring Boot's, and that of its endpoints before 2.2 and of NestJS; ASP.NET Core's.
const CHECKS_KEYS: readonly string[] = ['checks', 'components', 'details', 'entries']

function checksOf(parsed: unknown, wanted: readonly string[]): Readonly<Record<string, readonly string[]>> | null {
  if (!isJsonObject(parsed)) return null
  // Grafana and Django have them at the top.
  const checks = CHECKS_KEYS.map(key => valueAt(parsed, key)).find(isCollection) ?? parsed
  // Some write a list of checks, each with a name, which several may share.
  const found = (name: string): readonly unknown[] =>
    Array.isArray(checks)
      ? checks.filter(check => valueAt(check, 'name') === name)
      : isJsonObject(checks) && Object.hasOwn(checks, name)
        ? [checks[name]]
        : []
  const named = wanted.map(name => [name, found(name)] as const).filter(([, all]) => all.length > 0)
  return Object.fromEntries(named.map(([name, all]) => [name, statusesOf(all)]))
}

// For a dependency, health+json (IETF draft) has a list: one check for each node or figure.
function statusesOf(checks: readonly unknown[]): readonly string[] {
  const all = checks.flatMap(check => (Array.isArray(check) && check.length > 0 ? check : [check]))
  return [...new Set(all.map(statusOf))]
}

// Where checks say how they are, the usual one first.
const STATUS_KEYS: readonly string[] = ['status', 'healthy', 'ok', 'up', 'connected', 'alive', 'ready', 'state']

function statusOf(check: unknown): string {
  const said = isJsonObject(check) ? STATUS_KEYS.map(key => valueAt(check, key)) : [check]
  const status = said.find(isWord)
  return status === undefined ? 'there' : shown(String(status))
}

function isCollection(value: unknown): boolean {
  return isJsonObject(value) || Array.isArray(value)
}

function isWord(value: unknown): boolean {
  return ['string', 'boolean', 'number'].includes(typeof value)
}
