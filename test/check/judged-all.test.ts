import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { changedSince, earlierOf, type JudgedAll, NOTHING_JUDGED, versionsOf } from '../../src/check/judged-all.ts'
import { sumUp } from '../../src/check/sums.ts'
import type { FactSources } from '../../src/domain/guard.ts'
import type { WatchedImage } from '../../src/domain/image-check.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { Observation } from '../../src/domain/probe.ts'
import { type Target, targetKey } from '../../src/domain/target.ts'
import type { Workload } from '../../src/domain/workload.ts'
import {
  anObservation,
  aReport,
  aSnapshot,
  aTarget,
  aWorkload,
  judgeOne,
  knownWorkload,
  NO_FACT_SOURCES
} from '../support/facts.ts'

const NAMES = ['a', 'b', 'c', 'd']
const WORKLOADS = NAMES.map(name => aWorkload({ name }))
const NO_CHECK = new Set<string>()
const NOW = { observations: new Map<string, Observation>(), answered: NO_CHECK, sources: NO_FACT_SOURCES, now: 0 }

function selectionOf(targets: readonly Target[]) {
  const refs = targets.map(({ namespace, workload }) => ({ namespace, kind: workload.kind, name: workload.name }))
  return { ...NOTHING_JUDGED.selection, targets, keys: targets.map(targetKey), refs }
}

/** Four services, judged at the same moment, but for the changes of one of them. */
function judgedAll(changes: Partial<ReturnType<typeof judgeOne>> = {}, changed = 'c'): JudgedAll {
  const selection = selectionOf(NAMES.map(service => aTarget({ service })))
  const services = WORKLOADS.map((workload, index) => {
    const target = selection.targets[index] as Target
    const judged = judgeOne({ target, facts: { workload: seen(workload) } })
    const series = { required: 1, all: 1 }
    return workload.name === changed ? { ...judged, series, ...changes } : { ...judged, series }
  })
  const workloads = aSnapshot(WORKLOADS)
  return { at: 0, selection, services, versions: {}, workloads, sums: sumUp(services, workloads.known) }
}

function changedNames(last: JudgedAll, workloads: readonly Workload[], answered = NO_CHECK, now = 0): string {
  const { selection } = last
  const changed = changedSince(last, { ...NOW, selection, workloads: aSnapshot(workloads), answered, now })
  return changed.map(({ index }) => NAMES[index]).join('')
}

suite('what is judged again', () => {
  test('is nothing where nothing changed, though it is seen anew', () => {
    assert.equal(changedNames(judgedAll(), WORKLOADS), '')
  })

  test('is the one service whose workload changed', () => {
    assert.equal(changedNames(judgedAll(), WORKLOADS.with(1, aWorkload({ name: 'b' }))), 'b')
  })

  test('is the one whose pods changed', () => {
    const last = judgedAll()
    const before = aSnapshot(WORKLOADS)
    const known = before.known.with(3, { ...knownWorkload(WORKLOADS[3] as Workload), pods: seen([]) })
    const { selection } = last
    const [changed, ...others] = changedSince(last, { ...NOW, selection, workloads: { ...before, known } })
    assert.deepEqual([changed?.index, changed?.facts.pods, others.length], [3, seen([]), 0])
  })

  test('are those that were probed', () => {
    assert.equal(changedNames(judgedAll(), WORKLOADS, new Set(['dev/a', 'dev/d', 'dev/gone'])), 'ad')
  })

  test('is the one whose time is over, and no sooner', () => {
    const last = judgedAll({ validUntil: 500 })
    assert.equal(changedNames(last, WORKLOADS, NO_CHECK, 499), '')
    assert.equal(changedNames(last, WORKLOADS, NO_CHECK, 500), 'c')
  })

  test('is always the one whose workload is not seen: the reason may be another now', () => {
    const { facts } = judgeOne({ facts: { workload: unseen('never_read', 'forbidden') } })
    assert.equal(changedNames(judgedAll({ facts }), WORKLOADS), 'c')
  })

  test('are all of them where a workload comes or goes, or another selection is made', () => {
    const last = judgedAll()
    assert.equal(changedNames(last, [...WORKLOADS, aWorkload({ name: 'e' })]), 'abcd')
    assert.equal(changedNames(last, WORKLOADS.slice(1)), 'abcd')
    const selection = selectionOf(last.selection.targets)
    const again = { ...NOW, selection, workloads: last.workloads }
    for (const earlier of [last, NOTHING_JUDGED]) {
      const places = changedSince(earlier, again).map(({ index }) => index)
      assert.deepEqual(places, [0, 1, 2, 3])
    }
  })

  test('are all of them where the clock was set back, because their times no longer hold', () => {
    const last = { ...judgedAll(), at: 500 }
    assert.equal(changedNames(last, WORKLOADS, NO_CHECK, 500), '')
    assert.equal(changedNames(last, WORKLOADS, NO_CHECK, 499), 'abcd')
  })

  test("are all of them, each from its own facts, where two workloads have taken each other's place", () => {
    const last = judgedAll()
    const [a, b, ...others] = WORKLOADS as [Workload, Workload, ...Workload[]]
    const changed = changedSince(last, { ...NOW, selection: last.selection, workloads: aSnapshot([b, a, ...others]) })
    assert.deepEqual(
      changed.map(({ facts }) => facts.workload.seen && facts.workload.value.name),
      ['a', 'b', 'c', 'd']
    )
  })

  test('has the new observation beside the workload that did not change', () => {
    const last = judgedAll()
    const observation = anObservation(aReport('v9'))
    const observations = new Map([['dev/b', observation]])
    const now = { ...NOW, observations, answered: new Set(['dev/b']), selection: last.selection }
    const [changed] = changedSince(last, { ...now, workloads: last.workloads })
    assert.equal(changed?.facts.observation, observation)
    assert.ok(changed?.facts.workload.seen && changed.facts.workload.value === WORKLOADS[1])
  })
})

