import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inDrill, scaleRules } from '../../test/support/scaled.ts'
import { type Alertmanager, startAlertmanager } from './alertmanager.ts'
import type { Components } from './components.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { createGuard, type DrillGuard } from './guard.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { type DrillPrometheus, startPrometheus } from './prometheus.ts'

/** Everything that takes part in a drill, running. */
export interface Stage {
  readonly fleet: Fleet
  readonly guard: DrillGuard
  readonly prometheus: DrillPrometheus
  readonly alertmanager: Alertmanager
  readonly inbox: Inbox
}

interface StageSetup {
  readonly components: Components
  /** A folder with rules.yaml and alertmanager.yaml. */
  readonly alerts: string
  /** Ends a start that is under way. */
  readonly signal: AbortSignal
}

/** Starts everything, hands it to `play`, and leaves nothing behind, however that ends. Rejects as `play` does. */
export async function withStage(setup: StageSetup, play: (stage: Stage) => Promise<void>): Promise<void> {
  const { components, alerts, signal } = setup
  const closers: (() => Promise<void> | void)[] = []
  const closedAtTheEnd = <Part>(part: Part, close: (part: Part) => Promise<void> | void): Part => {
    closers.unshift(() => close(part))
    return part
  }
  try {
    const folder = closedAtTheEnd(mkdtempSync(join(tmpdir(), 'keybuzz-drill-')), path =>
      rmSync(path, { recursive: true, force: true })
    )
    const subfolder = (name: string) => {
      mkdirSync(join(folder, name))
      return join(folder, name)
    }
    const fleet = closedAtTheEnd(await startFleet(folder), ({ close }) => close())
    const inbox = closedAtTheEnd(await openInbox(), ({ close }) => close())
    const guard = closedAtTheEnd(await createGuard(fleet.manifestsFile, signal), ({ kill }) => kill())
    // Before Prometheus: to a Prometheus that never saw it, the guard is down, which rings.
    await guard.start()
    const alertmanager = closedAtTheEnd(
      await startAlertmanager({
        program: components.alertmanager,
        folder: subfolder('alertmanager'),
        configFile: join(alerts, 'alertmanager.yaml'),
        inboxUrl: inbox.url
      }),
      ({ kill }) => kill()
    )
    const prometheus = closedAtTheEnd(
      await startPrometheus({
        program: components.prometheus,
        folder: subfolder('prometheus'),
        rules: scaleRules(readFileSync(join(alerts, 'rules.yaml'), 'utf8'), inDrill),
        guardOrigin: guard.origin,
        alertmanagerOrigin: alertmanager.origin,
        signal
      }),
      ({ kill }) => kill()
    )
    await play({ fleet, guard, prometheus, alertmanager, inbox })
  } finally {
    for (const close of closers) await close()
  }
}
