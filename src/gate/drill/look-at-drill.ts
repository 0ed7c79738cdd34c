import { shown } from '../../domain/text.ts'
import { isJsonObject, listAt, resolvePointer, textAt, valueAt } from '../../text/json.ts'
import type { Drill, Show } from '../gate-config.ts'
import type { GateClient, HttpResult } from '../live/http-client.ts'
import type { AlertLook, DrillLook, ShowLook } from './drill-facts.ts'

/** Whom a drill asks; `null`: not configured. */
export interface DrillClients {
  readonly service: Pick<GateClient, 'get'>
  readonly prometheus: Pick<GateClient, 'get'> | null
  readonly alertmanager: Pick<GateClient, 'get'> | null
}

/** One sample of an instant query: its labels and its value. */
type Samples = readonly { readonly labels: unknown; readonly value: number }[]

/** Looks once at everything that a drill awaits, and at these alerts; each address is asked once. Never rejects. */
export async function lookAtDrill(
  { shows }: Drill,
  {
    clients,
    alerts,
    signal
  }: { readonly clients: DrillClients; readonly alerts: readonly string[]; readonly signal: AbortSignal }
): Promise<DrillLook> {
  const answers = new Map<string, Promise<HttpResult>>()
  const getOnce = (path: string) => {
    const known = answers.get(path) ?? clients.service.get(path, { signal, accept: '*/*' })
    answers.set(path, known)
    return known
  }
  const active = new Map(alerts.map(alert => [alert, lookAtAlert(alert, clients, signal)]))
  const [seen, states] = await Promise.all([
    Promise.all(
      shows.map(async show => {
        if (show.kind === 'get') return judgeGet(show, await getOnce(show.path))
        if (show.kind === 'query') return judgeQuery(show, await query(show.query, clients, signal))
        const state = await (active.get(show.alert) ?? lookAtAlert(show.alert, clients, signal))
        return judgeAlert(show, state, clients.alertmanager !== null)
      })
    ),
    Promise.all(active.values())
  ])
  return { shows: seen, alerts: states.map(({ alert, state, isReceived }) => ({ alert, state, isReceived })) }
}

type ShowOf<Kind extends Show['kind']> = Extract<Show, { readonly kind: Kind }>

function judgeGet(show: ShowOf<'get'>, answer: HttpResult): ShowLook {
  if (!answer.answered) return { state: 'unclear', status: null, words: answer.message }
  const { status, body, ms } = answer
  const wanted = Object.entries(show.json)
  // Metrics are large, and are no JSON.
  const json = wanted.length === 0 ? undefined : parseJson(body)
  const values = wanted.map(([pointer, value]) => {
    const found = resolvePointer(json, pointer)
    return { pointer, found, fits: isSame(found, value) }
  })
  const hasPrefix = show.prefix === null || body.startsWith(show.prefix) || body.includes(`\n${show.prefix}`)
  const fits = (show.status === null || status === show.status) && values.every(({ fits }) => fits) && hasPrefix
  const words = [
    `${status} in ${Math.round(ms)} ms`,
    ...values.map(
      ({ pointer, found }) => `${pointer} ${found === undefined ? 'is not there' : shown(JSON.stringify(found))}`
    ),
    ...(hasPrefix ? [] : [`no sample ${show.prefix}*`])
  ]
  return { state: fits ? 'shows' : 'absent', status, words: words.join(', ') }
}

function judgeQuery({ value }: ShowOf<'query'>, samples: Samples | string): ShowLook {
  if (typeof samples === 'string') return { state: 'unclear', status: null, words: samples }
  const values = samples.map(sample => sample.value)
  const words =
    values.length === 0 ? 'no series' : `value ${values.slice(0, 3).join(', ')}${values.length > 3 ? ', …' : ''}`
  return { state: values.includes(value) ? 'shows' : 'absent', status: null, words }
}

/** An alert, and why it could not be looked at; `null`: it could. */
interface AlertAnswer extends AlertLook {
  readonly failure: string | null
}

function judgeAlert(
  show: ShowOf<'alert'>,
  { state, isReceived, failure }: AlertAnswer,
  hasAlertmanager: boolean
): ShowLook {
  if (failure !== null) return { state: 'unclear', status: null, words: failure }
  // Pending alerts are not sent.
  const isDelivered = !hasAlertmanager || show.state === 'pending' || isReceived
  const isThere = show.state === 'firing' ? state === 'firing' && isDelivered : state !== null
  // Gone is only what is in no state at all.
  const isGone = state === null && !isReceived
  const words = `${state ?? 'inactive'}${hasAlertmanager ? `, ${isReceived ? '' : 'not '}in Alertmanager` : ''}`
  return { state: isThere ? 'shows' : isGone ? 'absent' : 'unclear', status: null, words }
}

async function lookAtAlert(alert: string, clients: DrillClients, signal: AbortSignal): Promise<AlertAnswer> {
  const [samples, received] = await Promise.all([
    // The one that every kind of Prometheus answers.
    query(`ALERTS{alertname=${JSON.stringify(alert)}}`, clients, signal),
    isReceived(alert, clients, signal)
  ])
  const failures = [samples, received].filter(answer => typeof answer === 'string')
  const states = typeof samples === 'string' ? [] : samples.map(({ labels }) => textAt(labels, 'alertstate'))
  return {
    alert,
    state: states.includes('firing') ? 'firing' : states.length > 0 ? 'pending' : null,
    isReceived: received === true,
    failure: failures.length === 0 ? null : failures.join('; ')
  }
}

/** What went wrong is a text. */
async function query(expression: string, { prometheus }: DrillClients, signal: AbortSignal): Promise<Samples | string> {
  if (prometheus === null) return 'prometheus.url is not configured'
  const answer = await prometheus.get(`/api/v1/query?${new URLSearchParams({ query: expression })}`, { signal })
  if (!answer.answered) return `Prometheus: ${answer.message}`
  const json = parseJson(answer.body)
  if (textAt(json, 'status') !== 'success') {
    return `Prometheus: ${answer.status}, ${shown(textAt(json, 'error')) || 'no JSON of its API'}`
  }
  const result = listAt(json, 'data', 'result')
  // A scalar is its time and its value; a vector has one such pair for each series.
  if (textAt(json, 'data', 'resultType') === 'scalar') return [{ labels: {}, value: Number(result[1]) }]
  return result.map(one => ({ labels: valueAt(one, 'metric'), value: Number(valueAt(one, 'value', '1')) }))
}

async function isReceived(
  alert: string,
  { alertmanager }: DrillClients,
  signal: AbortSignal
): Promise<boolean | string> {
  if (alertmanager === null) return false
  const filter = new URLSearchParams({ filter: `alertname=${JSON.stringify(alert)}` })
  const answer = await alertmanager.get(`/api/v2/alerts?${filter}`, { signal })
  if (!answer.answered) return `Alertmanager: ${answer.message}`
  const json = parseJson(answer.body)
  if (answer.status !== 200 || !Array.isArray(json)) return `Alertmanager: ${answer.status}, no list of alerts`
  return json.some(one => textAt(one, 'labels', 'alertname') === alert)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// As JSON: the order of keys does not count.
function isSame(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((item, index) => isSame(found[index], item))
    )
  }
  if (!isJsonObject(wanted)) return found === wanted
  const keys = Object.keys(wanted)
  return (
    isJsonObject(found) &&
    keys.length === Object.keys(found).length &&
    keys.every(key => isSame(found[key], wanted[key]))
  )
}
