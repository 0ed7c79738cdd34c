import { shown } from '../../domain/text.ts'
import { withoutQuery } from '../../text/url-secrets.ts'
import type { Show } from '../gate-config.ts'

/** Where a drill is: all must be well first, then everything must show, then all must be well again. */
export type DrillPhase = 'before' | 'broken' | 'restored'

/** What a drill saw; times are ms since the epoch. */
export interface DrillFacts {
  readonly name: string
  readonly startedAt: number
  /** When the command that breaks was printed; `null`: never, for not all was well before. */
  readonly breakAt: number | null
  /** When the command that restores was printed; `null`: never, for the one that breaks was not. */
  readonly restoreAt: number | null
  readonly endedAt: number
  /** Whether somebody stopped it before its end. */
  readonly isInterrupted: boolean
  /** In the order of the drill's `shows`. */
  readonly shows: readonly ShowFacts[]
  /** What did not come before the time of its phase was over. */
  readonly missed: readonly MissedShow[]
  /** Every alert that was watched: those of `shows`, and the gate's own. */
  readonly alerts: readonly AlertFacts[]
  /** What happened, in order. */
  readonly timeline: readonly DrillEvent[]
}

export interface ShowFacts {
  /** What was awaited, for a person: `GET /readyz: 503`. */
  readonly what: string
  /** What was looked at: `GET /readyz`. */
  readonly subject: string
  /** Whether it is there in good health too: it must hold while something is broken, but proves nothing by itself. */
  readonly isSteady: boolean
  /** When it was first seen after something was broken. */
  readonly seenAt: number | null
  /**
   * When it was first seen gone after the command that restores; for a steady one, when it was first seen to hold then.
   */
  readonly backAt: number | null
  /** What the last look at it saw. */
  readonly last: string
}

export interface MissedShow extends Pick<ShowFacts, 'what' | 'last'> {
  readonly phase: DrillPhase
  /** Whether the last look could not tell. */
  readonly isUnseen: boolean
}

/** When an alert was first seen in each state after something was broken; `null`: not seen. */
export interface AlertFacts {
  readonly alert: string
  readonly pendingAt: number | null
  readonly firingAt: number | null
  /** In Alertmanager. */
  readonly receivedAt: number | null
  /** Why the last look before the command that restores could not tell; `null`: it could. */
  readonly failure: string | null
}

export interface DrillEvent {
  readonly at: number
  readonly words: string
}

/** What one look at a drill's surroundings saw. */
export interface DrillLook {
  /** In the order of the drill's `shows`. */
  readonly shows: readonly ShowLook[]
  readonly alerts: readonly AlertLook[]
}

export interface ShowLook {
  /** `unclear`: the service does not answer, or an alert is on its way: it neither shows nor is gone. `unseen`: nobody can tell. */
  readonly state: 'shows' | 'absent' | 'unclear' | 'unseen'
  /** The status of an HTTP answer; `null`: there is none. */
  readonly status: number | null
  /** For a person; it may be shown. */
  readonly words: string
}

export interface AlertLook {
  readonly alert: string
  /** `null`: in neither state, as far as could be seen. */
  readonly state: 'pending' | 'firing' | null
  readonly isReceived: boolean
  /** Why it could not be looked at; `null`: it could. */
  readonly failure: string | null
}

/** Whether it shows in good health too, such as an endpoint that answers, and so says nothing about what is broken. */
export function isSteady(show: Show): boolean {
  return show.kind === 'get' && (show.status === null || show.status < 400) && Object.keys(show.json).length === 0
}

/** What is looked at, for a person. */
export function subjectOf(show: Show): string {
  if (show.kind === 'get') return `GET ${withoutQuery(show.path)}`
  return shown((show.kind === 'query' ? show.query : show.alert).replace(/\s+/g, ' '))
}

/** What is awaited, for a person. */
export function describeShow(show: Show): string {
  if (show.kind === 'query') return `${subjectOf(show)} = ${show.value}`
  if (show.kind === 'alert') return `${subjectOf(show)} ${show.state}`
  const json = Object.entries(show.json).map(([pointer, value]) => shown(`${pointer} ${JSON.stringify(value)}`))
  const prefix = show.prefix === null ? [] : [`samples ${show.prefix}*`]
  const wanted = [...(show.status === null ? [] : [String(show.status)]), ...json, ...prefix]
  return `${subjectOf(show)}: ${wanted.length === 0 ? 'an answer' : wanted.join(', ')}`
}
