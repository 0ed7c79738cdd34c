import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { stringify } from 'yaml'
import { readGateFile } from '../../src/gate/config/gate-file.ts'
import { runGate } from '../../src/gate/run-gate.ts'
import { NO_PROXIES } from '../../src/proxy-environment.ts'
import { temporaryFolder } from '../support/files.ts'
import { assertSays, type Break, breakFiles } from './breaks.ts'
import { FILE_BREAKS } from './file-breaks.ts'
import { vezaGate } from './world.ts'

const WELL: Break = { what: 'all is well', rows: [] }
// Read from files alone. Where nothing answers, all others are FAIL or SKIP for that.
const OF_FILES =
  /^(?:rules-file-present|rules-syntax-valid|rule-groups-complete|alert-runbook-.*|alert-has-runbook-annotation|runbooks-.*|document-.*)$/
const NOWHERE = 'http://127.0.0.1:1'

suite('the items that are read from files, where no server answers', () => {
  for (const scene of [WELL, ...FILE_BREAKS]) {
    test(`say exactly that ${scene.what}`, async t => {
      const folder = temporaryFolder(t)
      breakFiles(folder, scene)
      const gate = vezaGate({ service: NOWHERE, prometheus: NOWHERE, alertmanager: NOWHERE })
      writeFileSync(join(folder, 'gate.yaml'), stringify(scene.gate?.(gate) ?? gate))
      const config = readGateFile(join(folder, 'gate.yaml'))
      assert.ok(config.ok, JSON.stringify(config))
      const run = { version: '0', proxies: NO_PROXIES, signal: new AbortController().signal, drills: new Map() }
      const report = await runGate(config.value, run)
      const { actions: _, ...ofFiles } = scene
      assertSays(report, ofFiles, id => OF_FILES.test(id))
    })
  }
})
