import type { Exposition } from './exposition/exposition.ts'
import type { NoExposition } from './exposition/parse-exposition.ts'
import type { HttpAnswer, HttpFailure } from './http-client.ts'
import type { Asked, Samples } from './prometheus-api.ts'

/** What the service, Prometheus and Alertmanager answered. */
export interface LiveFacts {
  readonly service: ServiceFacts
  /** `null`: not configured. */
  readonly prometheus: PrometheusFacts | null
  /** The alert as Alertmanager has it, none if no alert is followed; `null`: no Alertmanager is configured. */
  readonly alertmanager: Asked<ReceivedAlerts> | null
}

export interface ServiceFacts {
  /** Its address; it may be shown. */
  readonly url: string
  readonly metrics: MetricsFacts
  /** By the id of the endpoint. */
  readonly health: ReadonlyMap<string, HealthFacts>
}

/** An answer without what may not be shown. */
export type AnswerFacts = Omit<HttpAnswer, 'body' | 'redirect'>

export type MetricsFacts = HttpFailure | (AnswerFacts & { readonly exposition: Exposition | NoExposition })

export type HealthFacts =
  | HttpFailure
  | (AnswerFacts & {
      readonly isHtml: boolean
      /**
       * The `status` at the top of a JSON answer, a text or a flag, which says how the service is as a whole; `null`:
       * there is none.
       */
      readonly overall: string | null
      /**
       * The wanted checks that the answer has, by name, with all that each says, without repeats: a `status`, a flag
       * `healthy`, or the check itself where it is a text or a flag; else `there`. `null`: no JSON.
       */
      readonly checks: Readonly<Record<string, readonly string[]>> | null
    })

export interface PrometheusFacts {
  /** Its address; it may be shown. */
  readonly url: string
  readonly build: Asked<Build>
  /** `time()`: whether it answers queries, and what its clock says. */
  readonly time: Asked<Samples>
  /** `up` of the service's series. */
  readonly up: Asked<Samples>
  /** How old each is, in seconds. */
  readonly upAge: Asked<Samples>
  /** `process_start_time_seconds`. */
  readonly startTimes: Asked<Samples>
  readonly targets: Asked<readonly Target[]>
  /** `null`: no prefix is configured. */
  readonly fresh: Asked<Freshness> | null
  readonly rules: Asked<readonly LoadedGroup[]>
  /** Whether the last reload of its configuration succeeded, as its own `/metrics` says; `null`: it does not say. */
  readonly lastReload: boolean | null
  /** Expressions of the rules files, and of the rules that are loaded, as Prometheus formats them. */
  readonly formatted: ReadonlyMap<string, Asked<string>>
  /** By the names in the configuration. */
  readonly keyMetrics: ReadonlyMap<string, KeyMetricFacts>
  /** `null`: no alert is configured. */
  readonly alert: AlertHistory | null
}

export interface Build {
  /** May be shown. */
  readonly version: string
  readonly product: 'Prometheus' | 'Mimir' | 'Thanos' | 'VictoriaMetrics' | 'another server'
}

/** How many series have a sample: now, and within the last minute, 5 minutes, hour. */
export interface Freshness {
  readonly now: number
  readonly minute: number
  readonly fiveMinutes: number
  readonly hour: number
}

/** An active target. Only `labels` may not be shown as they are. */
export interface Target {
  readonly labels: Readonly<Record<string, string>>
  readonly url: string
  readonly health: 'up' | 'down' | 'unknown'
  /** Empty: there is none. */
  readonly lastError: string
  /** `null`: it does not say. */
  readonly intervalMs: number | null
}

/** A group of rules as Prometheus has it in use. Nothing of it may be shown as it is but `lastError`. */
export interface LoadedGroup {
  readonly name: string
  readonly intervalMs: number
  readonly rules: readonly LoadedRule[]
}

export interface LoadedRule {
  readonly kind: 'alert' | 'record'
  readonly name: string
  readonly expr: string
  /** Of an alert: `inactive`, `pending`, `firing`, or another word. */
  readonly state: string
  readonly health: 'ok' | 'err' | 'unknown'
  /** Empty: there is none. */
  readonly lastError: string
  /** Ms since the epoch; `null`: never. */
  readonly lastEvaluation: number | null
  /** How long it is pending before it fires, in ms. */
  readonly forMs: number
  /** How long it goes on firing, in ms; `null`: the server does not say. */
  readonly keepFiringMs: number | null
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface KeyMetricFacts {
  readonly series: Asked<MetricSeries>
  /** The types that Prometheus has for the metric, of any job. */
  readonly types: Asked<readonly string[]>
}

export interface MetricSeries {
  readonly count: number
  /** Of the youngest, in seconds; `null`: there are none. */
  readonly age: number | null
}

/** What was seen of an alert, by its state. */
export interface AlertHistory {
  /** `ALERTS` of this moment. */
  readonly now: Asked<Samples>
  /** States that were seen within `alert.seenWithin`. */
  readonly seen: Asked<Samples>
  /** When each was last seen, in seconds since the epoch, to a minute or so. */
  readonly times: Asked<Samples>
  /** What the alert's own expression gives now; `null`: it has no such rule. */
  readonly expression: Asked<Samples> | null
}

export interface ReceivedAlerts {
  readonly count: number
  /** The earliest, ms since the epoch; `null`: there is none. */
  readonly since: number | null
}
