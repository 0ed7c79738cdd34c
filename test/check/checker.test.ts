import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createChecker } from '../../src/check/checker.ts'
import type { AnyGuard, FactSources } from '../../src/domain/guard.ts'
import { unseen } from '../../src/domain/observation.ts'
import type { ProbeEndpoint, SourceHealth } from '../../src/domain/ports.ts'
import { type Report, type ReportChange, versionOf, worstFirst } from '../../src/domain/report.ts'
import { WHOLE } from '../../src/domain/shard.ts'
import type { Target } from '../../src/domain/target.ts'
import type { Workload } from '../../src/domain/workload.ts'
import { NOTHING_SEEN } from '../../src/guards/rollout/evidence.ts'
import { versionGuard } from '../../src/guards/version.ts'
import { aProbe, aReport, aSnapshot, aTarget, aWorkload, HEALTHY, NO_FACT_SOURCES } from '../support/facts.ts'

const TIMED_OUT = aProbe(unseen('timeout', 'no answer'), { httpStatus: null })

/** A checker on facts and clocks that the test holds in its hands. */
async function setUp({
  targets = [aTarget()],
  workloads = [aWorkload()],
  guards = [versionGuard] as readonly AnyGuard[],
  sourceHealth = HEALTHY as SourceHealth,
  factSources = NO_FACT_SOURCES,
  concurrency = 10,
  timeoutMs = 1000,
  patienceMs = 60_000,
  /** Each service has two series, of which one can be done without. */
  mostSeries = Number.POSITIVE_INFINITY
} = {}) {
  const world = {
    targets: targets as readonly Target[],
    workloads: workloads as readonly Workload[],
    now: 1_000_000,
    elapsed: 0,
    /** How long each probe takes by the monotonic clock, and what it gives. */
    probeMs: 0,
    probe: (async () => aProbe(aReport())) as ProbeEndpoint,
    wanted: [] as string[],
    asked: [] as { service: string; timeoutMs: number }[],
    reports: [] as { report: Report; change: ReportChange }[],
    /** How long each of them took. */
    cycles: [] as number[]
  }
  const stop = new AbortController()
  const checker = await createChecker({
    guards,
    factSources,
    budget: { most: mostSeries, countSeries: () => ({ required: 1, all: 2 }) },
    source: {
      snapshot: () => aSnapshot(world.workloads),
      health: () => sourceHealth,
      readTemplates: async ({ name }, names) => void world.wanted.push(`${name}: ${names.join()}`)
    },
    probe: (target, timeoutMs) => {
      world.asked.push({ service: target.service, timeoutMs })
      world.elapsed += world.probeMs
      return world.probe(target, timeoutMs)
    },
    fileTargets: () => world.targets,
    rules: { discovery: 'true', versionMatch: 'exact', shard: WHOLE, parseDuration: () => null },
    timeoutMs,
    patienceMs,
    concurrency,
    pace: async () => {},
    clock: () => world.now,
    monotonic: () => world.elapsed,
    signal: stop.signal,
    onReport: (report, change) => void world.reports.push({ report, change }),
    onCycle: durationMs => void world.cycles.push(durationMs)
  })
  const statuses = () => Object.fromEntries(checker.report().services.map(s => [s.service, versionOf(s)?.status]))
  const checkedAt = () => Object.fromEntries(checker.report().services.map(s => [s.service, s.reported?.checkedAt]))
  return { world, checker, stop, statuses, checkedAt }
}

const named = (...names: string[]) =>
  names.map(service => aTarget({ service, workload: { kind: 'Deployment', name: 'shop' } }))

