import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { firing, PROMTOOLS, replica, runPromtool } from './promtool.ts'

const GUARD_DOWN = ['KeyBuzzVersionGuardDown', 'critical', 'keybuzz-version-guard'] as const

type Expected = Parameters<typeof firing>

// Each instance: its shard, and when it is scraped. `stale` is what a failed scrape leaves.
type ShardRow = readonly [
  rule: string,
  shards: readonly (readonly [shard: readonly [index: number, total: number], alive: string])[],
  ...expected: Expected[]
]

const LASTING = '1x240'

const SHARDS: readonly ShardRow[] = [
  [
    'all shards are there',
    [
      [[0, 3], LASTING],
      [[1, 3], LASTING],
      [[2, 3], LASTING]
    ],
    ['0m'],
    ['5m'],
    ['30m']
  ],
  [
    'a shard that is gone is told two minutes after its last scrape, and ten minutes on when it is back',
    [
      [[0, 3], LASTING],
      [[1, 3], '1x20 stale _x60 1x240'],
      [[2, 3], LASTING]
    ],
    ['6m45s'],
    ['7m15s', GUARD_DOWN],
    ['20m30s', GUARD_DOWN],
    ['30m', GUARD_DOWN],
    ['31m']
  ],
  [
    'a shard that restarts within two minutes never pages',
    [
      [[0, 3], LASTING],
      [[1, 3], '1x20 stale _x6 1x240'],
      [[2, 3], LASTING]
    ],
    ...['6m', '7m', '7m30s', '8m', '10m'].map((at): Expected => [at])
  ],
  [
    'a shard that was never there is told after a minute',
    [
      [[0, 3], LASTING],
      [[2, 3], LASTING]
    ],
    ['45s'],
    ['1m', GUARD_DOWN]
  ],
  [
    'a shard whose other replica is there is not gone',
    [
      [[0, 2], LASTING],
      [[1, 2], '1x20 stale _x240'],
      [[1, 2], LASTING]
    ],
    ['7m15s'],
    ['20m']
  ],
  [
    'two replicas of one shard do not stand for two shards',
    [
      [[0, 2], LASTING],
      [[0, 2], LASTING]
    ],
    ['45s'],
    ['1m', GUARD_DOWN]
  ],
  [
    'a fourth shard that never comes while some know of it is told',
    [
      [[0, 3], LASTING],
      [[1, 4], LASTING],
      [[2, 4], LASTING]
    ],
    ['1m', GUARD_DOWN]
  ],
  // Pod by pod from the last on, each away for 45 s and overlapping with the next one, as Prometheus sees it.
  [
    'four shards in place of three never page',
    [
      [[3, 4], '_x20 1x240'],
      [[2, 3], '1x21 stale _x240'],
      [[2, 4], '_x24 1x240'],
      [[1, 3], '1x23 stale _x240'],
      [[1, 4], '_x26 1x240'],
      [[0, 3], '1x25 stale _x240'],
      [[0, 4], '_x28 1x240']
    ],
    ...['5m', '6m', '6m30s', '7m', '7m30s', '8m', '10m'].map((at): Expected => [at])
  ],
  [
    'three shards in place of four never page',
    [
      [[3, 4], '1x20 stale _x240'],
      [[2, 4], '1x21 stale _x240'],
      [[2, 3], '_x24 1x240'],
      [[1, 4], '1x23 stale _x240'],
      [[1, 3], '_x26 1x240'],
      [[0, 4], '1x25 stale _x240'],
      [[0, 3], '_x28 1x240']
    ],
    ...['5m', '6m', '6m30s', '7m', '7m30s', '8m', '10m'].map((at): Expected => [at])
  ],
  [
    'shards that are scraped every two minutes are there',
    [
      [[0, 2], '1 _x7 '.repeat(20).trimEnd()],
      [[1, 2], `_x3 ${'1 _x7 '.repeat(20).trimEnd()}`]
    ],
    ...['2m', '5m', '6m30s', '7m30s', '15m'].map((at): Expected => [at])
  ]
]

for (const { name, program, missing } of PROMTOOLS) {
  suite(`alerts of shards, by the ${name} promtool`, needs(missing), () => {
    for (const [rule, shards, ...expected] of SHARDS) {
      test(rule, t => {
        const input_series = shards.flatMap(([shard, alive], n) => replica(`${n}:9877`, [], { shard, alive }))
        const promql_expr_test = expected.map(row => firing(...row))
        assert.equal(runPromtool(t, [{ input_series, promql_expr_test }], { program }), '')
      })
    }

    test('shards of which the last goes too are one alert, without a gap', t => {
      const gone = { alive: '1x8 stale _x240', kubernetesUp: '_x240', lastSync: '_x240' }
      const input_series = [
        ...replica('a:9877', [], { ...gone, shard: [0, 2] }),
        ...replica('b:9877', [], { ...gone, alive: '1x28 stale _x240', shard: [1, 2] })
      ]
      const moments = ['4m15s', '7m15s', '7m30s', '9m', '12m', '30m'].map(at => firing(at, GUARD_DOWN))
      assert.equal(runPromtool(t, [{ input_series, promql_expr_test: moments }], { program }), '')
    })
  })
}
