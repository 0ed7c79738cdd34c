import { type DrillFacts, type DrillPhase, isSteady } from '../drill/drill-facts.ts'
import type { Drill, GateConfig } from '../gate-config.ts'
import type { ItemResult, ItemSpec } from '../item.ts'
import { fail, pass, skip } from './results.ts'

/** One item for each drill. They need nothing: a drill that was run says for itself what it could not see. */
export function drillItems(config: GateConfig): readonly ItemSpec[] {
  return config.drills.map(drill => ({
    id: `drill-${drill.name}`,
    section: 'Drills',
    item: `Drill ${drill.name}: what breaks shows, and what was restored recovers`,
    needs: [],
    required: false,
    judge: ({ drills }) => judgeDrill(drill, drills.get(drill.name), config)
  }))
}

/** The same for every drill that was not run, so that it is asked for once; `null`: there are no drills. */
export function actionToDrill({ drills }: Pick<GateConfig, 'drills'>): string | null {
  if (drills.length === 0) return null
  return `Run the drills: ${drills.map(({ name }) => `gate --drill ${name}`).join(', then ')}`
}

// What was not seen may have been there.
function actionToSee(drill: string, failure: string): string {
  return `Run the drill ${drill} again when all that it asks answers: ${failure}`
}

function judgeDrill(drill: Drill, facts: DrillFacts | undefined, config: GateConfig): ItemResult {
  if (facts === undefined) {
    return skip(`not run: it needs gate --drill ${drill.name}, and somebody to break it`, actionToDrill(config))
  }
  const line = timelineOf(facts)
  if (drill.shows.every(isSteady)) {
    return skip(
      'all that it waits for is there in good health too, so it proves nothing',
      `Name in the drill ${drill.name} something that shows only while it is broken`
    )
  }
  if (facts.breakAt === null && facts.isInterrupted)
    return skip('interrupted before anything was broken', actionToDrill(config))
  const missed = (phase: DrillPhase) => facts.missed.filter(show => show.phase === phase && !show.isUnseen)
  const early = missed('before')
  if (facts.breakAt === null && early.length > 0) {
    const what = early.map(({ what, last }) => `${what} (${last})`).join('; ')
    return skip(
      `nothing was broken, because these signs were there before: ${what}`,
      `Restore what the drill ${drill.name} breaks, then run it: ${howToRestore(drill)}`
    )
  }
  if (facts.isInterrupted) {
    return skip(`interrupted; ${line}`, `Restore it: ${howToRestore(drill)}; then run the drill ${drill.name} again`)
  }
  const [first, ...others] = missed('broken')
  if (first !== undefined) {
    const more = others.length > 0 ? `, nor ${others.length} more` : ''
    return fail(
      `did not show: ${first.what} (last: ${first.last})${more}; ${line}`,
      `Find out why ${first.what} does not show in the drill ${drill.name}`
    )
  }
  const [left] = missed('restored')
  if (left !== undefined) {
    return fail(
      `not back to normal after it was restored: ${left.what} (last: ${left.last}); ${line}`,
      `Restore it: ${howToRestore(drill)}`
    )
  }
  const [unseen] = facts.missed
  if (unseen !== undefined) {
    const why = facts.breakAt === null ? 'nothing was broken, because it could not be seen' : 'could not be seen'
    return skip(`${why}: ${unseen.what} (last: ${unseen.last}); ${line}`, actionToSee(drill.name, unseen.last))
  }
  return { status: 'PASS', evidence: line, action: null }
}

/** What drills prove of one alert; `null`: none that was run awaits it. */
export interface AlertProof {
  readonly triggered: ItemResult
  readonly pendingOrFiring: ItemResult
}

