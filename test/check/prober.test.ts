import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createProber } from '../../src/check/prober.ts'
import { unseen } from '../../src/domain/observation.ts'
import type { Probe, ProbeReason } from '../../src/domain/probe.ts'
import type { Question } from '../../src/domain/target.ts'
import { aProbe, aReport, aTarget } from '../support/facts.ts'

interface Asked {
  readonly address: string
  readonly answer: (outcome: Probe<ProbeReason>) => void
  readonly break: (error: Error) => void
}

/** A prober whose probes the test answers itself, one at a time where it does not say otherwise. */
function setUp({ concurrency = 1, timeoutMs = 1000 } = {}) {
  const stop = new AbortController()
  const world = { elapsed: 0, now: 1_000_000, asked: [] as Asked[] }
  const prober = createProber({
    probe: async ({ endpoint: address }) => {
      const { promise, resolve, reject } = Promise.withResolvers<Probe<ProbeReason>>()
      world.asked.push({ address, answer: resolve, break: reject })
      return promise
    },
    timeoutMs,
    concurrency,
    pace: async () => {},
    clock: () => world.now,
    monotonic: () => world.elapsed,
    signal: stop.signal
  })
  const addresses = () => world.asked.map(({ address }) => address)
  const answer = (index: number, outcome: Probe<ProbeReason> = aProbe(aReport())) => world.asked[index]?.answer(outcome)
  const known = () => [...prober.observations.values()].map(({ target }) => target.service)
  return { world, prober, stop, addresses, answer, known }
}

const named = (service: string, endpoint = `https://${service}.example/`): Question => aTarget({ service, endpoint })
const refused = aProbe(unseen('connect', 'connection refused'), { httpStatus: null })

/** What was begun by now has gone as far as it can. */
const settled = () => new Promise(resolve => setImmediate(resolve))

suite('prober', () => {
  test('asks no more after it was stopped, and takes no answer', async () => {
    const { prober, stop, addresses, answer, known } = setUp()
    const asking = prober.ask([named('a'), named('b')], { isPatient: true })
    await settled()
    stop.abort()
    answer(0)
    await asking
    assert.deepEqual([addresses(), known()], [['https://a.example/'], []])
  })

  test('does not ask a question that is no longer wanted when its turn comes', async () => {
    const { prober, addresses, answer, known } = setUp()
    const [a, b, c] = [named('a'), named('b'), named('c')]
    const asking = prober.ask([a, b, c], { isPatient: true })
    await settled()
    prober.forgetAllBut([a, c])
    answer(0)
    await settled()
    answer(1)
    await asking
    assert.deepEqual(
      [addresses(), known()],
      [
        ['https://a.example/', 'https://c.example/'],
        ['a', 'c']
      ]
    )
  })

  test('still knows whom it asks when the answer to an earlier question comes', async () => {
    const { prober, addresses, answer, known } = setUp({ concurrency: 2 })
    const [before, after] = [named('a', 'https://old.example/'), named('a', 'https://new.example/')]
    const first = prober.ask([before], { isPatient: true })
    await settled()
    const second = prober.ask([after], { isPatient: true })
    await settled()
    answer(0)
    await first
    assert.deepEqual([prober.unasked([after]), known()], [[], []])
    answer(1)
    await second
    assert.deepEqual([addresses(), known()], [['https://old.example/', 'https://new.example/'], ['a']])
  })

  for (const [rule, durationMs, begun] of [
    ['counts who answered in less than half of the time among the quick', 499, 2],
    ['counts who took half of the time among the slow, which have a quarter of the places', 500, 1]
  ] as const) {
    test(rule, async () => {
      const { prober, addresses, answer } = setUp({ concurrency: 4 })
      const both = [named('a'), named('b')]
      const first = prober.ask(both, { isPatient: true })
      await settled()
      for (const index of [0, 1]) answer(index, aProbe(aReport(), { durationMs }))
      await first
      const second = prober.ask(both, { isPatient: true })
      await settled()
      assert.equal(addresses().length, 2 + begun)
      answer(2)
      await settled()
      answer(3)
      await second
    })
  }

  test('asks everybody in turn after the clock was set back', async () => {
    const { world, prober, addresses, answer } = setUp()
    const askFirst = async (count: number) => {
      const asking = prober.ask([named('a'), named('b')], { budgetMs: 1000 })
      for (const left = world.asked.length + count; world.asked.length < left; answer(world.asked.length - 1)) {
        await settled()
      }
      world.elapsed += 1000
      await asking
    }
    await askFirst(2)
    world.now -= 60_000
    await askFirst(1)
    await askFirst(1)
    assert.deepEqual(addresses().slice(2), ['https://a.example/', 'https://b.example/'])
  })

  for (const [rule, outcome, services] of [
    ['is one where it did not take the time that was left', refused, ['a', 'b']],
    ['is none where it is a timeout', aProbe(unseen('timeout', 'no answer'), { httpStatus: null }), ['a']]
  ] as const) {
    test(`a failure of a service that was asked late ${rule}`, async () => {
      const { world, prober, answer, known } = setUp()
      const asking = prober.ask([named('a'), named('b')], { budgetMs: 1500 })
      await settled()
      world.elapsed = 1000
      answer(0)
      await settled()
      answer(1, outcome)
      await asking
      assert.deepEqual(known(), services)
    })
  }

  test('asks the next one after a probe that breaks, and says so at the end', async () => {
    const { world, prober, answer, known } = setUp()
    const asking = prober.ask([named('a'), named('b'), named('c')], { isPatient: true })
    const broken = assert.rejects(asking, /broken/)
    await settled()
    world.asked[0]?.break(new Error('broken'))
    await settled()
    answer(1)
    await settled()
    answer(2)
    await broken
    await settled()
    assert.deepEqual(known(), ['b', 'c'])
  })

  test('has not checked a target that could not be asked', async () => {
    const { prober, answer } = setUp()
    const asking = prober.ask([named('a'), named('b')], { isPatient: true })
    await settled()
    answer(0, { report: unseen('not_asked', 'too many open files'), httpStatus: null, durationMs: 0 })
    await settled()
    answer(1)
    await asking
    const { answered, checked } = prober.takeAnswers()
    assert.deepEqual([[...answered], [...checked]], [['dev/b'], ['dev/b']])
  })

  test('keeps the report of the last answer where the next one says the same, with its own time and way', async () => {
    const { prober, answer } = setUp()
    const [target] = [named('a')]
    const reportAfter = async (index: number, outcome: Probe<ProbeReason>) => {
      const asking = prober.ask([target], { isPatient: true })
      await settled()
      answer(index, outcome)
      await asking
      const [observation] = prober.observations.values()
      assert.equal(observation?.durationMs, outcome.durationMs)
      return observation?.report
    }
    const first = await reportAfter(0, aProbe(aReport('v1'), { durationMs: 1 }))
    assert.equal(await reportAfter(1, aProbe(aReport('v1'), { durationMs: 2 })), first)
    const other = await reportAfter(2, aProbe(aReport('v2'), { durationMs: 3 }))
    assert.deepEqual(other, aReport('v2'))
    const failure = await reportAfter(3, { ...refused, durationMs: 4 })
    assert.deepEqual(failure, refused.report)
    assert.equal(await reportAfter(4, { ...aProbe(unseen('connect', 'connection refused')), durationMs: 5 }), failure)
  })
})
