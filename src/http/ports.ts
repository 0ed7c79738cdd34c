import type { FastifyBaseLogger } from 'fastify'
import type { BuildInfo } from '../build-info.ts'
import type { GateStanding } from '../domain/gate.ts'
import type { Links } from '../domain/links.ts'
import type { Clock } from '../domain/ports.ts'
import type { Report } from '../domain/report.ts'
import type { Shard } from '../domain/shard.ts'
import type { ServiceIdentity } from '../domain/target.ts'
import type { ServiceExplanation } from '../explain/explanation.ts'
import type { Exposition } from '../metrics/exposition.ts'
import type { ListenerRules } from './listener/rules.ts'

/** What the HTTP answers are made of; handed over by the composition root. */
export interface AppPorts {
  readonly report: () => Report
  /** `undefined`: there is no such service. */
  readonly explain: (service: ServiceIdentity) => ServiceExplanation | undefined
  /** The part of the targets that the report is about. */
  readonly shard: Shard
  readonly metrics: Pick<Exposition, 'body'>
  /** Scrape mode: awaited before `/metrics` answers, with the timeout that the scrape announced. */
  readonly beforeScrape?: (scrapeTimeoutMs: number | undefined) => Promise<void>
  readonly readiness: () => Readiness
  /** Begins a check of everything, or joins the one that is under way; absent: nobody may ask for one. */
  readonly checkNow?: () => void
  /** Where the pages' links lead. */
  readonly links: Links
  /** The answer of `/debug/version`. */
  readonly buildInfo: BuildInfo
  /** Absent: nothing is logged. Answered requests never are, failures once. */
  readonly log: FastifyBaseLogger | undefined
  readonly clock: Clock
  /** The rules at this moment for whoever asks; absent: plain HTTP, open to all. */
  readonly listener?: () => ListenerRules
  /** How often the facts are read again; the page refreshes itself as often. */
  readonly refreshSeconds: number
  /** Absent: no gate runs here. */
  readonly gate?: () => GateStanding
}

export interface Readiness {
  readonly ready: boolean
  /** By the name of what is needed. */
  readonly checks: Readonly<Record<string, ReadinessCheck>>
}

interface ReadinessCheck {
  readonly status: 'ok' | 'error'
  readonly message?: string
}
