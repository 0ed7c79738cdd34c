import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { leaveOut } from '../../src/check/series-budget.ts'
import { describeLeftOut, isExposed, type LeftOut, type ServiceReport } from '../../src/domain/report.ts'
import { aTarget, judgeOne } from '../support/facts.ts'

/** Services (`own…`: the file's) named `namespace/service`. */
const named = (...names: readonly string[]) =>
  names.map(name => {
    const [namespace = '', service = ''] = name.split('/')
    const origin = service.startsWith('own') ? 'file' : 'annotation'
    return judgeOne({ target: aTarget({ namespace, service, origin }) }).report
  })

/** Ten series a service, of which seven are required. */
const counted = (report: ServiceReport) => ({ report, series: { required: 7, all: 10 } })

type Services = Parameters<typeof leaveOut>[0]

function leave(services: Services, most: number, wasExposed: (index: number) => boolean = () => false) {
  const total = { required: 0, all: 0 }
  for (const { series } of services) {
    total.required += series.required
    total.all += series.all
  }
  return leaveOut(services, total, { most, wasExposed })
}

function leaveNamed(names: readonly string[], most: number, before: readonly string[] = []) {
  const services = named(...names)
  const nameOf = ({ namespace, service }: ServiceReport) => `${namespace}/${service}`
  const wasExposed = (index: number) => before.includes(names[index] ?? '')
  const leftOut = leave(services.map(counted), most, wasExposed)
  const exposed = services.filter(service => isExposed({ leftOut, tooNew: new Set() }, service)).map(nameOf)
  return { leftOut, exposed: exposed.sort() }
}

const described = (leftOut: LeftOut | null) => leftOut && describeLeftOut(leftOut)

suite('budget of series', () => {
  test('leaves nothing out while all fit', () => {
    assert.deepEqual(leaveNamed(['a/1', 'b/1'], 20), { leftOut: null, exposed: ['a/1', 'b/1'] })
  })

  test('leaves the optional gauges out before any service', () => {
    const { leftOut, exposed } = leaveNamed(['a/1', 'b/1', 'b/2'], 21)
    assert.deepEqual(exposed, ['a/1', 'b/1', 'b/2'])
    assert.equal(
      described(leftOut),
      'the optional gauges of all 3 targets are left out of /metrics; namespace b has the most targets (2); raise SERIES_LIMIT, or watch less'
    )
  })

  test('leaves out the last of those that are many, and says whose namespace has the most', () => {
    const { leftOut, exposed } = leaveNamed(['b/2', 'b/1', 'c/1', 'a/1', 'b/3'], 21)
    assert.deepEqual(exposed, ['a/1', 'b/1', 'c/1'])
    assert.equal(
      described(leftOut),
      '2 of 5 targets are left out of /metrics, where no alert can see them; namespace b has the most targets (3); raise SERIES_LIMIT, or watch less'
    )
  })

  test('names the first of two namespaces that have as many, in whatever order they come', () => {
    const names = ['b/1', 'b/2', 'a/1', 'a/2', 'c/1']
    for (const order of [names, names.toReversed()]) assert.equal(leaveNamed(order, 21).leftOut?.namespace, 'a')
  })

  test('counts the series that a service really has', () => {
    const [small, large] = named('a/small', 'b/large')
    assert.ok(small !== undefined && large !== undefined)
    const services = [
      { report: large, series: { required: 9, all: 9 } },
      { report: small, series: { required: 2, all: 2 } }
    ]
    const leftOut = leave(services, 10)
    assert.deepEqual([...(leftOut?.services ?? [])], ['b/large'])
    assert.equal(leave(services, 11), null)
  })

  test('keeps those that were there when others come before them', () => {
    assert.deepEqual(leaveNamed(['a/1', 'm/1', 'm/2', 'z/1'], 14, ['m/1', 'm/2']).exposed, ['m/1', 'm/2'])
  })

  test("keeps the file's targets, whatever was annotated before them or comes first by name", () => {
    const names = ['a/1', 'a/2', 'z/own-1', 'z/own-2']
    for (const before of [[], ['a/1', 'a/2']]) {
      assert.deepEqual(leaveNamed(names, 21, before).exposed, ['a/1', 'z/own-1', 'z/own-2'])
    }
  })

  test("lets no annotated service take the turn of the file's target in its namespace", () => {
    assert.deepEqual(leaveNamed(['a/1', 'a/own-1', 'b/own-1'], 7).exposed, ['a/own-1'])
  })

  test('has room for one of each namespace before any has a second, in whatever order they come', () => {
    const names = ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1']
    for (const order of [names, names.toReversed()]) {
      assert.deepEqual(leaveNamed(order, 28).exposed, ['a/1', 'a/2', 'b/1', 'c/1'])
    }
  })

  test('gives the place of one that went to the first that waits', () => {
    assert.deepEqual(leaveNamed(['m/2', 'm/3', 'm/4'], 14, ['m/1', 'm/2']).exposed, ['m/2', 'm/3'])
  })
})
