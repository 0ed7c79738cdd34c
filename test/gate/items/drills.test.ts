import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DrillFacts, MissedShow } from '../../../src/gate/drill/drill-facts.ts'
import type { Drill, GateConfig, Show } from '../../../src/gate/gate-config.ts'
import type { GateFacts } from '../../../src/gate/item.ts'
import { drillItems, judgeAlertByDrills } from '../../../src/gate/items/drills.ts'

const BROKEN_AT = Date.parse('2026-11-03T09:41:00Z')
const at = (seconds: number) => BROKEN_AT + seconds * 1000

const READYZ: Show = { kind: 'get', path: '/readyz', status: 503, json: {}, prefix: null }
const METRICS: Show = { kind: 'get', path: '/metrics', status: 200, json: {}, prefix: null }
const ALERT: Show = { kind: 'alert', alert: 'DatabaseDown', state: 'firing' }

function aDrill(name: string, shows: readonly Show[]): Drill {
  return { name, break: 'stop', restore: '# as root\nstart \\\n  --now\nmigrate', timeoutMs: 300_000, shows }
}

const DRILLS = [aDrill('database-down', [READYZ, METRICS, ALERT]), aDrill('circuit-breaker', [ALERT])]
const CONFIG = { drills: DRILLS, alertmanager: null } as unknown as GateConfig

function someFacts(changes: Partial<DrillFacts> = {}): DrillFacts {
  return {
    name: 'database-down',
    startedAt: at(-5),
    breakAt: at(0),
    restoreAt: at(70),
    endedAt: at(95),
    isInterrupted: false,
    shows: [
      {
        what: 'GET /readyz: 503',
        subject: 'GET /readyz',
        isSteady: false,
        seenAt: at(4),
        backAt: at(80),
        last: '200 in 1 ms'
      },
      {
        what: 'GET /metrics: 200',
        subject: 'GET /metrics',
        isSteady: true,
        seenAt: at(4),
        backAt: at(80),
        last: '200 in 2 ms'
      },
      {
        what: 'DatabaseDown firing',
        subject: 'DatabaseDown',
        isSteady: false,
        seenAt: at(70),
        backAt: at(95),
        last: 'inactive'
      }
    ],
    alerts: [{ alert: 'DatabaseDown', pendingAt: at(10), firingAt: at(70), receivedAt: at(85), failure: null }],
    missed: [],
    timeline: [
      { at: at(4), words: 'seen: GET /readyz: 503 (503 in 2 ms)' },
      { at: at(95), words: 'over: DatabaseDown firing' }
    ],
    ...changes
  }
}

function judge(facts: DrillFacts | null, config = CONFIG) {
  const [item] = drillItems(config)
  const drills = new Map(facts === null ? [] : [['database-down', facts]])
  assert.ok(item !== undefined)
  return item.judge({ drills } as unknown as GateFacts)
}

const MISSED: Readonly<Record<'readyz' | 'metrics' | 'alert', MissedShow>> = {
  readyz: { phase: 'broken', what: 'GET /readyz: 503', last: '200 in 1 ms', isUnseen: false },
  metrics: { phase: 'broken', what: 'GET /metrics: 200', last: '500 in 1 ms', isUnseen: false },
  alert: { phase: 'restored', what: 'DatabaseDown firing', last: 'firing', isUnseen: false }
}
const NOT_BACK = someFacts({ missed: [MISSED.alert] })
const UNSEEN = { what: 'DatabaseDown firing', last: 'Alertmanager: connection refused', isUnseen: true }

