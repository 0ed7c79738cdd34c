import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { plotSoak } from '../../tools/soak/plot.ts'
import { createRandom } from '../../tools/soak/random.ts'
import { judgeSoak, type Sample } from '../../tools/soak/verdict.ts'

const MIB = 1024 * 1024

function samples(change: (index: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: 100 }, (_, index) => ({
    seconds: index,
    rssBytes: 100 * MIB,
    heapBytes: 50 * MIB,
    fds: 1000,
    cycles: index,
    cyclesInTime: index,
    wronged: 0,
    oldestSeconds: 1,
    ...change(index)
  }))
}

function failing(soak: Partial<Parameters<typeof judgeSoak>[0]>): string[] {
  const checks = judgeSoak({ samples: samples(), intervalSeconds: 1, failures: [], survived: true, ...soak })
  return checks.filter(({ holds }) => !holds).map(({ rule, words }) => `${rule}: ${words}`)
}

suite('a soak', () => {
  test('passes when all is flat and done', () => assert.deepEqual(failing({}), []))

  test('does not count what is shown before the first cycle', () => {
    assert.deepEqual(
      failing({ samples: samples(index => (index === 0 ? { wronged: 98, oldestSeconds: 90 } : {})) }),
      []
    )
  })

  test('does not count how memory grows in the first quarter', () => {
    assert.deepEqual(failing({ samples: samples(index => (index < 25 ? { rssBytes: 10 * MIB } : {})) }), [])
  })

  for (const [rule, soak, expected] of [
    [
      'memory grows by more than 5 %',
      { samples: samples(index => (index < 75 ? {} : { rssBytes: 106 * MIB })) },
      'memory is flat: 100.0 MiB in the second quarter, 106.0 MiB in the last: +6.0 %'
    ],
    [
      'file descriptors leak',
      { samples: samples(index => ({ fds: 1000 + 2 * index })) },
      'file descriptors are flat: 1074 in the second quarter, 1174 in the last'
    ],
    [
      'cycles are lost',
      { samples: samples(index => ({ cycles: Math.floor(index * 0.9), cyclesInTime: 0 })) },
      'no cycle is lost: 89 of 99; 89 took longer than the interval'
    ],
    [
      'a service that is well is not shown so',
      { samples: samples(index => ({ wronged: index === 7 ? 2 : 0 })) },
      'healthy services are shown as healthy: in 99 samples, at most 2 of them were not'
    ],
    [
      'a service that is well is not checked',
      { samples: samples(index => ({ oldestSeconds: index / 9 })) },
      'healthy services are checked in time: the oldest check was 11.0 s old'
    ],
    [
      'more memory is taken than there is',
      { samples: samples(() => ({ rssBytes: 513 * MIB })) },
      'memory stays within the limit of the chart: at most 513.0 of 512 MiB'
    ],
    ['the guard says so', { failures: ['{"message":"x"}'] }, 'nothing is left unhandled: {"message":"x"}'],
    ['the guard ends', { survived: false }, 'nothing is left unhandled: the guard ended: '],
    ['there is next to nothing to judge', { samples: samples().slice(0, 3) }, 'memory is flat: ']
  ] as const) {
    test(`fails when ${rule}`, () => {
      const [first = ''] = failing(soak)
      assert.ok(first.startsWith(expected), first)
    })
  }

  test('is drawn with its verdict', () => {
    const checks = judgeSoak({ samples: samples(), intervalSeconds: 1, failures: ['<x>'], survived: true })
    const svg = plotSoak('a <title>', samples(), checks)
    assert.equal(svg.match(/<polyline points="[\d.]+,[\d.]+ /g)?.length, 5)
    assert.match(svg, /✓ memory is flat/)
    assert.match(svg, /✗ nothing is left unhandled: &lt;x>/)
    assert.match(svg, /a &lt;title>/)
    assert.doesNotMatch(svg, /NaN|undefined/)
  })

  test('has the same faults for the same seed', () => {
    const [one, same, other] = [createRandom(7), createRandom(7), createRandom(8)].map(random => [random(), random()])
    assert.deepEqual(one, same)
    assert.notDeepEqual(one, other)
  })
})
