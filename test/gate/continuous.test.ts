import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { GateReport } from '../../src/domain/gate.ts'
import { type ContinuousParts, createContinuousGate } from '../../src/gate/continuous.ts'
import type { GateConfig } from '../../src/gate/gate-config.ts'
import { badInput, type Mistake } from '../../src/text/mistake.ts'

const configOf = (name: string, namespace: string | null = 'veza') => ({ service: { name, namespace } }) as GateConfig
const reportOf = (verdict: GateReport['verdict']) => ({ verdict }) as GateReport

interface World {
  config: GateConfig
  mistakes: readonly Mistake[]
  isClosed: boolean
}

function aGate(changes: Partial<ContinuousParts> = {}) {
  const world: World = { config: configOf('api'), mistakes: [], isClosed: false }
  const reports: [GateReport, GateReport | null][] = []
  const failures: unknown[] = []
  const stopping = new AbortController()
  const gate = createContinuousGate({
    file: {
      current: () => world.config,
      mistakes: () => world.mistakes,
      close: () => {
        world.isClosed = true
      }
    },
    look: async () => reportOf('GO'),
    intervalMs: 300_000,
    limitMs: 60_000,
    signal: stopping.signal,
    onReport: (report, before) => reports.push([report, before]),
    onFailure: cause => failures.push(cause),
    ...changes
  })
  return { gate, world, reports, failures, stopping }
}

suite('the continuous gate', () => {
  test('has no report before its first run', () => {
    const { gate } = aGate()
    assert.deepEqual(gate.standing(), {
      service: 'api',
      namespace: 'veza',
      report: null,
      refusals: [],
      intervalMs: 300_000
    })
  })

  test('keeps the last report and tells of the one before', async () => {
    const { gate, reports } = aGate()
    await gate.run()
    await gate.run()
    assert.deepEqual(reports, [
      [reportOf('GO'), null],
      [reportOf('GO'), reportOf('GO')]
    ])
    assert.deepEqual(gate.standing().report, reportOf('GO'))
  })

  test('keeps the last report when a run fails, and tells of the failure', async () => {
    let isBroken = false
    const { gate, failures, reports } = aGate({
      look: async () => {
        if (isBroken) throw new Error('broken')
        return reportOf('GO')
      }
    })
    await gate.run()
    isBroken = true
    await gate.run()
    assert.equal(failures.length, 1)
    assert.equal(reports.length, 1)
    assert.deepEqual(gate.standing().report, reportOf('GO'))
  })

  test('takes a run that was cut short for none', async () => {
    const { gate, failures } = aGate({
      limitMs: 1,
      look: async (_config, signal) => {
        await new Promise(resolve => signal.addEventListener('abort', resolve))
        return reportOf('NO-GO')
      }
    })
    await gate.run()
    assert.match(String(failures[0]), /The gate did not end within 0\.001 s/)
    assert.equal(gate.standing().report, null)
  })

  test('tells of nothing when the process stops', async () => {
    for (const end of [async () => reportOf('NO-GO'), () => Promise.reject(new Error('stopped'))]) {
      const { gate, failures, reports, stopping } = aGate({
        look: () => {
          stopping.abort()
          return end()
        }
      })
      await gate.run()
      assert.deepEqual([failures, reports], [[], []])
    }
  })

  test('does not take what was found of another service for its own', async () => {
    const { gate, world, reports } = aGate()
    await gate.run()
    for (const other of [configOf('web'), configOf('api', null), configOf('api', 'other')]) {
      world.config = other
      assert.equal(gate.standing().report, null)
    }
    await gate.run()
    assert.equal(reports[1]?.[1], null)
  })

  test('says what is wrong with a file that is refused', async () => {
    const { gate, world } = aGate()
    await gate.run()
    world.mistakes = [badInput('gate.yaml:3: no such key')]
    assert.equal(gate.ok(), false)
    assert.deepEqual(gate.standing().refusals, ['gate.yaml:3: no such key'])
    assert.deepEqual(gate.standing().report, reportOf('GO'))
  })

  test('lets its file go', () => {
    const { gate, world } = aGate()
    gate.close()
    assert.equal(world.isClosed, true)
  })
})