/** Judges an alert by the drills that were run: seen in any of them is seen; a drill that awaits it in vain is a FAIL. */
export function judgeAlertByDrills(
  alert: string,
  config: Pick<GateConfig, 'drills' | 'alertmanager'>,
  drills: ReadonlyMap<string, DrillFacts>
): AlertProof | null {
  const runs = [...drills.values()].filter(({ breakAt }) => breakAt !== null)
  const seen = runs.flatMap(({ name, alerts }) =>
    alerts.filter(one => one.alert === alert).map(one => ({ ...one, name }))
  )
  const awaited = ({ name, isInterrupted }: DrillFacts) =>
    isInterrupted ? [] : statesAwaited(config.drills, name, alert)
  const inVain = runs.find(run => awaited(run).length > 0)
  const [most] = seen.toSorted((one, other) => stagesOf(other) - stagesOf(one))
  const best = most?.pendingAt === null ? seen.find(({ name }) => name === inVain?.name) : most
  if (best === undefined) return null
  const { name, pendingAt, firingAt, receivedAt, failure } = best
  const inVainOrUnseen = (evidence: string, action: string) =>
    failure === null
      ? fail(evidence, action)
      : skip(`${evidence}; not all was seen: ${failure}`, actionToSee(name, failure))
  if (pendingAt === null) {
    const result = inVainOrUnseen(
      `${alert} did not become active in the drill ${name}`,
      `Find out why ${alert} does not fire in the drill ${name}`
    )
    return { triggered: result, pendingOrFiring: result }
  }
  // A drill that awaits less, or was stopped, may have ended too early for the rest.
  const incomplete = runs.some(run => awaited(run).includes('firing')) ? inVainOrUnseen : skip
  const triggered = pass(`active at ${timeOf(pendingAt)} in the drill ${name}`)
  if (firingAt === null) {
    const evidence = `pending at ${timeOf(pendingAt)} in the drill ${name}, but it did not fire`
    const action = `Find out why ${alert} does not fire in the drill ${name}`
    return { triggered, pendingOrFiring: incomplete(evidence, action) }
  }
  const times = `pending at ${timeOf(pendingAt)}, firing at ${timeOf(firingAt)}`
  if (config.alertmanager === null) return { triggered, pendingOrFiring: pass(`${times}, in the drill ${name}`) }
  if (receivedAt === null) {
    const evidence = `${times}, but not in Alertmanager, in the drill ${name}`
    const action = `Make Prometheus send its alerts to Alertmanager: it has no ${alert}`
    return { triggered, pendingOrFiring: incomplete(evidence, action) }
  }
  const pendingOrFiring = pass(`${times}, in Alertmanager at ${timeOf(receivedAt)}, in the drill ${name}`)
  return { triggered, pendingOrFiring }
}

function stagesOf({ pendingAt, firingAt, receivedAt }: DrillFacts['alerts'][number]): number {
  return [pendingAt, firingAt, receivedAt].filter(at => at !== null).length
}

/** The states in which a drill awaits an alert; empty: it does not. */
function statesAwaited(drills: readonly Drill[], name: string, alert: string): readonly string[] {
  const shows = drills.find(drill => drill.name === name)?.shows ?? []
  return shows.flatMap(show => (show.kind === 'alert' && show.alert === alert ? [show.state] : []))
}

// Counted from when the person was told to break it: `+4 s seen: …; +95 s over: …`.
function timelineOf({ breakAt, startedAt, timeline, endedAt }: DrillFacts): string {
  const from = breakAt ?? startedAt
  const events = timeline.map(({ at, words }) => `+${Math.round((at - from) / 1000)} s ${words}`)
  return [...events, `ended after ${Math.round((endedAt - from) / 1000)} s`].join('; ')
}

function timeOf(at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}

/** The commands that restore in one line; for a script that no line can hold, where it is. */
function howToRestore({ name, restore }: Drill): string {
  // Lines that go on in the next are one command, and comments are none.
  const whole = restore.replace(/([ \t]*)\\\r?\n([ \t]*)/g, (_, before, behind) => (before + behind === '' ? '' : ' '))
  const lines = whole
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
  return lines.length > 1 && lines.some(isOpen) ? `as drills.${name}.restore of the gate file says` : lines.join(' && ')
}

// Not a command by itself: it goes on after an operator, or belongs to a block, a here-document or a text of several
// lines.
function isOpen(line: string): boolean {
  const bare = line.replace(/"[^"]*"|'[^']*'/g, '')
  return /["']|<<|^[|&)}]|[|&;({]$|^(?:fi|done|esac|else|elif)\b|(?:^|[\s;])(?:then|do|else|in)$/.test(bare)
}
