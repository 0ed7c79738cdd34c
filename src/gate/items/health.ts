import { firstFew } from '../../text/lines.ts'
import { withoutQuery } from '../../text/url-secrets.ts'
import type { GateConfig, HealthEndpoint } from '../gate-config.ts'
import type { ItemResult, ItemSpec } from '../item.ts'
import type { ServiceFacts } from '../live/live-facts.ts'
import { describeGet, inMs, notAsked } from './evidence.ts'
import { fail, pass, skip } from './results.ts'
import { actionToReach, setServiceUrl } from './sources.ts'

/** One item for each health endpoint. */
export function healthItems({ health }: GateConfig): readonly ItemSpec[] {
  return health.map(endpoint => ({
    id: `health-endpoint-${endpoint.id}`,
    section: 'Health endpoints',
    item: `${withoutQuery(endpoint.path)} answers ${endpoint.status}`,
    needs: [],
    required: true,
    judge: ({ live }) => judgeEndpoint(endpoint, live.service)
  }))
}

function judgeEndpoint({ id, status, checks, isHtml, ...endpoint }: HealthEndpoint, service: ServiceFacts): ItemResult {
  const path = withoutQuery(endpoint.path)
  const result = service.health.get(id)
  if (result === undefined) return skip('it was not asked', 'Run the gate again')
  if (!result.answered) {
    const action = actionToReach(service) ?? `Make ${path} answer ${status}: ${result.message}`
    return notAsked(result) ?? fail(describeGet(result), action)
  }
  const words = `GET ${path}: ${result.status} in ${inMs(result.ms)}`
  const action = `Make ${path} answer ${status}`
  if (result.status !== status) {
    const { location, secureUrl } = result
    const where = location === null ? '' : `, a redirect to ${location}`
    return fail(
      `${words}${where}; expected ${status}`,
      secureUrl === null ? `${action}: it answers ${result.status}` : setServiceUrl(secureUrl)
    )
  }
  if (result.isHtml && !isHtml) {
    return fail(`${words}, HTML: a login page?`, `${action} without HTML, or set html: true`)
  }
  const { overall } = result
  const warning = overall !== null && isBroken(overall) && `${path} answers ${status}, but its "status" says ${overall}`
  const passed = (evidence: string): ItemResult => ({
    ...pass(evidence),
    ...(warning && status < 400 ? { warning } : {})
  })
  if (checks.length === 0) return passed(words)
  if (result.isTruncated) {
    return skip(`${words}, but the answer is larger than the gate reads`, `Make the answer of ${path} smaller`)
  }
  if (result.checks === null)
    return fail(`${words}, but no JSON with checks`, `Make ${path} answer in JSON with checks`)
  const seen = result.checks
  const missing = checks.filter(check => !Object.hasOwn(seen, check))
  if (missing.length > 0) {
    return fail(
      `${words}, the JSON lacks the checks ${missing.join(', ')}`,
      `Add the checks ${missing.join(', ')} to ${path}`
    )
  }
  const said = checks.map(check => ({ check, statuses: seen[check] ?? [] }))
  const [broken] = said.flatMap(({ check, statuses }) => statuses.filter(isBroken).map(says => ({ check, says })))
  if (broken !== undefined && status < 400) {
    return fail(
      `${words}, but the check ${broken.check} says ${broken.says}`,
      `Repair ${broken.check}: the check of ${path} says ${broken.says}`
    )
  }
  return passed(`${words}, ${said.map(({ check, statuses }) => `${check} ${firstFew(statuses)}`).join(', ')}`)
}

// What the draft of health+json (IETF), MicroProfile, Spring Boot, ASP.NET, gRPC, those who say OK and KO, and most others
// write, alone or before a reason; what else a check says, such as "degraded", is for people to judge.
const BROKEN =
  /^(?:error|fail(?:ed|ing|ure)?|down|dead|unhealthy|unavailable|unreachable|disconnected|offline|out[_ ]of[_ ]service|ko|nok|time(?:d[_ ])?out|not[_ -](?:alive|available|connected|healthy|ok|ready|serving)|critical|false)(?![\w-])/i

function isBroken(word: string): boolean {
  return BROKEN.test(word)
}
