import assert from 'node:assert/strict'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { suite, test } from 'node:test'
import type { GateReport } from '../../src/domain/gate.ts'
import { INSTALLED, NEWEST_PAIR } from '../support/alertmanager.ts'
import { needs } from '../support/component.ts'
import { startProgram } from '../support/guard-process.ts'
import type { Breakable } from './breakable-api.ts'
import { startWorld, type World } from './world.ts'

/** Runs the gate with drills; a person breaks and restores what it prints, by the commands of the gate file. */
async function drill(t: Parameters<typeof startWorld>[0], world: World, things: Readonly<Record<string, Breakable>>) {
  const args = [
    'gate',
    '--config',
    world.gateFile,
    '--format',
    'json',
    ...Object.keys(things).flatMap(name => ['--drill', name])
  ]
  const gate = startProgram(t, args)
  const parts = Object.values(things)
  let said = ''
  let [broken, restored] = [0, 0]
  gate.stderr?.on('data', async chunk => {
    said += chunk
    // In the order in which they were asked for.
    if (said.split('Break it now:').length > broken + 1) await parts[broken++]?.stop()
    if (said.split('Restore it now:').length > restored + 1) await parts[restored++]?.start()
  })
  const [[code], out] = await Promise.all([once(gate, 'close'), gate.stdout === null ? '' : text(gate.stdout)])
  assert.notEqual(out, '', said)
  return { code, said, report: JSON.parse(out) as GateReport }
}

for (const pair of [INSTALLED, NEWEST_PAIR]) {
  suite(`drills, with the ${pair.name} Prometheus and Alertmanager`, needs(pair.missing), () => {
    test('run through: what a person breaks shows and fires, what is restored recovers', async t => {
      const world = await startWorld(t, pair)
      const { database, upstream } = world.api
      const { code, said, report } = await drill(t, world, { 'database-down': database, 'circuit-breaker': upstream })
      const evidenceOf = (id: string) => {
        const item = report.items.find(one => one.id === id)
        assert.equal(item?.status, 'PASS', `${id}: ${item?.evidence}\n${said}`)
        assert.equal(item.required, true)
        return item.evidence
      }
      assert.match(
        evidenceOf('drill-database-down'),
        /seen: GET \/readyz: 503.*VezaDatabaseDown fires.*over: VezaDatabaseDown: inactive/
      )
      assert.match(
        evidenceOf('drill-circuit-breaker'),
        /seen: max\(veza_circuit_breaker_state\): value 2.*over: VezaCircuitBreakerOpen/
      )
      assert.match(evidenceOf('alert-triggered'), /^active at .* in the drill database-down$/)
      assert.match(
        evidenceOf('alert-pending-or-firing'),
        /firing at .*, in Alertmanager at .*, in the drill database-down$/
      )
      assert.match(said, /Break it now:\n\n {4}docker compose stop postgres\n/)
      assert.match(said, /All of it showed\. Restore it now:\n\n {4}docker compose start postgres\n/)
      assert.deepEqual(
        report.items.filter(({ status }) => status !== 'PASS').map(({ id, evidence }) => [id, evidence]),
        []
      )
      assert.equal(report.items.length, 33)
      assert.deepEqual([report.verdict, report.reservations], ['GO', []])
      assert.equal(code, 0)
    })

    test('end with 3 when they are interrupted, with what was seen, and say how to restore it', async t => {
      const world = await startWorld(t, pair)
      const gate = startProgram(t, ['gate', '--config', world.gateFile, '--drill', 'database-down'])
      let said = ''
      let [isBroken, isStopped] = [false, false]
      gate.stderr?.on('data', chunk => {
        said += chunk
        if (said.includes('Break it now:') && !isBroken) {
          isBroken = true
          void world.api.database.stop()
        }
        // Once: a second signal would end it at once.
        if (!isStopped && said.includes('seen: GET /readyz: 503')) isStopped = gate.kill('SIGINT')
      })
      const [[code]] = await Promise.all([once(gate, 'close'), gate.stdout === null ? '' : text(gate.stdout)])
      assert.equal(code, 3, said)
      assert.match(said, /Interrupted\. Restore it now:\n\n {4}docker compose start postgres\n/)
    })
  })
}
