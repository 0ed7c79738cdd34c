import { shown } from '../../domain/text.ts'
import { isJsonObject, parseJson, resolvePointer } from '../../text/json.ts'
import type { Drill, Show } from '../gate-config.ts'
import type { GateClient, HttpResult } from '../live/http-client.ts'
import { lookAtAlertmanager } from '../live/look-at-alertmanager.ts'
import { queryPrometheus, type Sample } from '../live/prometheus-api.ts'
import type { AlertLook, DrillLook, ShowLook } from './drill-facts.ts'

/** Whom a drill asks; `null`: not configured. */
export interface DrillClients {
  readonly service: Pick<GateClient, 'get'>
  readonly prometheus: Pick<GateClient, 'get'> | null
  readonly alertmanager: Pick<GateClient, 'get'> | null
}

interface Queried {
  readonly samples: readonly Sample[]
  /** Why the answer is incomplete; empty: it is complete. */
  readonly partial: string
}

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
  return { shows: seen, alerts: states }
}

type ShowOf<Kind extends Show['kind']> = Extract<Show, { readonly kind: Kind }>

function judgeGet(show: ShowOf<'get'>, answer: HttpResult): ShowLook {
  if (!answer.answered) return { state: 'unclear', status: null, words: answer.message }
  const { status, body, isTruncated, ms } = answer
  const wanted = Object.entries(show.json)
  // Metrics are large, and are no JSON.
  const json = wanted.length === 0 ? undefined : parseJson(body)
  const values = wanted.map(([pointer, value]) => {
    const found = resolvePointer(json, pointer)
    return { pointer, found, fits: isSame(found, value) }
  })
  const hasPrefix = show.prefix === null || body.startsWith(show.prefix) || body.includes(`\n${show.prefix}`)
  const isStatus = show.status === null || status === show.status
  const fits = isStatus && values.every(({ fits }) => fits) && hasPrefix
  const words = [
    `${status} in ${Math.round(ms)} ms`,
    ...values.map(
      ({ pointer, found }) => `${shown(pointer)} ${found === undefined ? 'is not there' : toldJson(found)}`
    ),
    ...(hasPrefix ? [] : [`no sample ${show.prefix}*`])
  ]
  // What was looked for may come after the part that is read.
  const state = fits ? 'shows' : isTruncated && isStatus ? 'unseen' : 'absent'
  return { state, status, words: words.join(', ') }
}

function judgeQuery({ value }: ShowOf<'query'>, answer: Queried | string): ShowLook {
  if (typeof answer === 'string') return { state: 'unseen', status: null, words: answer }
  const { samples, partial } = answer
  const values = samples.map(sample => sample.value)
  const words =
    values.length === 0 ? 'no series' : `value ${values.slice(0, 3).join(', ')}${values.length > 3 ? ', …' : ''}`
  if (values.includes(value)) return { state: 'shows', status: null, words }
  return { state: partial === '' ? 'absent' : 'unseen', status: null, words: `${words}${partial}` }
}

function judgeAlert(
  show: ShowOf<'alert'>,
  { state, isReceived, failure }: AlertLook,
  hasAlertmanager: boolean
): ShowLook {
  if (failure !== null) return { state: 'unseen', status: null, words: failure }
  // Pending alerts are not sent.
  const isDelivered = !hasAlertmanager || show.state === 'pending' || isReceived
  const isThere = show.state === 'firing' ? state === 'firing' && isDelivered : state !== null
  // An alert is gone only if it is in no state at all.
  const isGone = state === null && !isReceived
  const words = `${state ?? 'inactive'}${hasAlertmanager ? `, ${isReceived ? '' : 'not '}in Alertmanager` : ''}`
  return { state: isThere ? 'shows' : isGone ? 'absent' : 'unclear', status: null, words }
}

async function lookAtAlert(alert: string, clients: DrillClients, signal: AbortSignal): Promise<AlertLook> {
  const [answer, received] = await Promise.all([
    // The query that every kind of Prometheus answers.
    query(`ALERTS{alertname=${JSON.stringify(alert)}}`, clients, signal),
    clients.alertmanager && lookAtAlertmanager(alert, clients.alertmanager, signal)
  ])
  const states = typeof answer === 'string' ? [] : answer.samples.map(({ labels }) => labels.alertstate)
  // A partial answer can show an alert, but not that it is gone.
  const partial = typeof answer === 'string' || states.length > 0 ? '' : answer.partial
  const failures = [
    ...(typeof answer === 'string' ? [answer] : []),
    ...(received?.answer.seen === false ? [`Alertmanager: ${received.answer.message}`] : []),
    ...(partial === '' ? [] : [`inactive${partial}`])
  ]
  return {
    alert,
    state: states.includes('firing') ? 'firing' : states.length > 0 ? 'pending' : null,
    isReceived: received?.answer.seen === true && received.answer.value.count > 0,
    failure: failures.length === 0 ? null : failures.join('; ')
  }
}

/** A text says what went wrong. */
async function query(expression: string, { prometheus }: DrillClients, signal: AbortSignal): Promise<Queried | string> {
  if (prometheus === null) return 'prometheus.url is not configured'
  const { answer, partial } = await queryPrometheus(prometheus, expression, signal)
  if (!answer.seen) return `Prometheus: ${answer.message}`
  return {
    samples: answer.value.samples,
    partial: partial.length === 0 ? '' : `, of a partial answer: ${partial.join('; ')}`
  }
}

function toldJson(value: unknown): string {
  try {
    return shown(JSON.stringify(value))
  } catch {
    return 'nests too deep to be shown'
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
