import type { Clock } from '../../domain/ports.ts'
import { formatDuration, LONGEST_TIMER_MS } from '../../text/durations.ts'
import type { Drill } from '../gate-config.ts'
import type { DrillEvent, DrillFacts, DrillLook, DrillPhase, MissedShow, ShowFacts } from './drill-facts.ts'
import { afterLook, awaited, type DrillState, enter, newDrill } from './follow-drill.ts'
import type { DrillTimeline } from './timeline.ts'

export interface DrillParts {
  /** Looks once at everything that the drill awaits; never rejects. */
  look(signal: AbortSignal): Promise<DrillLook>
  /** The names of the alerts that `look` reports. */
  readonly alerts: readonly string[]
  readonly timeline: DrillTimeline
  readonly clock: Clock
  /** Never jumps. */
  readonly monotonic: () => number
  /** Until the next look. Rejects when the signal is aborted. */
  wait(signal: AbortSignal): Promise<void>
  /** Aborted by whoever stops the drill: what was seen so far is the outcome. */
  readonly signal: AbortSignal
}

/**
 * Watches one drill from end to end: says what to break, waits for all that must show, says how to restore it, waits
 * until all is well again. It runs no command. Each wait is limited by the drill's `timeout`. Never rejects.
 */
export async function runDrill(drill: Drill, parts: DrillParts): Promise<DrillFacts> {
  const { timeline, clock, monotonic, signal } = parts
  const startedAt = clock()
  const limit = formatDuration(drill.timeoutMs)
  const events: DrillEvent[] = []
  const missed: MissedShow[] = []
  let state = newDrill(drill, parts.alerts)
  let breakAt: number | null = null
  let restoreAt: number | null = null

  const tell = (happened: readonly DrillEvent[]) => {
    events.push(...happened)
    for (const { words } of happened) timeline.came(words)
  }

  /** Whether all that the phase waits for came in its time. */
  async function awaitPhase(phase: DrillPhase): Promise<boolean> {
    state = enter(state, phase)
    const end = monotonic() + drill.timeoutMs
    // A look that hangs is no reason to wait longer.
    const limited = AbortSignal.any([
      signal,
      AbortSignal.timeout(Math.min(drill.timeoutMs + GRACE_MS, LONGEST_TIMER_MS))
    ])
    while (!limited.aborted) {
      const look = await parts.look(limited)
      if (limited.aborted) break
      const step = afterLook(state, look, clock())
      state = step.state
      tell(step.events)
      if (step.isDone) return true
      if (monotonic() >= end) break
      timeline.waiting(awaited(state)[0]?.what ?? '', end - monotonic())
      await parts.wait(limited).catch(() => {})
    }
    if (signal.aborted) return false
    for (const { what, last, isUnseen } of awaited(state)) {
      missed.push({ phase, what, last, isUnseen })
      timeline.missed(`${what}: ${WANTED[phase]} within ${limit}; last: ${last}`)
    }
    return false
  }

  timeline.say(
    `Drill ${drill.name}: ${drill.shows.length} ${drill.shows.length === 1 ? 'thing' : 'things'} must show; each wait takes ${limit} at most`
  )
  if (await awaitPhase('before')) {
    breakAt = clock()
    timeline.command('All is well. Break it now:', drill.break)
    const allShown = await awaitPhase('broken')
    restoreAt = clock()
    timeline.command(`${headOf(allShown, signal.aborted)} Restore it now:`, drill.restore)
    if (!signal.aborted && (await awaitPhase('restored'))) timeline.came('all is well again')
  }
  timeline.end()
  return {
    name: drill.name,
    startedAt,
    breakAt,
    restoreAt,
    endedAt: clock(),
    isInterrupted: signal.aborted,
    shows: state.shows.map(factsOf),
    missed,
    alerts: state.alerts,
    timeline: events
  }
}

// For the last look of a phase.
const GRACE_MS = 10_000

const WANTED: Readonly<Record<DrillPhase, string>> = {
  before: 'not gone',
  broken: 'did not show',
  restored: 'not back to normal'
}

function headOf(allShown: boolean, isInterrupted: boolean): string {
  if (isInterrupted) return 'Interrupted.'
  return allShown ? 'All of it showed.' : 'Not all of it showed.'
}

function factsOf({ what, subject, isSteady, seenAt, backAt, last }: DrillState['shows'][number]): ShowFacts {
  return { what, subject, isSteady, seenAt, backAt, last }
}