suite('checker', () => {
  test('judges nothing before it has asked', async () => {
    const { checker } = await setUp()
    const [service] = checker.report().services
    assert.ok(service !== undefined)
    assert.equal(versionOf(service)?.status, 'UNKNOWN')
    assert.equal(versionOf(service)?.message, 'Not checked yet')
    assert.equal(service?.reported, null)
    assert.deepEqual(checker.report().fleet, [])
  })

  test('has the templates read that a finding would need', async () => {
    const evidence = { ...NOTHING_SEEN, unreadRevisions: ['shop-1', 'shop-2'] }
    const finding = { part: '', status: 'STUCK', severity: 'warning', message: '', asOf: null, evidence } as const
    const judge: AnyGuard['judge'] = () => [{ ...finding, validUntil: Number.POSITIVE_INFINITY }]
    const { world, checker } = await setUp({
      guards: [{ name: 'rollout', statuses: ['STUCK'], reads: ['workload'], judge }]
    })
    assert.deepEqual(world.wanted, ['shop: shop-1,shop-2'])
    await checker.rejudge()
    assert.equal(world.wanted.length, 1, 'not again while nothing is new')
  })

  test('tells a source of other facts which services there are, and its problems, which are none of the workloads', async () => {
    const known: string[][] = []
    const problem = { message: 'the registry refuses the credentials', withholds: 'images' } as const
    const images: FactSources['images'] = {
      of: () => [],
      version: () => 1,
      forgetAllBut: targets => void known.push(targets.map(({ service }) => service)),
      read: async () => {},
      follow: async () => {},
      health: () => ({ problems: [problem] }),
      close: async () => {}
    }
    const { world, checker } = await setUp({ targets: named('a', 'b'), factSources: { ...NO_FACT_SOURCES, images } })
    await checker.rejudge()
    world.targets = named('b')
    await checker.rejudge()
    assert.deepEqual(known, [['a', 'b'], ['b']])
    assert.deepEqual([checker.health().up, checker.health().problems], [true, [problem]])
    assert.deepEqual(checker.report().source, checker.health())
  })

  test('tells a cause once that several sources have, as what hides the workloads', async () => {
    const message = 'Kubernetes API server: connection refused'
    const helm: FactSources['helm'] = {
      of: () => unseen('never_read', message),
      version: () => 1,
      forgetAllBut: () => {},
      read: async () => {},
      follow: async () => {},
      health: () => ({ problems: [{ message, withholds: 'helm' }] }),
      close: async () => {}
    }
    const sourceHealth: SourceHealth = { up: false, lastSyncAt: null, problems: [{ message, withholds: 'workloads' }] }
    const { checker } = await setUp({ sourceHealth, factSources: { ...NO_FACT_SOURCES, helm } })
    assert.deepEqual(checker.health(), sourceHealth)
  })

  test('finds all that is known of one service, with what changed since it was first seen', async () => {
    const { world, checker } = await setUp()
    await checker.cycle()
    assert.deepEqual(checker.find('dev/shop')?.changes, [])
    world.probe = async () => aProbe(aReport('v2'))
    world.now += 60_000
    await checker.cycle()
    const found = checker.find('dev/shop')
    assert.equal(found?.report, checker.report().services[0])
    assert.equal(found?.facts.observation?.report.seen, true)
    assert.deepEqual(
      found?.changes.map(({ at, what, from, to }) => [at, what, from, to]),
      [
        [1_060_000, 'reported version', 'v1', 'v2'],
        [1_060_000, 'version', 'OK', 'MISMATCH']
      ]
    )
    assert.equal(checker.find('dev/other'), undefined)
    world.targets = named('other')
    await checker.rejudge()
    world.targets = [aTarget()]
    await checker.rejudge()
    assert.deepEqual(checker.find('dev/shop')?.changes, [], 'what was gone begins anew')
  })

  test('asks every target once in a cycle and judges when it ends', async () => {
    const { world, checker, statuses } = await setUp({ targets: named('a', 'b') })
    await checker.cycle()
    assert.deepEqual(
      world.asked.map(({ service }) => service),
      ['a', 'b']
    )
    assert.deepEqual(statuses(), { a: 'OK', b: 'OK' })
    assert.equal(checker.cyclesDone(), 1)
    assert.deepEqual([...(world.reports.at(-1)?.change.checked ?? [])], ['dev/a', 'dev/b'])
  })

  test('tells how long each cycle took', async () => {
    const { world, checker } = await setUp({ targets: named('a', 'b') })
    world.probeMs = 70
    await checker.cycle()
    world.probeMs = 5
    await checker.cycle()
    await checker.rejudge()
    assert.deepEqual(world.cycles, [140, 10])
  })

  test('lets callers during a cycle share it', async () => {
    const { world, checker } = await setUp()
    await Promise.all([checker.cycle(), checker.cycle()])
    assert.equal(world.asked.length, 1)
    await checker.cycle()
    assert.equal(world.asked.length, 2)
  })

  test('never has more probes under way than it may', async () => {
    const { world, checker } = await setUp({ targets: named('a', 'b', 'c', 'd', 'e'), concurrency: 2 })
    let underWay = 0
    let most = 0
    world.probe = async () => {
      underWay += 1
      most = Math.max(most, underWay)
      await new Promise(resolve => setImmediate(resolve))
      underWay -= 1
      return aProbe(aReport())
    }
    await checker.cycle()
    assert.equal(most, 2)
  })

  test('judges again with the last observation when a workload changes, without asking', async () => {
    const { world, checker, statuses } = await setUp()
    await checker.cycle()
    world.workloads = [aWorkload({ image: 'shop:v2' })]
    world.now += 5000
    await checker.rejudge()
    assert.deepEqual(statuses(), { shop: 'MISMATCH' })
    assert.equal(world.asked.length, 1)
    assert.equal(checker.report().services[0]?.reported?.checkedAt, 1_000_000)
    assert.equal(world.reports.at(-1)?.change.checked.size, 0)
  })

  test('says since when a status holds, and starts anew when it changes', async () => {
    const { world, checker } = await setUp()
    const since = () => checker.report().services.map(versionOf)[0]?.since
    await checker.cycle()
    world.now += 1000
    await checker.cycle()
    assert.equal(since(), 1_000_000)
    world.workloads = [aWorkload({ image: 'shop:v2' })]
    await checker.rejudge()
    assert.equal(since(), 1_001_000)
  })

  test('does not use the answer of an address that is no longer asked', async () => {
    const { world, checker, statuses } = await setUp()
    await checker.cycle()
    world.targets = [aTarget({ endpoint: 'https://elsewhere.example/' })]
    await checker.rejudge()
    assert.deepEqual(statuses(), { shop: 'UNKNOWN' })
  })

  test('does not use an answer that was read by other pointers', async () => {
    const { world, checker, statuses } = await setUp()
    await checker.cycle()
    world.targets = [aTarget({ versionPointers: ['/other'] })]
    await checker.rejudge()
    assert.deepEqual(statuses(), { shop: 'UNKNOWN' })
  })

  test('keeps the answer to a question with a secret that was only read anew, and not that to one with another', async () => {
    const withSecret = (file: string) => [aTarget({ headers: [{ name: 'authorization', prefix: 'Bearer ', file }] })]
    const { world, checker, statuses } = await setUp({ targets: withSecret('/token') })
    await checker.cycle()
    world.targets = withSecret('/token')
    await checker.rejudge()
    assert.deepEqual(statuses(), { shop: 'OK' })
    world.targets = withSecret('/other')
    await checker.rejudge()
    assert.deepEqual(statuses(), { shop: 'UNKNOWN' })
  })

  test('forgets a target that goes: one that returns is a new one', async () => {
    const { world, checker, statuses } = await setUp()
    await checker.cycle()
    world.targets = []
    await checker.rejudge()
    assert.deepEqual(statuses(), {})
    world.targets = [aTarget()]
    await checker.rejudge()
    assert.deepEqual(statuses(), { shop: 'UNKNOWN' })
  })

  test('asks targets that appear between two cycles, and only those', async () => {
    const { world, checker, statuses } = await setUp({ targets: named('a') })
    await checker.cycle()
    world.targets = named('a', 'b')
    await checker.askNew()
    assert.deepEqual(
      world.asked.map(({ service }) => service),
      ['a', 'b']
    )
    assert.deepEqual(statuses(), { a: 'OK', b: 'OK' })
    assert.equal(checker.cyclesDone(), 1)
  })

  test('asks a target that appears while another new one is still being asked', async () => {
    const { world, checker, statuses } = await setUp({ targets: [] })
    await checker.cycle()
    world.probe = ({ service }) => (service === 'slow' ? new Promise(() => {}) : Promise.resolve(aProbe(aReport())))
    world.targets = named('slow')
    void checker.askNew()
    world.targets = named('slow', 'late')
    await checker.askNew()
    assert.deepEqual(
      world.asked.map(({ service }) => service),
      ['slow', 'late']
    )
    assert.deepEqual(statuses(), { late: 'OK', slow: 'UNKNOWN' })
  })

  test('asks a new target again that it could not ask, though it was under way when it was looked for', async () => {
    const { world, checker, statuses } = await setUp({ targets: [] })
    await checker.cycle()
    const { probe } = world
    const outcome = Promise.withResolvers<Awaited<ReturnType<ProbeEndpoint>>>()
    world.probe = () => outcome.promise
    world.targets = named('a')
    const first = checker.askNew()
    await checker.askNew()
    outcome.resolve({ ...TIMED_OUT, report: unseen('not_asked', 'too many open files here') })
    await first
    world.probe = probe
    await checker.askNew()
    assert.deepEqual([world.asked.length, statuses()], [2, { a: 'OK' }])
    await checker.askNew()
    assert.equal(world.asked.length, 2, 'not again')
  })

  test('does not claim to know since when what it found at its start is so', async () => {
    const { world, checker } = await setUp()
    const isSinceStart = () => checker.report().services.map(versionOf)[0]?.isSinceStart
    await checker.cycle()
    await checker.cycle()
    assert.equal(isSinceStart(), true)
    world.workloads = [aWorkload({ image: 'shop:v2' })]
    await checker.rejudge()
    assert.equal(isSinceStart(), false)
  })

  test('dates nothing later than now when the clock was set back, though nothing else is new', async () => {
    const { world, checker } = await setUp()
    const since = () => checker.report().services.map(versionOf)[0]?.since
    assert.equal(since(), 1_000_000)
    world.now -= 5000
    await checker.rejudge()
    assert.equal(since(), 995_000)
    world.now += 2000
    await checker.rejudge()
    assert.equal(since(), 995_000)
  })

  test('keeps the last observation, with its age, of what a deadline left unasked', async () => {
    const { world, checker, statuses, checkedAt } = await setUp({ targets: named('a', 'b'), concurrency: 1 })
    await checker.cycle()
    world.now += 5000
    world.probeMs = 300
    await checker.cycle({ budgetMs: 300 })
    assert.deepEqual(statuses(), { a: 'OK', b: 'OK' })
    assert.deepEqual(checkedAt(), { a: 1_005_000, b: 1_000_000 })
  })

  for (const unanswered of ['kept', 'timeout'] as const) {
    test(`does not blame an endpoint that this machine could not ask (${unanswered}), and says what is in the way`, async () => {
      const { world, checker, statuses, checkedAt } = await setUp({ targets: named('a') })
      const ask = world.probe
      await checker.cycle()
      world.now += 5000
      world.probe = async () => ({ ...TIMED_OUT, report: unseen('not_asked', 'too many open files here') })
      world.targets = named('a', 'never')
      await checker.cycle({ unanswered })
      assert.deepEqual(
        [statuses(), checkedAt()],
        [
          { a: 'OK', never: 'UNKNOWN' },
          { a: 1_000_000, never: undefined }
        ]
      )
      const warning = 'this guard cannot ask all targets, so some keep their last result: too many open files here'
      assert.deepEqual(checker.report().warnings, [warning])
      world.targets = named('a')
      await checker.rejudge()
      assert.deepEqual(checker.report().warnings, [warning])
      world.probe = ask
      await checker.cycle()
      assert.deepEqual([checker.report().warnings, checkedAt()], [[], { a: 1_005_000 }])
    })
  }

  test('tells what is to be known of the way to a report, for as long as it is so', async () => {
    const { world, checker } = await setUp({ targets: named('a', 'b') })
    const warning = 'its address redirects from https to http'
    world.probe = async ({ service }) => aProbe(aReport(), service === 'a' ? { warning } : {})
    await checker.cycle()
    assert.deepEqual(checker.report().warnings, [`dev/a: ${warning}`])
    world.probe = async () => aProbe(aReport())
    await checker.cycle()
    assert.deepEqual(checker.report().warnings, [])
    world.probe = async () => aProbe(aReport(), { warning })
    await checker.cycle()
    assert.deepEqual(checker.report().warnings, [`dev/a: ${warning}`, `dev/b: ${warning}`])
    world.targets = named('b')
    await checker.rejudge()
    assert.deepEqual(checker.report().warnings, [`dev/b: ${warning}`])
  })

  test('tells of each image and each version that keeps changing', async () => {
    const { world, checker } = await setUp({ targets: named('a', 'b') })
    const change = (index: number) => {
      world.workloads = [aWorkload({ image: `shop:v${index}` })]
      world.probe = async ({ service }) => aProbe(aReport(service === 'a' ? `v${index}` : 'v0'))
    }
    for (let index = 0; index < 11; index += 1) {
      change(index)
      await checker.cycle()
    }
    const line = (key: string, what: string) =>
      `${key} ${what}: it is not a label in /metrics until it has stayed the same for 10 minutes`
    const image = 'keeps getting another image, release or endpoint'
    assert.deepEqual(checker.report().warnings, [
      line('dev/a', 'keeps reporting another version'),
      line('dev/a', image),
      line('dev/b', image)
    ])
  })

  test('leaves out what there is no room for, by the series of all services', async () => {
    const leftOutOf = async (mostSeries: number) => {
      const { checker } = await setUp({ targets: named('a', 'b', 'c'), mostSeries })
      const { leftOut } = checker.report()
      return leftOut && [...leftOut.services]
    }
    assert.equal(await leftOutOf(6), null)
    assert.deepEqual(await leftOutOf(5), [])
    assert.deepEqual(await leftOutOf(2), ['dev/c'])
  })

  test('holds until the first of all findings may change', async () => {
    const endsAt: Readonly<Record<string, number>> = { a: 3_000_000, b: 2_000_000, c: 4_000_000 }
    const guard: AnyGuard = {
      name: 'rollout',
      statuses: ['STABLE'],
      reads: [],
      judge: ({ service }) => [
        {
          part: '',
          status: 'STABLE',
          severity: 'ok',
          message: '',
          asOf: null,
          validUntil: endsAt[service] ?? 0,
          evidence: NOTHING_SEEN
        }
      ]
    }
    const { checker } = await setUp({ targets: named('a', 'b', 'c'), guards: [guard] })
    assert.equal(checker.report().validUntil, 2_000_000)
  })

  test('judges all of a report by what was known at one moment, whichever services are asked meanwhile', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `service-${index}`)
    const { world, checker, checkedAt } = await setUp({ targets: named(...names) })
    await checker.cycle()
    world.now += 5000
    const judged = checker.rejudge()
    const cycle = checker.cycle()
    await judged
    assert.deepEqual(new Set(Object.values(checkedAt())), new Set([1_000_000]))
    await cycle
    assert.deepEqual(new Set(Object.values(checkedAt())), new Set([1_005_000]))
  })

  test('judges the answers so far, a second after the first, while a cycle still waits for others', async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { world, checker, statuses } = await setUp({ targets: named('a', 'b') })
    const late = Promise.withResolvers<ReturnType<typeof aProbe>>()
    world.probe = ({ service }) => (service === 'a' ? Promise.resolve(aProbe(aReport())) : late.promise)
    const cycle = checker.cycle()
    await nextTurn()
    t.mock.timers.tick(999)
    await checker.settled()
    assert.deepEqual(statuses(), { a: 'UNKNOWN', b: 'UNKNOWN' })
    t.mock.timers.tick(1)
    await checker.settled()
    assert.deepEqual(statuses(), { a: 'OK', b: 'UNKNOWN' })
    late.resolve(TIMED_OUT)
    await cycle
    assert.deepEqual(statuses(), { a: 'OK', b: 'ERROR' })
  })

  test('no longer says what kept it from asking once the question has changed', async () => {
    const { world, checker } = await setUp()
    world.probe = async () => ({ ...TIMED_OUT, report: unseen('not_asked', 'too many open files here') })
    await checker.cycle()
    assert.equal(checker.report().warnings.length, 1)
    world.targets = [aTarget({ endpoint: 'http://elsewhere/debug/version' })]
    await checker.rejudge()
    assert.deepEqual(checker.report().warnings, [])
  })

  test('asks first, under a deadline, what was asked longest ago', async () => {
    const { world, checker } = await setUp({ targets: named('a', 'b'), concurrency: 1 })
    await checker.cycle()
    world.probeMs = 300
    for (let round = 0; round < 4; round += 1) {
      world.now += 1000
      await checker.cycle({ budgetMs: 300 })
    }
    assert.deepEqual(world.asked.map(({ service }) => service).join(''), 'ababab')
  })

  test('gives a probe no more time than the deadline leaves', async () => {
    const { world, checker } = await setUp({ targets: named('a', 'b'), concurrency: 1 })
    world.probeMs = 100
    await checker.cycle({ budgetMs: 400 })
    assert.deepEqual(
      world.asked.map(({ timeoutMs }) => timeoutMs),
      [400, 300]
    )
  })

  test('takes a timeout for a failure where the endpoint had all the time there was', async () => {
    const { world, checker, statuses } = await setUp()
    world.probe = async () => TIMED_OUT
    await checker.cycle({ budgetMs: 500 })
    assert.deepEqual(statuses(), { shop: 'ERROR' })
  })

  test('does not take for a failure the timeout of one that had to wait for its turn', async () => {
    const { world, checker, statuses } = await setUp({ targets: named('a', 'b'), concurrency: 1 })
    world.probeMs = 400
    world.probe = async () => TIMED_OUT
    await checker.cycle({ budgetMs: 500 })
    assert.deepEqual(statuses(), { a: 'ERROR', b: 'UNKNOWN' })
  })

  test('takes for a failure the timeout of one that waited, but had nine tenths of the time', async () => {
    const { world, checker, statuses } = await setUp({ targets: named('a', 'b'), concurrency: 1 })
    world.probeMs = 50
    world.probe = async () => TIMED_OUT
    await checker.cycle({ budgetMs: 500 })
    assert.deepEqual(statuses(), { a: 'ERROR', b: 'ERROR' })
  })

  test('does not take for a failure the timeout of one that was begun late, though all are begun at once', async () => {
    const { world, checker, statuses } = await setUp({ targets: named('a', 'b'), concurrency: 2 })
    // To begin the first keeps the loop busy for so long.
    world.probeMs = 300
    world.probe = async () => TIMED_OUT
    await checker.cycle({ budgetMs: 500 })
    assert.deepEqual(statuses(), { a: 'ERROR', b: 'UNKNOWN' })
  })

  test('counts as timed out, where asked to, all that has not answered by the deadline', async () => {
    const { world, checker, statuses } = await setUp({ targets: named('a', 'b', 'c'), concurrency: 1 })
    world.probeMs = 300
    world.probe = async ({ service }) => (service === 'b' ? TIMED_OUT : aProbe(aReport()))
    await checker.cycle({ budgetMs: 600, unanswered: 'timeout' })
    assert.deepEqual(statuses(), { a: 'OK', b: 'ERROR', c: 'ERROR' })
    const message = checker
      .report()
      .services.filter(({ service }) => service === 'c')
      .map(versionOf)[0]?.message
    assert.equal(message, 'Endpoint error: not asked within CHECK_DEADLINE; raise it, or CHECK_CONCURRENCY')
  })

  /** Annotated services, each in its own namespace; those whose name begins with slow never answer. */
  async function withTarpits(names: readonly string[], patience: { timeoutMs?: number; patienceMs?: number } = {}) {
    const targets = names.map(service => aTarget({ service, namespace: service, origin: 'annotation' }))
    const workloads = names.map(name => aWorkload({ name, namespace: name }))
    const here = await setUp({ targets, workloads, concurrency: 4, timeoutMs: 1, ...patience })
    const stuck = new Map<string, () => void>()
    here.world.probe = target =>
      target.service.startsWith('slow')
        ? new Promise(resolve => stuck.set(target.service, () => resolve({ ...TIMED_OUT, durationMs: 1 })))
        : Promise.resolve({ ...aProbe(aReport()), durationMs: 0 })
    const release = () => {
      for (const timeOut of stuck.values()) timeOut()
    }
    const askedSince = (from: number) => here.world.asked.slice(from).map(({ service }) => service)
    return { ...here, stuck, release, askedSince }
  }

  test('waits for every service in the first cycle, and from then on for a slow one no longer than a probe takes', async () => {
    const { world, checker, stuck, release, statuses, askedSince } = await withTarpits(['a', 'b', 'slow-1', 'slow-2'])
    const first = checker.cycle()
    while (stuck.size < 2) await new Promise(resolve => setImmediate(resolve))
    release()
    await first
    assert.deepEqual(statuses(), { a: 'OK', b: 'OK', 'slow-1': 'ERROR', 'slow-2': 'ERROR' })

    stuck.clear()
    const asked = world.asked.length
    world.now += 20_000
    await checker.cycle()
    // A quarter of four slots.
    assert.deepEqual(askedSince(asked), ['slow-1', 'a', 'b'].toSorted())
    assert.equal(checker.cyclesDone(), 2)
  })

  test('waits no longer than its patience, even for a service that is no longer quick, or where a probe may take longer', async () => {
    const { world, checker, stuck, release, askedSince } = await withTarpits(['a', 'slow-1', 'later'], {
      timeoutMs: 3_600_000,
      patienceMs: 1
    })
    const first = checker.cycle()
    while (stuck.size < 1) await new Promise(resolve => setImmediate(resolve))
    release()
    await first
    const { probe } = world
    world.probe = (target, timeoutMs) => (target.service === 'later' ? new Promise(() => {}) : probe(target, timeoutMs))
    const asked = world.asked.length
    await checker.cycle()
    await checker.cycle()
    assert.deepEqual(askedSince(asked).toSorted(), ['a', 'a', 'later', 'slow-1'])
  })

  test('does not ask a service again while it is being asked, unless the question has changed', async () => {
    const { world, checker, stuck, release, askedSince } = await withTarpits(['a', 'slow-1'])
    const first = checker.cycle()
    while (stuck.size < 1) await new Promise(resolve => setImmediate(resolve))
    release()
    await first
    await checker.cycle()
    const asked = world.asked.length
    await checker.cycle()
    assert.deepEqual(askedSince(asked), ['a'])

    const [a, slow] = world.targets as [Target, Target]
    world.targets = [a, { ...slow, endpoint: 'https://elsewhere.example/' }]
    await checker.cycle()
    assert.deepEqual(askedSince(asked + 1).toSorted(), ['a', 'slow-1'])
  })

  test('takes no answer to a question that is no longer asked', async () => {
    const { world, checker, statuses } = await setUp()
    let answer = (_probe: ReturnType<typeof aProbe>) => {}
    world.probe = () =>
      new Promise(resolve => {
        answer = resolve
      })
    const cycle = checker.cycle()
    await new Promise(resolve => setImmediate(resolve))
    world.targets = [aTarget({ endpoint: 'https://elsewhere.example/' })]
    await checker.rejudge()
    answer(aProbe(aReport()))
    await cycle
    assert.deepEqual(statuses(), { shop: 'UNKNOWN' })
  })

  test('asks no service that has no endpoint', async () => {
    const { world, checker } = await setUp({ targets: [aTarget({ endpoint: null }), aTarget({ service: 'other' })] })
    await checker.cycle()
    assert.deepEqual(
      world.asked.map(({ service }) => service),
      ['other']
    )
  })

  test('leaves no trace of probes that a stop cut off', async () => {
    const { world, checker, stop } = await setUp()
    world.probe = async () => {
      stop.abort()
      return TIMED_OUT
    }
    await checker.cycle()
    assert.equal(checker.cyclesDone(), 0)
    assert.equal(checker.report().services[0]?.reported, null)
  })

  test('shows the worst first, then by namespace and service', async () => {
    const { world, checker } = await setUp({ targets: named('fine', 'wrong', 'bare', 'down', 'also-down') })
    world.probe = async ({ service }) => {
      if (service.endsWith('down')) return TIMED_OUT
      return aProbe(service === 'bare' ? aReport('v1', null) : aReport(service === 'wrong' ? 'v2' : 'v1'))
    }
    await checker.cycle()
    assert.deepEqual(
      worstFirst(checker.report().services).map(({ service }) => service),
      ['also-down', 'down', 'wrong', 'bare', 'fine']
    )
  })
})
