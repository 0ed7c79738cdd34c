import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { inDrill, scaleRules } from '../../test/support/scaled.ts'
import { withStage } from '../../test/support/stage.ts'
import { type Alertmanager, startAlertmanager } from './alertmanager.ts'
import { type Fleet, type FleetSource, startFleet } from './fleet.ts'
import { createGuard, type DrillGuard } from './guard.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { type DrillPrometheus, startPrometheus } from './prometheus.ts'

/** Everything that takes part in a drill, running. */
export interface Parts {
  readonly fleet: Fleet
  readonly guard: DrillGuard
  readonly prometheus: DrillPrometheus
  readonly alertmanager: Alertmanager
  readonly inbox: Inbox
}

interface PartsSetup {
  /** A folder with rules.yaml and alertmanager.yaml, and with postdeploy.yaml where rollouts are watched. */
  readonly alerts: string
  readonly source: FleetSource
  /** Ends a start that is under way. */
  readonly signal: AbortSignal
}

/** Starts everything, hands it to `play`, and leaves nothing running, however `play` ends. Rejects when `play` does. */
export function withParts(
  { alerts, source, signal }: PartsSetup,
  play: (parts: Parts) => Promise<void>
): Promise<void> {
  return withStage(async stage => {
    const fleet = await startFleet(stage, source)
    const inbox = await openInbox(stage)
    const guard = await createGuard(stage, fleet, signal)
    // Before Prometheus: a Prometheus that never saw the guard takes it for down, and an alert fires.
    await guard.start()
    const configFile = join(alerts, 'alertmanager.yaml')
    const alertmanager = await startAlertmanager(stage, { configFile, inboxUrl: inbox.url, signal })
    const prometheus = await startPrometheus(stage, {
      rules: readRules(alerts),
      guardOrigin: guard.origin,
      services: fleet.scrapeTargets,
      alertmanagerOrigin: alertmanager.url,
      signal
    })
    await play({ fleet, guard, prometheus, alertmanager, inbox })
  })
}

/** The rules in one file, for Prometheus; a minute lasts a second. */
function readRules(folder: string): string {
  const files = ['rules.yaml', 'postdeploy.yaml'].map(name => join(folder, name)).filter(path => existsSync(path))
  const groups = files.flatMap(path => parse(scaleRules(readFileSync(path, 'utf8'), inDrill)).groups)
  return stringify({ groups })
}
