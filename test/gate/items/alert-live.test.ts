import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DrillFacts } from '../../../src/gate/drill/drill-facts.ts'
import { loadedRunbooksOf } from '../../../src/gate/items/alert-live.ts'
import type { AlertHistory } from '../../../src/gate/live/live-facts.ts'
import {
  asked,
  CONFIG,
  factsOf,
  groupOf,
  judged,
  NOW,
  PARTIAL,
  RULE,
  samples,
  unasked,
  type World
} from './live-world.ts'

const at = NOW / 1000
const PENDING = [{ alertstate: 'pending' }, 1] as const
const FIRING = [{ alertstate: 'firing' }, 1] as const
const TIMES = samples([{ alertstate: 'pending' }, at - 600], [{ alertstate: 'firing' }, at - 540])
const NO_ANSWER = unasked('unreachable', 'no answer within 5 s')
const DRILLS = {
  drills: [
    {
      name: 'database-down',
      break: 'stop',
      restore: 'start',
      timeoutMs: 1,
      shows: [{ kind: 'alert', alert: 'ShopDown', state: 'firing' } as const]
    }
  ]
}

function history(rest: Partial<AlertHistory>): World {
  const all = { now: samples(), seen: samples(), times: TIMES, expression: samples(), ...rest }
  return { prometheus: { alert: all } }
}

function table(id: string, rows: readonly (readonly [rule: string, world: World, expected: string])[]) {
  suite(id, () => {
    for (const [rule, world, expected] of rows) test(rule, () => assert.equal(judged(id, world), expected))
  })
}

table('alert-rule-visible', [
  ['passes with its group and state', {}, 'PASS: ShopDown in shop, inactive (query x, 3 ms)'],
  [
    'fails where it is not loaded, and asks for the file that has it',
    { prometheus: { rules: asked([]) } },
    'FAIL: no alert ShopDown is loaded (query x, 3 ms)\n→ Load alerts.yml into Prometheus: group shop is not there'
  ],
  [
    'fails where no file has it either',
    { prometheus: { rules: asked([]) }, files: { rules: [] } },
    'FAIL: no alert ShopDown is loaded (query x, 3 ms)\n→ Load an alert ShopDown'
  ],
  [
    "does not judge somebody else's alert of the same name",
    {
      prometheus: {
        rules: asked([{ ...groupOf({ ...RULE, health: 'err', lastError: 'oops' }), name: 'other' }, groupOf(RULE)])
      }
    },
    'PASS: ShopDown in shop, inactive (query x, 3 ms)'
  ],
  [
    'takes no recording rule of the name',
    { prometheus: { rules: asked([groupOf({ ...RULE, kind: 'record' })]) } },
    'FAIL: no alert ShopDown is loaded (query x, 3 ms)\n→ Load alerts.yml into Prometheus: ShopDown of group shop is not there'
  ],
  [
    'fails where its evaluation does',
    { prometheus: { rules: asked([groupOf({ ...RULE, health: 'err', lastError: 'oops' })]) } },
    'FAIL: ShopDown: oops (query x, 3 ms)\n→ Fix rule ShopDown: oops'
  ],
  [
    'waits for its first evaluation: inactive proves nothing',
    { prometheus: { rules: asked([groupOf({ ...RULE, health: 'unknown' })]) } },
    'SKIP: ShopDown is there, but has not been evaluated yet (health unknown) (query x, 3 ms)\n→ Run the gate again once the rules have been evaluated'
  ],
  [
    'judges no absence from a partial answer',
    { prometheus: { rules: asked([], PARTIAL) } },
    'SKIP: the answer is partial, so what is missing from it proves nothing: store 10.0.0.1 did not answer (query x, 3 ms)\n→ Make Prometheus answer completely: store 10.0.0.1 did not answer'
  ],
  [
    'cannot see it where no rules are shown',
    { prometheus: { rules: asked([]), build: asked({ version: '2.24.0', product: 'VictoriaMetrics' }) } },
    "SKIP: VictoriaMetrics has no rules of its own, and shows vmalert's only with -vmalert.proxyURL (query x, 3 ms)\n→ Start VictoriaMetrics with -vmalert.proxyURL, or set prometheus.url to vmalert"
  ],
  [
    'is not looked at without a name',
    { config: { alert: null } },
    'SKIP: alert.name is not configured: set it to have this looked at'
  ]
])