suite('what a source with a clock of its own knows', () => {
  /** Images of one service by its name; the source counts how often it is asked. */
  function setUp(images: Record<string, readonly WatchedImage[]> = {}) {
    const world = { images, version: 1, asked: 0 }
    const nothing: readonly WatchedImage[] = []
    const sources: FactSources = {
      ...NO_FACT_SOURCES,
      images: {
        of: ({ service }) => {
          world.asked += 1
          return world.images[service] ?? nothing
        },
        version: () => world.version,
        forgetAllBut: () => {},
        read: async () => {},
        follow: async () => {},
        health: () => ({ problems: [] }),
        close: async () => {}
      }
    }
    const first = judgedAll()
    const services = first.services.map(one => ({ ...one, facts: { ...one.facts, images: nothing } }))
    const last: JudgedAll = { ...first, services, versions: versionsOf(sources) }
    const { selection, workloads } = last
    const changed = (now: Partial<Parameters<typeof changedSince>[1]> = {}) =>
      changedSince(last, { ...NOW, selection, workloads, sources, ...now })
    return { world, changed }
  }
  const image: WatchedImage = { container: 'app', image: 'shop:v1', check: null }

  test('is not asked for while its version is the same', () => {
    const { world, changed } = setUp()
    assert.deepEqual(changed(), [])
    assert.equal(world.asked, 0)
  })

  test('has only those services judged again of which its knowledge changed', () => {
    const { world, changed } = setUp()
    world.images = { b: [image] }
    world.version += 1
    const [one, ...others] = changed()
    assert.deepEqual([one?.index, one?.facts.images, others], [1, [image], []])
  })

  test('costs one look at each service if its version number changed but its knowledge did not', () => {
    const { world, changed } = setUp()
    world.version += 1
    assert.deepEqual([changed(), world.asked], [[], 4])
  })

  test('is asked for where the workload changed, with what runs now', () => {
    const { world, changed } = setUp({ d: [image] })
    const workloads = aSnapshot(WORKLOADS.with(3, aWorkload({ name: 'd' })))
    const [one, ...others] = changed({ workloads })
    assert.deepEqual([one?.index, one?.facts.images, others, world.asked], [3, [image], [], 1])
  })
})

suite('what was known of a service', () => {
  test('is found by its place, or in another selection by its key', () => {
    const last = judgedAll()
    assert.equal(earlierOf(last, last.selection)[2], last.services[2])
    const other = earlierOf(last, selectionOf([aTarget({ service: 'new' }), aTarget({ service: 'd' })]))
    assert.deepEqual([other[0], other[1]], [undefined, last.services[3]])
  })
})
