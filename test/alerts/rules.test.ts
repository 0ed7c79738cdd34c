import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { firing, PROMTOOLS, type Replica, replica, runPromtool, type Seen } from './promtool.ts'

const MISMATCH = ['KeyBuzzVersionMismatch', 'warning', 'shop'] as const
const DOWN = ['KeyBuzzDebugEndpointDown', 'critical', 'shop'] as const
const SHA = ['KeyBuzzGitShaMissing', 'warning', 'shop'] as const
const MISSING = ['KeyBuzzWorkloadMissing', 'warning', 'shop'] as const
const MIXED = ['KeyBuzzMixedVersions', 'warning', 'shop'] as const
const STUCK = ['KeyBuzzRolloutStuck', 'warning', 'shop'] as const
const HELM = ['KeyBuzzHelmReleaseStuck', 'warning', 'shop'] as const
const GUARD_DOWN = ['KeyBuzzVersionGuardDown', 'critical', 'keybuzz-version-guard'] as const
const STALE = ['KeyBuzzVersionGuardStale', 'warning', 'keybuzz-version-guard'] as const
const DROPPED = ['KeyBuzzVersionGuardSeriesDropped', 'warning', 'keybuzz-version-guard'] as const
const KUBERNETES = ['KeyBuzzKubernetesUnreachable', 'warning', 'keybuzz-version-guard'] as const
const DOCKER = ['KeyBuzzDockerUnreachable', 'warning', 'keybuzz-version-guard'] as const

type Expected = Parameters<typeof firing>
type Row = readonly [
  rule: string,
  a: readonly [Seen, (Replica | undefined)?],
  b: readonly [Seen, (Replica | undefined)?],
  ...expected: Expected[]
]

// One sample every 15 s: 4 a minute. The service is "shop", seen by two replicas, which agree where b is given as a.
const both = (seen: Seen, self?: Replica): [[Seen, (Replica | undefined)?], [Seen, (Replica | undefined)?]] => [
  [seen, self],
  [seen, self]
]
const healthy: [Seen] = [{}]
const down: Seen = { up: '0x240', consistent: '_x240' }

