import type { Drill } from '../gate-config.ts'
import {
  type AlertFacts,
  type DrillEvent,
  type DrillLook,
  type DrillPhase,
  describeShow,
  isSteady,
  type ShowFacts,
  subjectOf
} from './drill-facts.ts'

/** What is known of a drill so far; immutable. */
export interface DrillState {
  readonly phase: DrillPhase
  readonly shows: readonly ShowState[]
  readonly alerts: readonly AlertFacts[]
}

interface ShowState extends ShowFacts {
  /** The status that it answers in good health; `null`: not seen, or no HTTP answer. */
  readonly usualStatus: number | null
  /** Whether the last look saw it as it is in good health. */
  readonly isWell: boolean
  /** Whether the last look could not tell. */
  readonly isUnseen: boolean
}

export interface DrillStep {
  readonly state: DrillState
  /** What is new. */
  readonly events: readonly DrillEvent[]
  /** Whether all that the phase waits for has come. */
  readonly isDone: boolean
}

/** A drill that nothing is known of yet. `alerts`: the names of all that are watched. */
export function newDrill({ shows }: Drill, alerts: readonly string[]): DrillState {
  return {
    phase: 'before',
    shows: shows.map(show => ({
      what: describeShow(show),
      subject: subjectOf(show),
      isSteady: isSteady(show),
      seenAt: null,
      backAt: null,
      last: 'not looked at',
      usualStatus: null,
      isWell: false,
      isUnseen: false
    })),
    alerts: alerts.map(alert => ({ alert, pendingAt: null, firingAt: null, receivedAt: null, failure: null }))
  }
}

/** The same drill in its next phase. */
export function enter(state: DrillState, phase: DrillPhase): DrillState {
  return { ...state, phase }
}

/** What one more look says; pure. */
export function afterLook(before: DrillState, look: DrillLook, at: number): DrillStep {
  const { phase } = before
  const isBroken = look.shows.some(({ state }, index) => state === 'shows' && before.shows[index]?.isSteady === false)
  const shows = before.shows.map((show, index) => {
    const seen = look.shows[index]
    return seen === undefined ? show : showAfter({ phase, show, seen, at, isBroken })
  })
  const alerts =
    phase === 'before'
      ? before.alerts
      : before.alerts.map(alert => {
          const seen = look.alerts.find(one => one.alert === alert.alert)
          return seen === undefined ? alert : alertAfter(alert, seen, { phase, at })
        })
  const state = { phase, shows, alerts }
  const changed = shows.filter((show, index) => isNews(before.shows[index], show))
  const events = [
    ...changed.map(show => ({ at, words: `${show.backAt === at ? 'over' : 'seen'}: ${show.subject}: ${show.last}` })),
    ...alerts.flatMap((alert, index) => alertEvents(before.alerts[index], alert, at))
  ]
  return { state, events, isDone: isDone(state) }
}

interface ShowChange {
  readonly phase: DrillPhase
  readonly show: ShowState
  readonly seen: DrillLook['shows'][number]
  readonly at: number
  /** Whether something shows that does not show in good health. */
  readonly isBroken: boolean
}

function showAfter({ phase, show, seen, at, isBroken }: ShowChange): ShowState {
  const next = { ...show, last: seen.words, isUnseen: seen.state === 'unseen' }
  if (phase === 'before') return { ...next, usualStatus: seen.status, isWell: show.isSteady || seen.state === 'absent' }
  if (phase === 'broken') {
    const counts = seen.state === 'shows' && (isBroken || !show.isSteady)
    return { ...next, seenAt: show.seenAt ?? (counts ? at : null) }
  }
  const isWell = isBack(show, seen)
  return { ...next, isWell, backAt: show.backAt ?? (isWell ? at : null) }
}

// An error other than the awaited one is no recovery.
function isBack({ isSteady, usualStatus }: ShowState, seen: DrillLook['shows'][number]): boolean {
  return isSteady ? seen.state === 'shows' : seen.state === 'absent' && seen.status === usualStatus
}

// An alert that fires has been pending, however briefly.
function alertAfter(
  alert: AlertFacts,
  seen: DrillLook['alerts'][number],
  { phase, at }: Pick<ShowChange, 'phase' | 'at'>
): AlertFacts {
  return {
    alert: alert.alert,
    pendingAt: alert.pendingAt ?? (seen.state === null ? null : at),
    firingAt: alert.firingAt ?? (seen.state === 'firing' ? at : null),
    receivedAt: alert.receivedAt ?? (seen.isReceived ? at : null),
    failure: phase === 'broken' ? seen.failure : alert.failure
  }
}

function isNews(before: ShowState | undefined, now: ShowState): boolean {
  return before?.seenAt !== now.seenAt || before?.backAt !== now.backAt
}

function alertEvents(before: AlertFacts | undefined, now: AlertFacts, at: number): readonly DrillEvent[] {
  const news = [
    [before?.pendingAt, now.pendingAt, `${now.alert} is ${now.firingAt === now.pendingAt ? 'active' : 'pending'}`],
    [before?.firingAt, now.firingAt, `${now.alert} fires`],
    [before?.receivedAt, now.receivedAt, `Alertmanager has ${now.alert}`]
  ] as const
  return news.flatMap(([then, since, words]) => (then === since ? [] : [{ at, words }]))
}

// All at the same time: what comes and goes has not recovered.
function isDone(state: DrillState): boolean {
  return awaited(state).length === 0
}

/** What is still awaited. */
export function awaited({ phase, shows }: DrillState): readonly ShowState[] {
  return shows.filter(({ seenAt, isWell }) => (phase === 'broken' ? seenAt === null : !isWell))
}