const QUIET = 'quiet, and not seen within 30 d; a drill in the gate file can show it (query x, 3 ms)'

table('alert-triggered', [
  ['is not seen while all is quiet', {}, `SKIP: ${QUIET}`],
  [
    'asks for the drills where there are some',
    { config: DRILLS },
    'SKIP: quiet, and not seen within 30 d; gate --drill NAME can show it (query x, 3 ms)\n→ Run the drills: gate --drill database-down'
  ],
  [
    'passes while its expression has a value',
    history({ expression: samples([{}, 1]) }),
    'PASS: its expression has a value now (3 ms)'
  ],
  ['passes while it is active', history({ now: samples(PENDING) }), 'PASS: pending now (query x, 3 ms)'],
  [
    'passes where it was seen',
    history({ seen: samples(PENDING, FIRING) }),
    'PASS: pending at 2026-03-31T11:50:00Z, firing at 2026-03-31T11:51:00Z, within 30 d'
  ],
  [
    'cannot see a past that is not answered',
    history({ seen: NO_ANSWER }),
    'SKIP: query x: no answer within 5 s, 3 ms\n→ Make Prometheus answer: no answer within 5 s'
  ],
  [
    'judges no absence from a partial answer',
    history({ seen: { ...samples(), ...PARTIAL } }),
    'SKIP: the answer is partial, so what is missing from it proves nothing: store 10.0.0.1 did not answer (query x, 3 ms)\n→ Make Prometheus answer completely: store 10.0.0.1 did not answer'
  ],
  [
    'passes where it was only ever pending',
    history({ seen: samples(PENDING) }),
    'PASS: pending at 2026-03-31T11:50:00Z, within 30 d'
  ],
  [
    'says how far it looks back',
    { config: { alert: { name: 'ShopDown', runbook: null, seenWithinMs: 5_400_000 } } },
    'SKIP: quiet, and not seen within 1 h 30 m; a drill in the gate file can show it (query x, 3 ms)'
  ],
  ['takes other states for none', history({ now: samples([{ alertstate: 'unknown' }, 1]) }), `SKIP: ${QUIET}`],
  [
    'asks for the drills too where the rule is not loaded',
    { prometheus: { rules: asked([]) }, config: DRILLS },
    'SKIP: needs alert-rule-visible, which is FAIL: no alert ShopDown is loaded (query x, 3 ms)\n→ Load alerts.yml into Prometheus: group shop is not there\n→ Run the drills: gate --drill database-down'
  ]
])

const received = (count: number) =>
  asked({ count, since: count === 0 ? null : NOW - 530_000 }, { asked: 'GET /api/v2/alerts' })
const FIRES = history({ now: samples(FIRING), seen: samples(PENDING, FIRING) })

