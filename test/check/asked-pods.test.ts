import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createChecker } from '../../src/check/checker.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { KnownWorkload, ProbeEndpoint } from '../../src/domain/ports.ts'
import { type ReportChange, versionOf } from '../../src/domain/report.ts'
import { WHOLE } from '../../src/domain/shard.ts'
import type { ProbedTarget, Target } from '../../src/domain/target.ts'
import type { Pod } from '../../src/domain/workload.ts'
import { versionGuard } from '../../src/guards/version.ts'
import { aPod, aProbe, aReport, aSnapshot, aTarget, aWorkload, HEALTHY, NO_FACT_SOURCES } from '../support/facts.ts'

const podEndpoint = { scheme: 'http', port: 80, path: '/' } as const
const BY_PODS = aTarget({ endpoint: null, podEndpoint })
const NOT_WATCHED = unseen('not_watched', 'WATCH_PODS is false')
const podsNamed = (...names: string[]) => names.map((name, n) => aPod({ name, ip: `10.0.0.${n + 1}` }))

/** A checker of the workload `shop`, whose pods are in the test's hands. */
async function setUp({ targets = [BY_PODS], pods = podsNamed('a', 'b') } = {}) {
  const workload = aWorkload()
  const knownWith = (pods: readonly Pod[] | null): KnownWorkload => ({
    workload,
    pods: pods === null ? NOT_WATCHED : seen(pods),
    revisions: NOT_WATCHED
  })
  const world = {
    targets: targets as readonly Target[],
    known: knownWith(pods),
    answer: (_target: ProbedTarget): ReturnType<ProbeEndpoint> => Promise.resolve(aProbe(aReport('v1'))),
    asked: [] as string[],
    changes: [] as ReportChange[],
    now: 1000
  }
  const checker = await createChecker({
    factSources: NO_FACT_SOURCES,
    guards: [versionGuard],
    budget: { most: Number.POSITIVE_INFINITY, countSeries: () => ({ required: 1, all: 1 }) },
    source: {
      snapshot: () => aSnapshot([], { known: [world.known], find: () => seen(world.known) }),
      health: () => HEALTHY,
      readTemplates: async () => {}
    },
    probe: target => {
      world.asked.push(target.pod?.name ?? target.service)
      return world.answer(target)
    },
    fileTargets: () => world.targets,
    rules: { discovery: 'true', versionMatch: 'exact', shard: WHOLE, parseDuration: () => null },
    timeoutMs: 1000,
    patienceMs: 60_000,
    concurrency: 10,
    pace: async () => {},
    clock: () => world.now,
    monotonic: () => 0,
    signal: new AbortController().signal,
    onReport: (_, change) => void world.changes.push(change)
  })
  const service = () => {
    const [first] = checker.report().services
    assert.ok(first)
    return first
  }
  const finding = () => {
    const version = versionOf(service())
    assert.ok(version)
    return version
  }
  return {
    world,
    checker,
    service,
    finding,
    setPods: (pods: readonly Pod[] | null) => {
      world.known = knownWith(pods)
    }
  }
}

suite('a service that is asked pod by pod', () => {
  test('has each of its pods asked, and its endpoint where it has one', async () => {
    const { world, checker, finding } = await setUp({ targets: [{ ...BY_PODS, endpoint: 'https://shop.example/' }] })
    await checker.cycle()
    assert.deepEqual([world.asked.toSorted(), finding().status], [['a', 'b', 'shop'], 'OK'])
  })

  test('is checked once when all of them were asked', async () => {
    const { world, checker } = await setUp()
    await checker.cycle()
    assert.deepEqual([...(world.changes.at(-1)?.checked ?? [])], ['dev/shop'])
  })

  test('is judged by those that answered while another is still asked, which is no check yet', async () => {
    const { world, checker, finding } = await setUp()
    let release = () => {}
    world.answer = target =>
      target.pod?.name === 'a'
        ? Promise.resolve(aProbe(aReport('v0')))
        : new Promise(resolve => {
            release = () => resolve(aProbe(aReport('v1')))
          })
    const cycle = checker.cycle()
    while (world.asked.length < 2) await new Promise(resolve => setImmediate(resolve))
    await new Promise(resolve => setImmediate(resolve))
    await checker.rejudge()
    assert.deepEqual([finding().status, finding().evidence.pods?.results.not_asked], ['MISMATCH', 1])
    assert.equal(world.changes.at(-1)?.checked.size, 0)
    release()
    await cycle
    assert.deepEqual([...(world.changes.at(-1)?.checked ?? [])], ['dev/shop'])
  })

  test('has a pod asked as soon as it comes', async () => {
    const { world, checker, finding, setPods } = await setUp()
    await checker.cycle()
    setPods(podsNamed('a', 'b', 'c'))
    await checker.askNew()
    assert.deepEqual([world.asked.at(-1), finding().evidence.pods?.results.agrees], ['c', 3])
  })

  test('has a pod asked again that was replaced by one of the same name', async () => {
    const { world, checker, finding, setPods } = await setUp()
    await checker.cycle()
    const [a, b] = podsNamed('a', 'b')
    assert.ok(a !== undefined && b !== undefined)
    setPods([a, { ...b, createdAt: 5000 }])
    await checker.rejudge()
    assert.equal(finding().evidence.pods?.results.not_asked, 1)
    await checker.askNew()
    assert.deepEqual([world.asked.slice(2), finding().evidence.pods?.results.agrees], [['b'], 2])
  })

  test('is no longer judged by a pod that has gone, and forgets it', async () => {
    const { world, checker, finding, setPods } = await setUp()
    world.answer = async target => aProbe(aReport(target.pod?.name === 'b' ? 'v0' : 'v1'))
    await checker.cycle()
    assert.equal(finding().status, 'MISMATCH')
    setPods(podsNamed('a'))
    await checker.rejudge()
    assert.equal(finding().status, 'OK')
    await checker.cycle()
    world.answer = async () => aProbe(aReport('v1'))
    setPods(podsNamed('a', 'b'))
    await checker.rejudge()
    assert.equal(finding().evidence.pods?.results.not_asked, 1, 'what the earlier b said is forgotten')
  })

  test('is UNKNOWN once its pods are no longer seen, and what it said is not shown', async () => {
    const { checker, finding, service, setPods } = await setUp()
    await checker.cycle()
    setPods(null)
    await checker.rejudge()
    assert.deepEqual(
      [finding().status, finding().message, service().reported],
      ['UNKNOWN', 'Pods cannot be asked: WATCH_PODS is false', null]
    )
  })

  test('shows the report of the pod that speaks for it', async () => {
    const { world, checker, service } = await setUp()
    world.answer = async target => aProbe(aReport(target.pod?.name === 'b' ? 'v0' : 'v1'))
    await checker.cycle()
    assert.equal(service().reported?.version, 'v0')
    assert.equal(service().endpoint, null)
  })
})
