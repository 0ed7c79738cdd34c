import { type Observed, seen, type Unseen, unseen } from '../../domain/observation.ts'
import { shown } from '../../domain/text.ts'
import { isJsonObject, type JsonObject, listAt, parseJson, textAt, valueAt } from '../../text/json.ts'
import { withoutQuery, withoutUrlSecrets } from '../../text/url-secrets.ts'
import type { GateClient, HttpAnswer, HttpFailure, HttpResult } from './http-client.ts'
import { describeRedirect } from './redirects.ts'

/**
 * Why the API gave no answer that can be used.
 *
 * `unreachable`: no answer at all. `not_the_api`: something else answers, such as a login page. `missing`: this server
 * has no such API. `refused`: it does not answer this question, and says why. `stopped`: the gate was stopped.
 */
export type ApiReason = 'unreachable' | 'not_the_api' | 'missing' | 'refused' | 'stopped'

/** One question to the API, and what came of it. */
export interface Asked<Value> {
  /** What was asked, for a person; it may be shown. */
  readonly asked: string
  readonly answer: Observed<Value, ApiReason>
  /** What the server says of an answer that is not complete; may be shown. Empty: it is complete. */
  readonly partial: readonly string[]
  readonly ms: number
}

/** One sample of an instant query. */
export interface Sample {
  /** Not to be shown as they are. */
  readonly labels: Readonly<Record<string, string>>
  /** NaN if it is not a number, as for a native histogram. */
  readonly value: number
}

export interface Samples {
  readonly samples: readonly Sample[]
  /** The time for which the query was evaluated, by the server's clock, in seconds; `null`: there are no samples. */
  readonly at: number | null
}

/** What is said of an answer whose data are not of the kind that was asked for. */
export const OF_ANOTHER_KIND = 'its answer is not what Prometheus answers'

type Ask = Pick<GateClient, 'get'>

/** Asks the API below `/api/v1` for a path with its query, and reads its `data`. Never rejects. */
export async function askApi<Value>(
  client: Ask,
  question: { readonly path: string; readonly asked?: string; read(data: unknown): Value | null },
  signal: AbortSignal
): Promise<Asked<Value>> {
  const { path, asked = `GET /api/v1/${withoutQuery(path)}`, read } = question
  const result = await client.get(`/api/v1/${path}`, { signal })
  const { answer, partial } = readAnswer(result, read)
  return { asked: cut(asked), answer, partial, ms: result.ms }
}

/** An instant query at the server's own present time. Never rejects. */
export function queryPrometheus(client: Ask, query: string, signal: AbortSignal): Promise<Asked<Samples>> {
  const path = `query?query=${encodeURIComponent(query)}`
  return askApi(client, { path, asked: `query ${query}`, read: readSamples }, signal)
}

function readAnswer<Value>(
  result: HttpResult,
  read: (data: unknown) => Value | null
): { readonly answer: Observed<Value, ApiReason>; readonly partial: readonly string[] } {
  const nothing = (answer: Unseen<ApiReason>) => ({ answer, partial: [] })
  if (!result.answered) return nothing(unanswered(result))
  if (result.isTruncated) return nothing(unseen('refused', 'its answer is too large'))
  const body = parseJson(result.body)
  if (!isJsonObject(body)) return nothing(describeStranger(result))
  const { status } = result
  if (body.status === 'error') {
    return nothing(unseen(status === 404 ? 'missing' : 'refused', errorOf(body, status)))
  }
  if (status === 404 || status === 405 || status === 501) return nothing(describeStranger(result))
  if (body.status !== 'success' || status !== 200) return nothing(unseen('not_the_api', `${status} without success`))
  const value = read(body.data)
  if (value === null) return nothing(unseen('not_the_api', OF_ANOTHER_KIND))
  return { answer: seen(value), partial: partialOf(body) }
}

/** Why nothing answered: it could not be reached, or the gate was stopped. */
export function unanswered({ message }: HttpFailure): Unseen<ApiReason> {
  return unseen(message === 'stopped' ? 'stopped' : 'unreachable', message)
}

