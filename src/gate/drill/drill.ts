import { setTimeout as wait } from 'node:timers/promises'
import type { GateConfig } from '../gate-config.ts'
import type { DrillFacts } from './drill-facts.ts'
import { type DrillClients, lookAtDrill } from './look-at-drill.ts'
import { runDrill } from './run-drill.ts'
import type { DrillTimeline } from './timeline.ts'

export interface DrillOptions {
  /** One that the configuration has. */
  readonly name: string
  readonly clients: DrillClients
  readonly timeline: DrillTimeline
  /** Aborted by whoever stops the drill: what was seen so far is the outcome, with `isInterrupted`. */
  readonly signal: AbortSignal
  /** Between two looks; absent: a second. */
  readonly everyMs?: number
}

const EVERY_MS = 1_000

/** Watches a drill of the configuration, with the gate's own alert beside those that it awaits. Throws if there is no such drill. */
export async function watchDrill(config: GateConfig, options: DrillOptions): Promise<DrillFacts> {
  const { name, clients, timeline, everyMs = EVERY_MS } = options
  const drill = config.drills.find(one => one.name === name)
  if (drill === undefined) throw new TypeError(`no such drill: ${name}`)
  const awaited = drill.shows.flatMap(show => (show.kind === 'alert' ? [show.alert] : []))
  const alerts = [...new Set([...awaited, ...(config.alert === null ? [] : [config.alert.name])])]
  return runDrill(drill, {
    look: signal => lookAtDrill(drill, { clients, alerts, signal }),
    alerts,
    timeline,
    clock: Date.now,
    monotonic: () => performance.now(),
    wait: signal => wait(everyMs, undefined, { signal }),
    signal: options.signal
  })
}
