import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Probe } from '../../src/domain/probe.ts'
import { createEndpointProbe } from '../../src/probe/endpoint-probe.ts'
import { targetAt } from '../support/facts.ts'
import { startHostileFleet } from '../support/hostile-fleet.ts'

// Those that hang are waited for; the others answer in time on the busiest machine.
const HANGING_MS = 1000
const ANSWERING_MS = 60_000

suite('hostile fleet', async () => {
  const fleet = await startHostileFleet()
  after(fleet.close)
  const { probe, close } = createEndpointProbe({
    allow: { hosts: [], suffixes: [], networks: [] },
    ca: () => fleet.ca,
    keepAliveMs: 60_000
  })
  after(close)
  const probes = await Promise.all(
    fleet.endpoints.map(({ url, expected }) => probe(targetAt(url), expected === 'timeout' ? HANGING_MS : ANSWERING_MS))
  )

  for (const [index, { name, expected, message }] of fleet.endpoints.entries()) {
    test(`${name} is ${typeof expected === 'string' ? `a failure: ${expected}` : 'a report'}`, () => {
      const { report, durationMs } = probes[index] as Probe
      if (report.seen) assert.deepEqual(report.value, expected)
      else assert.equal(report.reason, expected, report.message)
      if (message !== undefined) assert.equal(report.seen ? '' : report.message, message)
      assert.ok(durationMs >= 0)
    })
  }

  test('has more than thirty-six kinds of misbehaviour', () => {
    assert.ok(fleet.endpoints.length > 36)
  })
})