suite('the item of a drill', () => {
  test('is optional, needs nothing and is called after the drill', () => {
    assert.deepEqual(
      drillItems(CONFIG).map(({ id, required, needs, section }) => [id, required, needs, section]),
      [
        ['drill-database-down', false, [], 'Drills'],
        ['drill-circuit-breaker', false, [], 'Drills']
      ]
    )
  })

  test('PASSes when everything showed and all is well again, with the times', () => {
    assert.deepEqual(judge(someFacts()), {
      status: 'PASS',
      evidence: '+4 s seen: GET /readyz: 503 (503 in 2 ms); +95 s over: DatabaseDown firing; ended after 95 s',
      action: null
    })
  })

  test('is SKIP when it was not run, and asks for all drills at once', () => {
    assert.deepEqual(judge(null), {
      status: 'SKIP',
      evidence: 'not run: it needs gate --drill database-down, and somebody to break it',
      action: 'Run the drills: gate --drill database-down, then gate --drill circuit-breaker'
    })
  })

  test('FAILs with the first thing that did not show', () => {
    const result = judge(someFacts({ missed: [MISSED.readyz, MISSED.alert] }))
    assert.equal(result.status, 'FAIL')
    assert.match(result.evidence, /^did not show: GET \/readyz: 503 \(last: 200 in 1 ms\); \+4 s/)
    assert.equal(result.action, 'Find out why GET /readyz: 503 does not show in the drill database-down')
  })

  test('counts further things that did not show', () => {
    const facts = someFacts({ missed: [MISSED.readyz, MISSED.metrics, { ...MISSED.alert, phase: 'broken' }] })
    assert.match(judge(facts).evidence, /\), nor 2 more; /)
  })

  test('FAILs when something did not recover, and says how to restore it', () => {
    const result = judge(NOT_BACK)
    assert.equal(result.status, 'FAIL')
    assert.match(result.evidence, /^not back to normal after it was restored: DatabaseDown firing \(last: firing\); /)
    assert.equal(result.action, 'Restore it: start --now && migrate')
  })

  for (const [restore, told] of [
    ['docker compose start\\\n  postgres', 'docker compose start postgres'],
    [
      "kubectl scale deploy/db\\\n --replicas='1'\necho \"it's up\"",
      `kubectl scale deploy/db --replicas='1' && echo "it's up"`
    ],
    ['echo a &&\n  echo c', 'as drills.database-down.restore of the gate file says'],
    ['ls |\n  wc', 'as drills.database-down.restore of the gate file says'],
    ['ls\n  | wc', 'as drills.database-down.restore of the gate file says'],
    ['for db in a b; do\n  start $db\ndone', 'as drills.database-down.restore of the gate file says'],
    ['kubectl apply -f - <<END\nkind: Secret\nEND', 'as drills.database-down.restore of the gate file says'],
    ["psql -c 'select\n1'", 'as drills.database-down.restore of the gate file says']
  ] as const) {
    test(`says in one line how to restore by ${JSON.stringify(restore)}`, () => {
      const drill = { ...aDrill('database-down', [READYZ, METRICS, ALERT]), restore }
      const result = judge(NOT_BACK, { ...CONFIG, drills: [drill] })
      assert.equal(result.action, `Restore it: ${told}`)
    })
  }

  test('is SKIP when it showed before anything was broken, for that proves nothing', () => {
    const early = { ...MISSED.readyz, phase: 'before', last: '503 in 1 ms' } as const
    const missed = [early, { ...UNSEEN, phase: 'before' } as const]
    const result = judge(someFacts({ breakAt: null, restoreAt: null, missed }))
    assert.equal(result.status, 'SKIP')
    assert.match(result.evidence, /because these signs were there before: GET \/readyz: 503 \(503 in 1 ms\)$/)
    assert.match(
      String(result.action),
      /^Restore what the drill database-down breaks, then run it: start --now && migrate$/
    )
  })

  for (const [rule, phase, breakAt, words] of [
    ['whether all was well before', 'before', null, 'nothing was broken, because it could not be seen'],
    ['whether it showed', 'broken', at(0), 'could not be seen'],
    ['whether it recovered', 'restored', at(0), 'could not be seen']
  ] as const) {
    test(`is SKIP when nobody could see ${rule}`, () => {
      const { status, evidence, action } = judge(someFacts({ breakAt, missed: [{ ...UNSEEN, phase }] }))
      assert.equal(status, 'SKIP')
      assert.ok(
        evidence.startsWith(`${words}: DatabaseDown firing (last: Alertmanager: connection refused); +`),
        evidence
      )
      assert.equal(
        action,
        'Run the drill database-down again when all that it asks answers: Alertmanager: connection refused'
      )
    })
  }

  test('FAILs by what was seen, whatever nobody could see', () => {
    assert.equal(judge(someFacts({ missed: [{ ...UNSEEN, phase: 'broken' }, MISSED.readyz] })).status, 'FAIL')
  })

  test('is SKIP when it was interrupted, with what was seen', () => {
    const result = judge(someFacts({ isInterrupted: true }))
    assert.equal(result.status, 'SKIP')
    assert.match(result.evidence, /^interrupted; \+4 s seen: GET \/readyz/)
    assert.match(String(result.action), /^Restore it: start --now && migrate; then run the drill database-down again$/)
  })

  test('asks for no restoration when it was interrupted before anything was broken', () => {
    const result = judge(someFacts({ isInterrupted: true, breakAt: null, restoreAt: null }))
    assert.deepEqual(
      [result.status, result.evidence, result.action],
      [
        'SKIP',
        'interrupted before anything was broken',
        'Run the drills: gate --drill database-down, then gate --drill circuit-breaker'
      ]
    )
  })

  test('is SKIP when it awaits nothing that tells broken from healthy', () => {
    const config = { ...CONFIG, drills: [aDrill('database-down', [METRICS])] }
    const result = judge(someFacts(), config)
    assert.equal(result.status, 'SKIP')
    assert.match(result.evidence, /so it proves nothing/)
  })
})