const ROWS: readonly Row[] = [
  ['nothing fires on a healthy fleet', ...both({}), ['0m'], ['5m'], ['30m']],

  [
    'a Helm release that hangs fires after a minute',
    ...both({
      helmStuck: [{ release: 'a', release_namespace: 'dev', status: 'failed', revision: '2', rollback_revision: '1' }]
    }),
    ['45s'],
    ['1m', HELM],
    ['59m', HELM]
  ],
  ['a mismatch fires after a minute', ...both({ consistent: '0x240' }), ['45s'], ['1m', MISMATCH], ['59m', MISMATCH]],
  ['a mismatch that ended fires ten minutes on', ...both({ consistent: '0x8 1x240' }), ['12m', MISMATCH], ['12m30s']],
  [
    'a flapping mismatch is one alert, without a gap',
    ...both({ consistent: '0x11 1x11 0x11 1x11 0x11 1x11 0x11 1x240' }),
    ...['1m', '4m', '7m', '10m', '13m', '16m', '19m', '22m', '29m'].map((at): Expected => [at, MISMATCH])
  ],
  ['flapping faster than a minute never fires', ...both({ consistent: '0x2 1 0x2 1 0x2 1 0x2 1x240' }), ['1m'], ['3m']],
  ['a mismatch is quiet in a rollout', ...both({ consistent: '0x240', rollout: '1x40 0x240' }), ['5m'], ['10m']],
  [
    'a mismatch fires a minute after the rollout',
    ...both({ consistent: '0x240', rollout: '1x19 0x240' }),
    ['5m45s'],
    ['6m', MISMATCH]
  ],
  [
    'a mismatch is quiet where old pods are kept on purpose',
    ...both({ consistent: '0x240', mixed: '1x240', held: ['partition', '1x240'] }),
    ['5m'],
    ['59m']
  ],
  [
    'a mismatch is quiet under OnDelete before a pod is deleted',
    ...both({ consistent: '0x240', held: ['on_delete', '1x240'] }),
    ['59m']
  ],
  [
    'a mismatch fires beside a pause that is stuck',
    ...both({ consistent: '0x240', stuck: '1x240', held: ['paused', '1x240'] }),
    ['5m', MISMATCH, STUCK]
  ],
  [
    'a mismatch fires where the pods of another service are kept on purpose',
    [{ consistent: '0x240' }],
    [{ service: 'other', held: ['on_delete', '1x240'] }],
    ['5m', MISMATCH]
  ],
  ['a mismatch is what no replica denies', [{ consistent: '0x240' }], healthy, ['5m']],
  [
    'the fresh replica counts, not the stuck one that denies',
    [{ consistent: '0x240' }],
    [{ checkedAt: '0x240' }],
    ['2m30s', MISMATCH]
  ],
  [
    'the fresh replica counts, not the stuck one that accuses',
    healthy,
    [{ consistent: '_x7 0x240', checkedAt: '0x240' }],
    ['9m']
  ],
  [
    'a replica that restarts under another name makes no new alert',
    [{ consistent: '0x20 _x240', warning: '0x20 _x240', checkedAt: '0+15x20 _x240' }, { alive: '1x20 _x240' }],
    [{ consistent: '_x20 0x240', warning: '_x20 0x240', checkedAt: '_x20 300+15x220' }, { alive: '_x20 1x240' }],
    ['1m', MISMATCH],
    ['5m', MISMATCH],
    ['5m15s', MISMATCH],
    ['9m', MISMATCH]
  ],
  [
    'a mismatch is no verdict when Kubernetes is known from before',
    ...both({ consistent: '_x20 0x240' }, { lastSync: '0x240' }),
    ['9m', KUBERNETES]
  ],
  [
    'a rollout that a replica knows from before does not silence what a fresh one sees',
    [{ rollout: '1x240' }, { lastSync: '0x240' }],
    [{ consistent: '0x240' }],
    ['5m'],
    ['6m30s', MISMATCH, KUBERNETES]
  ],

  ['an endpoint that is down is one alert, not a mismatch', ...both(down), ['45s'], ['1m', DOWN], ['50m', DOWN]],
  ['an endpoint that one replica reaches is up', [down], healthy, ['5m']],
  ['an endpoint that is down in a rollout fires', ...both({ ...down, rollout: '1x40 0x240' }), ['1m', DOWN]],
  ['a down endpoint hushes the other verdicts', ...both({ ...down, found: '0x240' }), ['5m', DOWN]],

  ['a missing git SHA fires after a minute', ...both({ warning: '1x240' }), ['45s'], ['1m', SHA]],
  [
    'a missing git SHA under a mismatch is the mismatch alone',
    ...both({ consistent: '0x240', warning: '0x240' }),
    ['5m', MISMATCH]
  ],
  [
    'a missing git SHA that one replica sees beside a mismatch is one alert',
    [{ warning: '1x240' }],
    [{ consistent: '0x240' }],
    ['5m', SHA]
  ],
  ['a git SHA is missing though another replica gets no answer', [down], [{ warning: '1x240' }], ['5m', SHA]],
  [
    'a git SHA is missing though another replica has never read what is deployed',
    [{ consistent: '_x240' }],
    [{ warning: '1x240' }],
    ['5m', SHA]
  ],
  ['a git SHA that one replica sees is there', [{ warning: '1x240' }], healthy, ['5m']],
  ['a git SHA that a stuck replica saw is missing', [{ warning: '1x240' }], [{ checkedAt: '0x240' }], ['2m30s', SHA]],

  [
    'a missing workload fires after a minute',
    ...both({ found: '0x240', consistent: '_x240' }),
    ['45s'],
    ['1m', MISSING]
  ],
  [
    'a missing workload of a service without an endpoint fires',
    ...both({ hasEndpoint: false, found: '0x240' }),
    ['45s'],
    ['1m', MISSING],
    ['59m', MISSING]
  ],
  [
    'a missing workload is told where a replica reaches the endpoint that the other does not',
    [{ ...down, found: '0x240' }],
    [{ found: '0x240', consistent: '_x240' }],
    ['5m', MISSING]
  ],
  [
    'a workload is not missing because a replica whose checks are old reached the endpoint',
    [{ ...down, found: '0x240' }],
    [{ found: '0x240', consistent: '_x240', checkedAt: '0x240' }],
    ['10m', DOWN, MISSING],
    ['20m', DOWN]
  ],
  ['a workload that one replica finds is there', [{ found: '0x240', consistent: '_x240' }], healthy, ['5m']],
  ['a workload of which nothing is known is not missing', ...both({ found: '_x240', consistent: '_x240' }), ['5m']],

  ['a rollout is no alert, however long', ...both({ rollout: '1x240' }), ['5m'], ['16m'], ['59m']],
  ['a stuck rollout fires after a minute', ...both({ stuck: '1x240' }), ['45s'], ['1m', STUCK], ['59m', STUCK]],
  ['a stuck rollout that moves again fires ten minutes on', ...both({ stuck: '1x8 0x240' }), ['12m', STUCK], ['13m']],
  [
    'a mismatch fires beside a rollout that is stuck',
    ...both({ consistent: '0x240', rollout: '1x40 0x240', stuck: '0x40 1x240' }),
    ['10m'],
    ['12m', MISMATCH, STUCK]
  ],
  [
    'a rollout that one replica sees keeps a mismatch quiet, and one that it sees stuck is',
    ...([[{ consistent: '0x240', rollout: '1x40 0x240', stuck: '0x40 1x240' }], [{ consistent: '0x240' }]] as const),
    ['5m'],
    ['12m', MISMATCH, STUCK]
  ],
  [
    'a target that left while it was stuck fires no longer than its alert holds',
    ...both({ stuck: '1x20 stale _x240', consistent: '_x240' }),
    ['10m', STUCK],
    ['16m30s']
  ],
  [
    'a stuck rollout stays one alert when the guard restarts under another name',
    [{ stuck: '1x80 _x240' }],
    [{ stuck: '_x80 1x240' }],
    ['19m', STUCK],
    ['21m', STUCK],
    ['30m', STUCK]
  ],
  [
    'a rollout that is known from before is not stuck',
    ...both({ stuck: '_x22 1x240' }, { lastSync: '0x240' }),
    ['9m', KUBERNETES],
    ['20m', KUBERNETES]
  ],

  ['pods of different images fire after a minute', ...both({ mixed: '1x240' }), ['45s'], ['1m', MIXED]],
  [
    'pods of different images that are held on purpose do not fire within a day',
    ...both({ mixed: '1x240', held: ['partition', '1x240'] }),
    ['5m'],
    ['59m']
  ],
  [
    'pods of different images fire beside a neighbour that holds its own',
    [{ mixed: '1x240' }, undefined],
    [{ service: 'other', mixed: '1x240', held: ['on_delete', '1x240'] }, undefined],
    ['5m', MIXED]
  ],
  [
    'pods of different images fire though a replica knows from before that they were held on purpose',
    [{ mixed: '1x240', held: ['partition', '1x240'] }, { lastSync: '0x240' }],
    [{ mixed: '1x240' }],
    ['5m'],
    ['6m30s', MIXED, KUBERNETES]
  ],

  ['old checks are the guard’s fault alone', ...both({ ...down, checkedAt: '0x240' }), ['2m', DOWN], ['14m', STALE]],
  ['old checks are those of more than three intervals', ...both({ checkedAt: '0x4 15+15x240' }), ['5m']],
  [
    'checks of a guard whose clock is ahead are no fresh ones',
    ...both({ checkedAt: '600+15x20 900x240' }),
    ['45s'],
    ['1m', STALE],
    ['10m', STALE]
  ],
  [
    'a guard whose clock is two minutes behind judges nothing, and is stale',
    ...both({ consistent: '0x240', checkedAt: '-120+15x240' }),
    ['10m', STALE]
  ],
  [
    'a guard whose clock is two minutes ahead judges, and is stale',
    ...both({ consistent: '0x240', checkedAt: '120+15x240' }),
    ['10m', MISMATCH, STALE]
  ],
  ['a guard that never checked its targets is stale', ...both({ checkedAt: '_x240' }), ['45s'], ['1m', STALE]],
  [
    'a file that one replica refuses is told',
    healthy,
    [{}, { reloadSuccess: '1x20 0x240' }],
    ['20m15s'],
    ['21m15s', STALE]
  ],
  [
    'a file that is mended within 15 minutes is not told',
    ...both({}, { reloadSuccess: '1x20 0x56 1x240' }),
    ['21m'],
    ['30m']
  ],
  [
    'a file that a pod refused until it was replaced is told no longer than its alert holds',
    [{ hasEndpoint: false }, { alive: '1x80 stale _x240', reloadSuccess: '1x10 0x69 stale _x240' }],
    [{ hasEndpoint: false }, { alive: '_x81 1x240' }],
    ['20m', STALE],
    ['30m', STALE],
    ['31m']
  ],
  ['old checks of one replica are none', [{ checkedAt: '0x240' }], healthy, ['5m']],

  ['Kubernetes unreachable fires after a minute', ...both({}, { kubernetesUp: '0x240' }), ['45s'], ['1m', KUBERNETES]],
  ['Kubernetes unreachable by one replica counts', [{}, { kubernetesUp: '0x240' }], healthy, ['1m', KUBERNETES]],
  [
    'knowledge of Kubernetes is old after five minutes',
    ...both({}, { lastSync: '0x240' }),
    ['6m'],
    ['6m15s', KUBERNETES]
  ],

  [
    'a Docker host out of reach fires after a minute',
    [{}, { docker: { up: '0x240' } }],
    [{}, { docker: {} }],
    ['45s'],
    ['1m', DOCKER]
  ],
  [
    'a mismatch is no verdict when a Docker host is known from before',
    ...both({ consistent: '_x20 0x240' }, { docker: { lastSync: '0x240' } }),
    ['6m'],
    ['9m', DOCKER]
  ],
  ['a mismatch on a Docker host fires', ...both({ consistent: '0x240' }, { docker: {} }), ['2m', MISMATCH]]
]

