import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { unseen } from '../../src/domain/observation.ts'
import { describeLeftOut, type Report } from '../../src/domain/report.ts'
import { countSeries, MOST_SERIES } from '../../src/metrics/families.ts'
import { aProbe, aReport, aSnapshot, aTarget, aWorkload, HEALTHY } from '../support/facts.ts'
import { judgeAtOnce } from '../support/steps.ts'

/** A report on annotated targets (`own…`: the file's) named `namespace/service`, with room for so many of them in /metrics. */
function report(names: readonly string[], mostExposed: number, before?: Report): Report {
  const targets = names.map(name => {
    const [namespace = '', service = ''] = name.split('/')
    return aTarget({ namespace, service, origin: service.startsWith('own') ? 'file' : 'annotation' })
  })
  const facts = { targets, workloads: aSnapshot([]), observations: new Map(), source: HEALTHY, warnings: [] }
  return judgeAtOnce({ ...facts, mostExposed }, 0, before)
}

const exposed = ({ services }: Report) =>
  services.filter(({ isExposed }) => isExposed).map(({ namespace, service }) => `${namespace}/${service}`)

suite('budget of series', () => {
  test('leaves nothing out while all fit', () => {
    const all = report(['a/1', 'b/1'], 2)
    assert.deepEqual([exposed(all), all.leftOut], [['a/1', 'b/1'], null])
  })

  test('leaves out the last of those that are many, and says whose namespace has the most', () => {
    const some = report(['b/2', 'b/1', 'c/1', 'a/1', 'b/3'], 3)
    assert.deepEqual(exposed(some), ['a/1', 'b/1', 'c/1'])
    assert.deepEqual(some.leftOut, { targets: 2, of: 5, namespace: 'b', inNamespace: 3 })
    assert.equal(
      some.leftOut && describeLeftOut(some.leftOut),
      '2 of 5 targets are left out of /metrics, where no alert can see them; the most, 3, are in namespace b; raise SERIES_LIMIT, or watch less'
    )
  })

  test('keeps those that were there when others come before them', () => {
    const before = report(['m/1', 'm/2'], 2)
    assert.deepEqual(exposed(report(['a/1', 'm/1', 'm/2', 'z/1'], 2, before)), ['m/1', 'm/2'])
  })

  test("keeps the file's targets, whatever was annotated before them or comes first by name", () => {
    const names = ['a/1', 'a/2', 'z/own-1', 'z/own-2']
    assert.deepEqual(exposed(report(names, 3)), ['a/1', 'z/own-1', 'z/own-2'])
    assert.deepEqual(exposed(report(names, 3, report(['a/1', 'a/2'], 3))), ['a/1', 'z/own-1', 'z/own-2'])
  })

  test('has room for one of each namespace before any has a second, in whatever order they are told', () => {
    const names = ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1']
    for (const order of [names, names.toReversed()]) {
      assert.deepEqual(exposed(report(order, 4)), ['a/1', 'a/2', 'b/1', 'c/1'])
    }
  })

  test('gives the place of one that went to the first that waits', () => {
    const before = report(['m/1', 'm/2', 'm/3', 'm/4'], 2)
    assert.deepEqual(exposed(report(['m/2', 'm/3', 'm/4'], 2, before)), ['m/2', 'm/3'])
    const all = report(['m/3', 'm/4'], 2, before)
    assert.deepEqual([exposed(all), all.leftOut], [['m/3', 'm/4'], null])
  })

  test('does not let a target come and go with its number of series: each counts as the most that it may have', () => {
    const workloads = aSnapshot([aWorkload()])
    for (const probe of [aProbe(aReport()), aProbe(aReport('v2', null)), aProbe(unseen('http_status', 'HTTP 500'))]) {
      const observations = new Map([['dev/shop', { ...probe, target: aTarget(), checkedAt: 0 }]])
      const facts = { targets: [aTarget()], workloads, observations, source: HEALTHY, warnings: [] }
      const [service] = judgeAtOnce(facts, 0, undefined).services
      assert.ok(service !== undefined && countSeries(service) <= MOST_SERIES)
    }
    assert.equal(MOST_SERIES, 15)
  })
})

suite('a version that never stays', () => {
  test('is told of, and of no more than twenty targets', () => {
    const targets = Array.from({ length: 30 }, (_, index) => aTarget({ service: `s${index}` }))
    let latest: Report | undefined
    for (let probe = 0; probe <= 10; probe += 1) {
      const observations = new Map(
        targets.map(({ service }) => [
          `dev/${service}`,
          { ...aProbe(aReport(`v${probe}`)), target: aTarget(), checkedAt: 0 }
        ])
      )
      const facts = { targets, workloads: aSnapshot([]), observations, source: HEALTHY, warnings: ['other'] }
      latest = judgeAtOnce(facts, probe, latest)
      if (probe === 9) assert.deepEqual(latest.warnings, ['other'])
    }
    assert.equal(latest?.warnings.length, 22)
    assert.equal(
      latest?.warnings[1],
      'dev/s0 reports another version time and again: it is no label of keybuzz_version_info until it has stayed the same for 10 minutes'
    )
    assert.equal(latest?.warnings[21], '… and 10 more of the kind')
    assert.equal(latest?.services[0]?.reported?.version, 'v10')
  })
})
