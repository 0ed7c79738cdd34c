import { type Observed, seen, unseen } from '../../domain/observation.ts'
import { isJsonObject, parseJson, textAt, timeAt, valueAt } from '../../text/json.ts'
import type { GateClient, HttpResult } from './http-client.ts'
import type { ReceivedAlerts } from './live-facts.ts'
import { type ApiReason, type Asked, unanswered } from './prometheus-api.ts'
import { describeRedirect } from './redirects.ts'

/** Asks Alertmanager whether it has an alert, silenced or not. Never rejects. */
export async function lookAtAlertmanager(
  alert: string,
  client: Pick<GateClient, 'get'>,
  signal: AbortSignal
): Promise<Asked<ReceivedAlerts>> {
  const filter = encodeURIComponent(`alertname=${JSON.stringify(alert)}`)
  const result = await client.get(`/api/v2/alerts?filter=${filter}`, { signal })
  return { asked: 'GET /api/v2/alerts of Alertmanager', answer: readAlerts(result, alert), partial: [], ms: result.ms }
}

function readAlerts(result: HttpResult, name: string): Observed<ReceivedAlerts, ApiReason> {
  if (!result.answered) return unanswered(result)
  const { status, contentType } = result
  const redirect = describeRedirect(result)
  if (redirect !== null) return unseen('not_the_api', redirect)
  if (status !== 200) return unseen(status === 404 ? 'missing' : 'refused', `it answers ${status}`)
  if (result.isTruncated) return unseen('refused', 'its answer is too large')
  const alerts = readAlertList(result.body)
  if (alerts === null) return unseen('not_the_api', `200 with ${contentType || 'no JSON'}: not Alertmanager`)
  // A proxy in between may drop the filter.
  const own = alerts.filter(alert => textAt(alert, 'labels', 'alertname') === name)
  const starts = own.flatMap(alert => timeAt(alert, 'startsAt') ?? [])
  return seen({ count: own.length, since: starts.toSorted((a, b) => a - b)[0] ?? null })
}

/** Reads the body of `/api/v2/alerts`; `null`: it is no list of alerts. */
function readAlertList(body: string): readonly unknown[] | null {
  const alerts = parseJson(body)
  return Array.isArray(alerts) && alerts.every(alert => isJsonObject(valueAt(alert, 'labels'))) ? alerts : null
}