suite('an alert in drills', () => {
  const prove = (facts: Partial<DrillFacts> | null, alertmanager: unknown = null, alert = 'DatabaseDown') => {
    const drills = new Map(facts === null ? [] : [['database-down', someFacts(facts)]])
    const proof = judgeAlertByDrills(alert, { drills: DRILLS, alertmanager } as unknown as GateConfig, drills)
    return proof === null
      ? null
      : [proof.triggered.status, proof.pendingOrFiring.status, proof.pendingOrFiring.evidence]
  }
  const alerts = (pendingAt: number | null, firingAt: number | null, receivedAt: number | null = null) => ({
    alerts: [{ alert: 'DatabaseDown', pendingAt, firingAt, receivedAt, failure: null }]
  })
  const unseen = (pendingAt: number | null, firingAt: number | null, failure: string) => ({
    alerts: [{ alert: 'DatabaseDown', pendingAt, firingAt, receivedAt: null, failure }]
  })

  for (const [rule, facts, alertmanager, expected] of [
    ['proves nothing where no drill was run', null, null, null],
    ['proves nothing of an alert that no drill watched', { alerts: [] }, null, null],
    ['proves nothing before anything was to be broken', { ...alerts(at(1), at(2)), breakAt: null }, null, null],
    [
      'is seen when it fired',
      alerts(at(10), at(70)),
      null,
      ['PASS', 'PASS', 'pending at 09:41:10, firing at 09:42:10, in the drill database-down']
    ],
    [
      'is seen when it came to Alertmanager, where that is configured',
      alerts(at(10), at(70), at(85)),
      {},
      [
        'PASS',
        'PASS',
        'pending at 09:41:10, firing at 09:42:10, in Alertmanager at 09:42:25, in the drill database-down'
      ]
    ],
    [
      'FAILs when it fired and never came to Alertmanager',
      alerts(at(10), at(70)),
      {},
      ['PASS', 'FAIL', 'pending at 09:41:10, firing at 09:42:10, but not in Alertmanager, in the drill database-down']
    ],
    [
      'FAILs when it became active and did not fire',
      alerts(at(10), null),
      null,
      ['PASS', 'FAIL', 'pending at 09:41:10 in the drill database-down, but it did not fire']
    ],
    [
      'is SKIP when the drill was stopped before it fired',
      { ...alerts(at(10), null), isInterrupted: true },
      null,
      ['PASS', 'SKIP', 'pending at 09:41:10 in the drill database-down, but it did not fire']
    ],
    [
      'FAILs when a drill awaited it in vain',
      alerts(null, null),
      null,
      ['FAIL', 'FAIL', 'DatabaseDown did not become active in the drill database-down']
    ],
    [
      'is SKIP when it fired and Alertmanager did not answer',
      unseen(at(10), at(70), 'Alertmanager: connection refused'),
      {},
      [
        'PASS',
        'SKIP',
        'pending at 09:41:10, firing at 09:42:10, but not in Alertmanager, in the drill database-down; not all was seen: Alertmanager: connection refused'
      ]
    ],
    [
      'is SKIP when Prometheus did not answer',
      unseen(null, null, 'Prometheus: it answers 503'),
      null,
      [
        'SKIP',
        'SKIP',
        'DatabaseDown did not become active in the drill database-down; not all was seen: Prometheus: it answers 503'
      ]
    ],
    ['proves nothing when the drill was stopped before', { ...alerts(null, null), isInterrupted: true }, null, null]
  ] as const) {
    test(rule, () => assert.deepEqual(prove(facts, alertmanager), expected))
  }

  test('proves nothing of one that was quiet in a drill that does not await it', () => {
    const quiet = { alerts: [{ alert: 'Other', pendingAt: null, firingAt: null, receivedAt: null, failure: null }] }
    assert.equal(prove(quiet, null, 'Other'), null)
  })

  test('is SKIP when it went as far as the drills await it, and no further', () => {
    const config = {
      drills: [aDrill('database-down', [{ kind: 'alert', alert: 'DatabaseDown', state: 'pending' }])],
      alertmanager: {}
    } as unknown as GateConfig
    const statuses = (facts: Partial<DrillFacts>) => {
      const proof = judgeAlertByDrills('DatabaseDown', config, new Map([['database-down', someFacts(facts)]]))
      return [proof?.triggered.status, proof?.pendingOrFiring.status]
    }
    assert.deepEqual(statuses(alerts(at(10), null)), ['PASS', 'SKIP'])
    assert.deepEqual(statuses(alerts(at(10), at(70))), ['PASS', 'SKIP'])
    assert.deepEqual(statuses(alerts(at(10), at(70), at(85))), ['PASS', 'PASS'])
    assert.deepEqual(statuses(alerts(null, null)), ['FAIL', 'FAIL'])
  })

  test('names the drill that awaited it in vain', () => {
    const other = someFacts({ ...alerts(null, null), name: 'other' })
    const drills = new Map([
      ['other', other],
      ['circuit-breaker', { ...other, name: 'circuit-breaker' }]
    ])
    const proof = judgeAlertByDrills('DatabaseDown', CONFIG, drills)
    assert.equal(proof?.triggered.evidence, 'DatabaseDown did not become active in the drill circuit-breaker')
  })

  test('counts the drill in which most was seen', () => {
    const quiet = someFacts({ ...alerts(at(10), null), name: 'circuit-breaker' })
    const drills = new Map([
      ['circuit-breaker', quiet],
      ['database-down', someFacts(alerts(at(10), at(70)))]
    ])
    const proof = judgeAlertByDrills('DatabaseDown', CONFIG, drills)
    assert.equal(proof?.pendingOrFiring.status, 'PASS')
  })
})