function describeStranger(result: HttpAnswer): Unseen<ApiReason> {
  const { status, contentType, body } = result
  const redirect = describeRedirect(result)
  if (redirect !== null) return unseen('not_the_api', redirect)
  if (status === 401 || status === 403) return unseen('refused', `${status}: it wants other credentials`)
  if (status === 200 && /\bjson\b/i.test(contentType) && /^\s*[{[]/.test(body) && parseJson(body) === undefined) {
    return unseen('not_the_api', '200 with JSON that breaks off')
  }
  const kind = /^\s*</.test(body.slice(0, 200)) ? 'HTML' : contentType === '' ? 'no JSON' : contentType
  if (status === 404 || status === 405 || status === 501) return unseen('missing', `${status}: there is no such API`)
  if (status === 200) return unseen('not_the_api', `200 with ${kind}: a login page, or not Prometheus`)
  return unseen('refused', `${status} with ${kind}`)
}

function errorOf(body: unknown, status: number): string {
  const [kind, error] = [textAt(body, 'errorType'), textAt(body, 'error')]
  return `${status} ${[kind, error]
    .filter(part => part !== '')
    .map(told)
    .join(': ')}`.trimEnd()
}

/** What a server says, as it may be shown. */
export function told(text: string): string {
  return shown(withoutUrlSecrets(text))
}

/** What a list of the API holds; empty: nothing, or it was not seen. */
export function seenIn<Item>({ answer }: Asked<readonly Item[]>): readonly Item[] {
  return answer.seen ? answer.value : []
}

/** The samples of a query; empty: there are none, or they were not seen. */
export function samplesIn({ answer }: Asked<Samples>): readonly Sample[] {
  return answer.seen ? answer.value.samples : []
}

// Prometheus 3 warns of the query itself, too, which makes no answer partial. VictoriaMetrics has a field for it.
function partialOf(body: unknown): readonly string[] {
  const warnings = listAt(body, 'warnings').filter(warning => typeof warning === 'string')
  const partial = warnings.filter(warning => !warning.startsWith('PromQL ')).map(told)
  if (valueAt(body, 'isPartial') === true && partial.length === 0) return ['the answer is partial']
  return partial.slice(0, 3)
}

function readSamples(data: unknown): Samples | null {
  const kind = textAt(data, 'resultType')
  if (kind === 'scalar') {
    const [time, value] = listAt(data, 'result')
    return typeof time === 'number' ? { samples: [{ labels: {}, value: toNumber(value) }], at: time } : null
  }
  if (kind !== 'vector') return null
  const rows = rowsAt(data, 'result', isSample)
  if (rows === null) return null
  const samples = rows.map(row => ({ labels: labelsOf(row.metric), value: toNumber(listAt(row, 'value')[1]) }))
  const [time] = rows.map(row => listAt(row, 'value')[0] ?? listAt(row, 'histogram')[0])
  return { samples, at: typeof time === 'number' ? time : null }
}

// A native histogram has no number.
function isSample({ metric, value, histogram }: JsonObject): boolean {
  if (!isJsonObject(metric)) return false
  return Array.isArray(histogram) || (Array.isArray(value) && typeof value[1] === 'string')
}

/** The objects of a list, each of the shape; `null`, which is Go's empty list, has none. `null`: it is no such list. */
export function rowsAt(
  value: unknown,
  name: string,
  isRow: (row: JsonObject) => boolean
): readonly JsonObject[] | null {
  const list = valueAt(value, name)
  if (list === null) return []
  return Array.isArray(list) && list.every(row => isJsonObject(row) && isRow(row)) ? list : null
}

// Go writes +Inf, and JSON has no word for it.
function toNumber(value: unknown): number {
  const text = String(value)
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return typeof value === 'string' && value !== '' ? Number(value) : Number.NaN
}

export function labelsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  )
}

function cut(text: string): string {
  return shown(text.replace(/\s+/g, ' '))
}