table('alert-pending-or-firing', [
  ['is not seen while all is quiet', {}, `SKIP: ${QUIET}`],
  [
    'passes where both were seen',
    history({ seen: samples(PENDING, FIRING) }),
    'PASS: pending at 2026-03-31T11:50:00Z, firing at 2026-03-31T11:51:00Z (query x, 3 ms)'
  ],
  [
    'passes without a time where none is known',
    history({ seen: samples(PENDING, FIRING), times: NO_ANSWER }),
    'PASS: pending seen, firing seen (query x, 3 ms)'
  ],
  [
    'takes pending for half of it',
    history({ seen: samples(PENDING) }),
    'SKIP: pending at 2026-03-31T11:50:00Z, and never firing within 30 d'
  ],
  [
    'takes firing for half of it where it has to be pending first',
    history({ seen: samples(FIRING) }),
    'SKIP: firing at 2026-03-31T11:51:00Z, and never pending within 30 d'
  ],
  [
    'wants no pending of an alert that has no for',
    {
      prometheus: { rules: asked([groupOf({ ...RULE, forMs: 0 })]), ...history({ seen: samples(FIRING) }).prometheus }
    },
    'PASS: firing at 2026-03-31T11:51:00Z (query x, 3 ms)'
  ],
  [
    'wants it in Alertmanager while it fires',
    { ...FIRES, alertmanager: received(1) },
    'PASS: pending at 2026-03-31T11:50:00Z, firing at 2026-03-31T11:51:00Z, in Alertmanager at 2026-03-31T11:51:10Z (GET /api/v2/alerts, 3 ms)'
  ],
  [
    'fails where Alertmanager has not got it',
    { ...FIRES, alertmanager: received(0) },
    'FAIL: pending at 2026-03-31T11:50:00Z, firing at 2026-03-31T11:51:00Z, but not in Alertmanager (GET /api/v2/alerts, 3 ms)\n→ Make Prometheus send its alerts to Alertmanager: it has no ShopDown'
  ],
  [
    'cannot see it where Alertmanager does not answer',
    { ...FIRES, alertmanager: NO_ANSWER },
    'SKIP: pending at 2026-03-31T11:50:00Z, firing at 2026-03-31T11:51:00Z; query x: no answer within 5 s, 3 ms\n→ Make Alertmanager answer: no answer within 5 s'
  ],
  [
    'wants nothing of Alertmanager for what is over',
    { ...history({ seen: samples(PENDING, FIRING) }), alertmanager: received(0) },
    'PASS: pending at 2026-03-31T11:50:00Z, firing at 2026-03-31T11:51:00Z; Alertmanager does not keep what is over (query x, 3 ms)'
  ]
])

test('a drill that was run says more than the past does', () => {
  const alert = { alert: 'ShopDown', pendingAt: null, firingAt: null, receivedAt: null, failure: null }
  const drill: DrillFacts = {
    name: 'database-down',
    startedAt: NOW,
    breakAt: NOW,
    restoreAt: NOW,
    endedAt: NOW,
    isInterrupted: false,
    shows: [],
    alerts: [alert],
    missed: [],
    timeline: []
  }
  const run = (facts: DrillFacts) => {
    const world = { ...FIRES, config: DRILLS, drills: new Map([[facts.name, facts]]) }
    return ['alert-triggered', 'alert-pending-or-firing'].map(id => judged(id, world).split(':', 1)[0])
  }
  assert.deepEqual(run(drill), ['FAIL', 'FAIL'])
  assert.deepEqual(run({ ...drill, alerts: [{ ...alert, pendingAt: NOW, firingAt: NOW }] }), ['PASS', 'PASS'])
})

suite('the runbooks of a loaded alert', () => {
  const runbooksOf = (world: World) => loadedRunbooksOf(factsOf(world), 'ShopDown')
  test('are told', () => assert.deepEqual(runbooksOf({}), ['docs/shop.md']))
  test('have none for one of several rules that has none', () => {
    const rules = asked([groupOf(RULE, { ...RULE, annotations: {} })])
    assert.deepEqual(runbooksOf({ prometheus: { rules } }), ['docs/shop.md', null])
  })
  test('are not those of an alert of the same name, which somebody else has', () => {
    const other = { ...groupOf({ ...RULE, annotations: {} }), name: 'other' }
    assert.deepEqual(runbooksOf({ prometheus: { rules: asked([other, groupOf(RULE)]) } }), ['docs/shop.md'])
  })
  test('are not those of somebody else’s group with the name of one of ours that lacks the alert', () => {
    const [file] = factsOf({}).files.rules ?? []
    assert.ok(file)
    const ofFile = { ...file, groups: [...file.groups, { name: 'other', rules: [] }] }
    const other = { ...groupOf({ ...RULE, annotations: {} }), name: 'other' }
    const world = { prometheus: { rules: asked([other, groupOf(RULE)]) }, files: { rules: [ofFile] } }
    assert.deepEqual(runbooksOf(world), ['docs/shop.md'])
  })
  test('are not known where the rule is not loaded, or nobody answers', () => {
    assert.deepEqual(runbooksOf({ prometheus: { rules: asked([]) } }), [])
    assert.deepEqual(runbooksOf({ prometheus: { rules: NO_ANSWER } }), [])
    assert.deepEqual(runbooksOf({ prometheus: null, config: { ...CONFIG, prometheus: null } }), [])
  })
})