for (const { name, program, missing } of PROMTOOLS) {
  suite(`alerts, by the ${name} promtool`, needs(missing), () => {
    for (const [rule, a, b, ...expected] of ROWS) {
      test(rule, t => {
        const input_series = [...replica('a:9877', [a[0]], a[1]), ...replica('b:9877', [b[0]], b[1])]
        const promql_expr_test = expected.map(row => firing(...row))
        assert.equal(runPromtool(t, [{ input_series, promql_expr_test }], { program }), '')
      })
    }

    test('a guard that nobody scrapes is down after a minute; one replica is enough', t => {
      const gone = { alive: '1x20 _x240', kubernetesUp: '1x20 _x240', lastSync: '0+15x20 _x240' }
      const scenario = (second: Replica, ...expected: Expected[]) => ({
        input_series: [...replica('a:9877', [], gone), ...replica('b:9877', [], second)],
        promql_expr_test: expected.map(row => firing(...row))
      })
      // Without a marker of staleness, Prometheus holds a sample for five minutes.
      const scenarios = [
        scenario({}, ['20m']),
        scenario(gone, ['10m45s'], ['11m15s', GUARD_DOWN]),
        { input_series: [], promql_expr_test: [firing('45s'), firing('1m', GUARD_DOWN)] }
      ]
      assert.equal(runPromtool(t, scenarios, { program }), '')
    })

    test('labels of the guard that Prometheus overwrites are told, and those that a relabelling brings back are not', t => {
      const scrapedAs = (labels: string, ...names: readonly string[]) =>
        replica('a:9877', [{ consistent: '0x240' }, { service: 'other' }]).map(({ series, values }) => ({
          series: names
            .reduce((text, name) => text.replace(new RegExp(`\\b${name}=`), `exported_${name}=`), series)
            .replace('}', `${series.includes('service=') ? labels : ''}}`),
          values
        }))
      const own = ',namespace="monitoring",service="guard"'
      const scenarios = [
        {
          input_series: scrapedAs(own, 'namespace', 'service'),
          promql_expr_test: [firing('45s'), firing('1m', GUARD_DOWN), firing('30m', GUARD_DOWN)]
        },
        {
          input_series: scrapedAs(',exported_namespace="dev",exported_service="shop"').filter(
            ({ series }) => !series.includes('"other"')
          ),
          promql_expr_test: [firing('30m', MISMATCH)]
        }
      ]
      assert.equal(runPromtool(t, scenarios, { program }), '')
    })

    test('pods that are held on purpose for more than a day fire', t => {
      const input_series = replica(
        'a:9877',
        [{ mixed: '1x1800', held: ['partition', '1x1800'], checkedAt: '0+60x1800' }],
        { alive: '1x1800', kubernetesUp: '1x1800', lastSync: '0+60x1800' }
      )
      const promql_expr_test = [firing('23h'), firing('24h10m', MIXED)]
      assert.equal(runPromtool(t, [{ input_series, promql_expr_test }], { program, interval: '1m' }), '')
    })

    test('a mismatch for more than a day fires, though old pods are kept on purpose', t => {
      const input_series = replica(
        'a:9877',
        [{ consistent: '0x1800', held: ['on_delete', '1x1800'], checkedAt: '0+60x1800' }],
        { alive: '1x1800', kubernetesUp: '1x1800', lastSync: '0+60x1800' }
      )
      const promql_expr_test = [firing('23h'), firing('24h10m', MISMATCH)]
      assert.equal(runPromtool(t, [{ input_series, promql_expr_test }], { program, interval: '1m' }), '')
    })

    test('services without an endpoint make no guard stale', t => {
      const input_series = replica('a:9877', [{ hasEndpoint: false }])
      assert.equal(runPromtool(t, [{ input_series, promql_expr_test: [firing('5m'), firing('30m')] }], { program }), '')
    })

    test('series that are left out fire while they are', t => {
      const scenario = (counter: string, ...expected: Expected[]) => ({
        input_series: [
          ...replica('a:9877', []),
          { series: `keybuzz_version_guard_${counter}`, values: '0x8 0+5x40 200x200' }
        ],
        promql_expr_test: expected.map(row => firing(...row))
      })
      const scenarios = [
        scenario('series_dropped_total{job="guard",instance="a:9877"}', ['2m'], ['5m', DROPPED], ['40m']),
        scenario(
          'new_series_held_total{job="guard",instance="a:9877",namespace="dev"}',
          ['2m'],
          ['5m', DROPPED],
          ['40m']
        )
      ]
      assert.equal(runPromtool(t, scenarios, { program }), '')
    })

    test('services that are left out all at once fire, but not when Prometheus learns of them late', t => {
      const held = (values: string) => ({
        series: 'keybuzz_version_guard_new_series_held_total{job="guard",instance="a:9877",namespace="dev"}',
        values
      })
      const input_series = [...replica('a:9877', []), held('_x80 100x159')]
      const scenarios = [
        { input_series, promql_expr_test: [firing('20m'), firing('21m15s', DROPPED), firing('50m')] },
        { input_series: [...replica('a:9877', []), held('100x240')], promql_expr_test: [firing('5m'), firing('30m')] }
      ]
      assert.equal(runPromtool(t, scenarios, { program }), '')
    })

    test('a guard without Kubernetes has none to miss', t => {
      const input_series = replica('a:9877', [{ found: '1x240' }], { kubernetesUp: '_x240', lastSync: '_x240' })
      assert.equal(runPromtool(t, [{ input_series, promql_expr_test: [firing('5m'), firing('30m')] }], { program }), '')
    })
  })
}
