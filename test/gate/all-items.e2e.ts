import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, before, suite, test } from 'node:test'
import { readGateFile } from '../../src/gate/config/gate-file.ts'
import { watchDrill } from '../../src/gate/drill/drill.ts'
import type { DrillFacts } from '../../src/gate/drill/drill-facts.ts'
import { createDrillTimeline } from '../../src/gate/drill/timeline.ts'
import type { GateConfig } from '../../src/gate/gate-config.ts'
import { gateItems, withDrills } from '../../src/gate/gate-items.ts'
import { runGate, withClients } from '../../src/gate/run-gate.ts'
import { NO_PROXIES } from '../../src/proxy-environment.ts'
import { INSTALLED, NEWEST_PAIR } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { until } from '../support/until.ts'
import { assertSays, type Break, breakFiles, idsWith } from './breaks.ts'
import { FILE_BREAKS } from './file-breaks.ts'
import { type Front, startFront } from './front.ts'
import { LIVE_BREAKS, type LiveBreak } from './live-breaks.ts'
import { type GateFile, startWorld, type World } from './world.ts'

// Seen in a drill only, whatever else is broken.
const IN_DRILLS = ['alert-triggered', 'alert-pending-or-firing', 'drill-database-down', 'drill-circuit-breaker']
const NEVER_SKIPPED: Readonly<Record<string, string>> = {
  'metrics-endpoint-answers': 'it asks whether it answers',
  'health-endpoint-health': 'it asks whether it answers',
  'health-endpoint-readyz': 'it asks whether it answers',
  'health-endpoint-live': 'it asks whether it answers',
  'document-hardening-report': 'an item only where the gate file names the document; unreadable is a FAIL',
  'document-prometheus': 'an item only where the gate file names the document; unreadable is a FAIL'
}
const WELL: Break = { what: 'all is well', rows: [] }
const RUN = { version: '0', proxies: NO_PROXIES, signal: new AbortController().signal }

for (const pair of [INSTALLED, NEWEST_PAIR]) {
  suite(`each item, with the ${pair.name} Prometheus and Alertmanager`, needs(pair.missing), () => {
    let world: World
    let fronts: { readonly service: Front; readonly prometheus: Front; readonly alertmanager: Front }
    // Whether Prometheus goes on with what an earlier test has broken.
    let isChanged = false
    const ends: (() => Promise<void> | void)[] = []

    before(async () => {
      const life = { after: (end: () => Promise<void> | void) => void ends.unshift(end) }
      world = await startWorld(life, pair)
      const [service, prometheus, alertmanager] = await Promise.all(
        [world.api, world.prometheus, world.alertmanager].map(({ url }) => startFront(life, url))
      )
      assert.ok(service && prometheus && alertmanager)
      fronts = { service, prometheus, alertmanager }
    })
    after(async () => {
      for (const end of ends) await end()
    })

    function throughFronts(gate: GateFile): GateFile {
      return {
        ...gate,
        service: { ...Object(gate.service), url: fronts.service.url },
        prometheus: { ...Object(gate.prometheus), url: fronts.prometheus.url },
        alertmanager: { url: fronts.alertmanager.url }
      }
    }

    async function askToReload(): Promise<void> {
      await fetch(`${world.prometheus.url}/-/reload`, { method: 'POST' })
    }

    async function bringAbout(scene: LiveBreak): Promise<void> {
      const { gate = same => same, reload, isDirect = false, isNew = false, start } = scene
      // A Prometheus that refuses what is broken goes on with what was before.
      if (isChanged) {
        breakFiles(world.folder, WELL)
        world.configure(config => config)
        await askToReload()
      }
      breakFiles(world.folder, scene)
      world.changeGate(asItCame => gate(isDirect ? asItCame : throughFronts(asItCame)))
      world.configure(reload ?? (config => config))
      if (isNew) {
        await world.prometheus.stop()
        rmSync(join(world.folder, 'prometheus'), { recursive: true })
        await world.prometheus.start()
      } else if (reload !== undefined) await askToReload()
      isChanged = reload !== undefined
      fronts.service.say(scene.service)
      fronts.prometheus.say(scene.prometheus)
      fronts.alertmanager.say(scene.alertmanager)
      await start?.(world)
    }

    for (const scene of LIVE_BREAKS) {
      test(`says exactly that ${scene.what}`, async () => {
        await bringAbout(scene)
        try {
          const { drills: names = [] } = scene
          const config = withDrills(readConfig(world.gateFile), names)
          const drills = await watch(config, names)
          // What was brought about takes a scrape or two to show.
          await until(async () => {
            const report = await runGate(config, { ...RUN, drills })
            assertSays(report, scene, id => !IN_DRILLS.includes(id))
          })
        } finally {
          await scene.end?.(world)
        }
      })
    }

    test('is made to fail, and to be impossible to look at', () => {
      const all = [...LIVE_BREAKS, ...FILE_BREAKS]
      const ids = gateItems(readConfig(world.gateFile)).map(({ id }) => id)
      assert.equal(ids.length, 33)
      const [failed, skipped] = [idsWith(all, 'FAIL'), idsWith(all, 'SKIP')]
      assert.deepEqual(
        ids.filter(id => !failed.has(id)),
        []
      )
      assert.deepEqual(
        ids.filter(id => !skipped.has(id)),
        ids.filter(id => id in NEVER_SKIPPED)
      )
    })

    test('is looked at by GET alone', () => {
      const methods = Object.values(fronts).flatMap(front => front.methods)
      assert.ok(methods.length > 100)
      assert.deepEqual([...new Set(methods)], ['GET'])
    })
  })
}

function readConfig(path: string): GateConfig {
  const config = readGateFile(path)
  assert.ok(config.ok, JSON.stringify(config))
  return config.value
}

/** Nobody breaks what the drills say. */
async function watch(config: GateConfig, names: readonly string[]): Promise<ReadonlyMap<string, DrillFacts>> {
  const timeline = createDrillTimeline(new Writable({ write: (_chunk, _encoding, done) => done() }), () =>
    performance.now()
  )
  const drills = new Map<string, DrillFacts>()
  for (const name of names) {
    const options = { name, timeline, signal: RUN.signal, everyMs: 100 }
    drills.set(name, await withClients(config, RUN, clients => watchDrill(config, { ...options, clients })))
  }
  return drills
}
