import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { GateSectionName } from '../../src/domain/gate.ts'
import type { GateFacts, ItemResult, ItemSpec, SourceSpec } from '../../src/gate/item.ts'
import { exitCodeOf, type Judgement, judgeItems } from '../../src/gate/judge-items.ts'

const NOW = Date.parse('2026-03-31T23:59:59.999Z')
const HEADER = { commit: null, environment: null, validator: null }
const FACTS: GateFacts = {
  now: NOW,
  files: { rules: null, prometheusConfig: null, alertRunbook: null, runbooks: null, documents: [] },
  live: {} as GateFacts['live'],
  drills: new Map()
}
const AGAIN = 'Run the gate again: required items could not be looked at'

const PASS: ItemResult = { status: 'PASS', evidence: 'seen', action: null }
const FAIL: ItemResult = { status: 'FAIL', evidence: 'broken', action: 'Repair it' }
const SKIP: ItemResult = { status: 'SKIP', evidence: 'set x to look', action: 'Set x' }

type Options = Partial<Omit<ItemSpec, 'id' | 'judge'>>

function anItem(id: string, result: ItemResult, options: Options = {}): ItemSpec {
  const section: GateSectionName = 'Health endpoints'
  return { id, section, item: `Is ${id} well?`, needs: [], required: true, judge: () => result, ...options }
}

function aSource(id: string, result: ItemResult, needs: readonly string[] = []): SourceSpec {
  return { id, needs, judge: () => result }
}

function judge(specs: readonly ItemSpec[], { sources = [], config = {}, now = NOW }: JudgeOptions = {}) {
  const facts = { ...FACTS, now }
  const whole = { required: [], optional: [], waivers: [], ...config }
  return judgeItems({ specs, sources, facts, config: whole, header: HEADER })
}

interface JudgeOptions {
  readonly sources?: readonly SourceSpec[]
  readonly config?: Partial<Judgement['config']>
  readonly now?: number
}

function aWaiver(item: string, until: string, by: string | null = null) {
  return { item, reason: 'the upstream moves', by, until }
}

suite('the verdict of the gate', () => {
  for (const [rule, specs, verdict, exitCode] of [
    ['is GO when all required items pass', [anItem('a', PASS)], 'GO', 0],
    ['is NO-GO when a required item fails', [anItem('a', PASS), anItem('b', FAIL)], 'NO-GO', 2],
    ['is NO-GO when a required item was not looked at', [anItem('a', PASS), anItem('b', SKIP)], 'NO-GO', 2],
    [
      'is GO with reservations when an optional item fails',
      [anItem('a', PASS), anItem('b', FAIL, { required: false })],
      'GO',
      1
    ],
    [
      'is GO without reservations when an optional item was not looked at',
      [anItem('a', PASS), anItem('b', SKIP, { required: false })],
      'GO',
      0
    ],
    [
      'is NO-GO when nothing could be looked at, though nothing is required',
      [anItem('a', SKIP, { required: false })],
      'NO-GO',
      2
    ],
    ['is NO-GO when there is nothing to look at', [], 'NO-GO', 2]
  ] as const) {
    test(rule, () => {
      const report = judge(specs)
      assert.deepEqual([report.verdict, exitCodeOf(report)], [verdict, exitCode])
    })
  }

  test('says that nothing could be looked at', () => {
    assert.deepEqual(judge([]).reservations, ['Nothing could be looked at'])
  })

  test('is dated by when the gate looked', () => {
    assert.equal(judge([anItem('a', PASS)]).date, '2026-03-31T23:59:59.999Z')
  })

  test('says who gated what', () => {
    const header = { commit: 'abc1234', environment: 'staging', validator: 'ada' }
    const config = { required: [], optional: [], waivers: [] }
    const { commit, environment, validator } = judgeItems({ specs: [], sources: [], facts: FACTS, config, header })
    assert.deepEqual({ commit, environment, validator }, header)
  })
})

suite('what an item needs', () => {
  test('is looked at before it: the first that did not pass makes it SKIP with its words and its action', () => {
    const specs = [
      anItem('a', PASS, { needs: ['prometheus', 'identity'] }),
      anItem('b', PASS, { needs: ['service', 'prometheus'] })
    ]
    const sources = [aSource('service', PASS), aSource('prometheus', FAIL), aSource('identity', SKIP)]
    const { items, actions } = judge(specs, { sources })
    for (const { status, evidence } of items) {
      assert.deepEqual([status, evidence], ['SKIP', 'needs prometheus, which is FAIL: broken'])
    }
    assert.deepEqual(actions[0], { action: 'Repair it', blocking: true, items: ['a', 'b'] })
  })

  test('is named at the start of a chain, once', () => {
    const specs = [
      anItem('third', PASS, { needs: ['second'] }),
      anItem('second', PASS, { needs: ['first'] }),
      anItem('first', FAIL)
    ]
    const { items } = judge(specs)
    assert.deepEqual(
      items.map(({ evidence }) => evidence),
      ['needs first, which is FAIL: broken', 'needs first, which is FAIL: broken', 'broken']
    )
  })

  test('is not called before it passed', () => {
    const spec = anItem('a', PASS, { needs: ['b'] })
    const judged = judge([{ ...spec, judge: () => assert.fail('was called') }, anItem('b', SKIP)])
    assert.equal(judged.items[0]?.status, 'SKIP')
  })

  test('passes when all of it passed', () => {
    assert.equal(judge([anItem('a', PASS, { needs: ['b', 'c'] }), anItem('b', PASS), anItem('c', PASS)]).verdict, 'GO')
  })

  test('does not pass by a waiver', () => {
    const config = { waivers: [aWaiver('b', '2026-12-31')] }
    const { items, verdict } = judge([anItem('a', PASS, { needs: ['b'] }), anItem('b', FAIL)], { config })
    assert.deepEqual([items[0]?.status, verdict], ['SKIP', 'NO-GO'])
  })

  test('leaves what an item asks for itself, such as a drill', () => {
    const drill = anItem('drill', SKIP, { needs: ['b'], required: false, alsoDo: 'Run the drills' })
    const { actions } = judge([drill, anItem('b', FAIL)])
    assert.deepEqual(
      actions.map(({ action, blocking, items }) => [action, blocking, items]),
      [
        ['Repair it', true, ['drill', 'b']],
        ['Run the drills', false, ['drill']]
      ]
    )
  })

  test('does not ask for it twice when it was looked at', () => {
    const drill = anItem('drill', SKIP, { required: false, alsoDo: 'Run the drills' })
    assert.deepEqual(
      judge([drill, anItem('b', PASS)]).actions.map(({ action }) => action),
      ['Set x']
    )
  })

  for (const [what, specs, message] of [
    ['an item that does not exist', [anItem('a', PASS, { needs: ['b'] })], /needs b, which does not exist/],
    [
      'each other',
      [anItem('a', PASS, { needs: ['b'] }), anItem('b', PASS, { needs: ['a'] })],
      /The item a of the gate needs itself/
    ],
    ['one id twice', [anItem('a', PASS), anItem('a', PASS)], /the same id/]
  ] as const) {
    test(`is a fault of our own where specs name ${what}`, () => {
      assert.throws(() => judge(specs), message)
    })
  }
})

suite('required and optional', () => {
  const failing = [anItem('a', FAIL), anItem('b', PASS)]
  const quiet = [anItem('a', SKIP, { required: false }), anItem('b', PASS)]

  test('turn the default of an item round', () => {
    assert.equal(judge(failing, { config: { optional: ['a'] } }).verdict, 'GO')
    assert.equal(judge(quiet, { config: { required: ['a'] } }).verdict, 'NO-GO')
  })

  test('are told of each item', () => {
    const { items } = judge(failing, { config: { optional: ['a'] } })
    assert.deepEqual(
      items.map(({ required }) => required),
      [false, true]
    )
  })

  test('name an optional item that fails as a reservation', () => {
    assert.deepEqual(judge(failing, { config: { optional: ['a'] } }).reservations, ['a is optional and FAIL: broken'])
  })
})

suite('a sign of life', () => {
  const dead = [anItem('a', FAIL, { showsLife: true }), anItem('b', PASS)]
  const optional = ['a']
  const NOTHING = 'Nothing shows that the service runs: not a'

  test('is needed for GO, though nothing that would show it is required', () => {
    const report = judge(dead, { config: { optional } })
    assert.deepEqual([report.verdict, exitCodeOf(report)], ['NO-GO', 2])
    assert.deepEqual(report.reservations, [NOTHING, 'a is optional and FAIL: broken'])
    assert.deepEqual(report.actions, [{ action: 'Repair it', blocking: true, items: ['a'] }])
  })

  test('is needed for GO, though all that would show it is waived', () => {
    const report = judge(dead, { config: { waivers: [aWaiver('a', '2026-12-31')] } })
    assert.deepEqual([report.verdict, report.reservations[0]], ['NO-GO', NOTHING])
  })

  test('is one that passes', () => {
    const { verdict } = judge([...dead, anItem('c', PASS, { showsLife: true })], { config: { optional } })
    assert.equal(verdict, 'GO')
  })

  test('is no word of the report where something else stands in the way', () => {
    assert.deepEqual(judge(dead).reservations, [])
  })

  test('is missing where it could not be looked at', () => {
    const { verdict, actions } = judge([anItem('a', SKIP, { required: false, showsLife: true }), anItem('b', PASS)])
    assert.equal(verdict, 'NO-GO')
    assert.deepEqual(actions, [{ action: 'Set x', blocking: true, items: ['a'] }])
  })
})

test('a gate that requires nothing says so, for nothing could have kept it from GO', () => {
  const report = judge([anItem('a', PASS)], { config: { optional: ['a'] } })
  assert.deepEqual([report.verdict, exitCodeOf(report)], ['GO', 1])
  assert.deepEqual(report.reservations, ['No item is required: nothing could have led to NO-GO'])
})

suite('a waiver', () => {
  const specs = [anItem('a', FAIL), anItem('b', PASS)]

  test('holds until the end of its day in UTC, as a reservation', () => {
    const report = judge(specs, { config: { waivers: [aWaiver('a', '2026-03-31', 'ada')] } })
    assert.deepEqual([report.verdict, exitCodeOf(report)], ['GO', 1])
    assert.deepEqual(report.reservations, ['a is FAIL and waived by ada until 2026-03-31: the upstream moves'])
    const waiver = { reason: 'the upstream moves', by: 'ada', until: '2026-03-31', expired: false }
    assert.deepEqual(report.items[0]?.waiver, waiver)
  })

  test('names nobody where nobody is named', () => {
    const { reservations } = judge(specs, { config: { waivers: [aWaiver('a', '2026-03-31')] } })
    assert.deepEqual(reservations, ['a is FAIL and waived until 2026-03-31: the upstream moves'])
  })

  test('is over with the next day: the item counts again, and says so', () => {
    const config = { waivers: [aWaiver('a', '2026-03-31')] }
    const { verdict, items, reservations } = judge(specs, { config, now: NOW + 1 })
    assert.equal(verdict, 'NO-GO')
    assert.equal(items[0]?.evidence, 'broken (its waiver ended with 2026-03-31: it counts again)')
    assert.equal(items[0]?.waiver?.expired, true)
    assert.deepEqual(reservations, [])
  })

  test('is no reservation, and not told as over, where the item passes', () => {
    for (const until of ['2026-12-31', '2026-01-01']) {
      const { reservations, items } = judge([anItem('a', PASS)], { config: { waivers: [aWaiver('a', until)] } })
      assert.deepEqual([reservations, items[0]?.evidence], [[], 'seen'])
    }
  })

  test('makes the action of its item no blocking one', () => {
    const { actions } = judge(specs, { config: { waivers: [aWaiver('a', '2026-12-31')] } })
    assert.deepEqual(actions, [{ action: 'Repair it', blocking: false, items: ['a'] }])
  })

  test('that holds longest counts, in whatever order they are written', () => {
    const waivers = [aWaiver('a', '2026-01-01'), aWaiver('a', '2026-05-01'), aWaiver('a', '2026-02-01')]
    assert.equal(judge(specs, { config: { waivers } }).items[0]?.waiver?.until, '2026-05-01')
  })

  test('of another item changes nothing', () => {
    const { verdict, items } = judge(specs, { config: { waivers: [aWaiver('b', '2026-12-31')] } })
    assert.deepEqual([verdict, items[0]?.waiver], ['NO-GO', null])
  })
})

suite('the sections of the report', () => {
  test('are counted from the items, in the order of the report; SKIP counts in the rate', () => {
    const specs = [
      anItem('a', PASS, { section: 'Drills' }),
      anItem('b', PASS, { section: 'Prometheus scrape' }),
      anItem('c', FAIL, { section: 'Drills' }),
      anItem('d', SKIP, { section: 'Drills' }),
      anItem('e', SKIP, { section: 'Drills' })
    ]
    const none = { total: 0, pass: 0, fail: 0, skip: 0, rate: null }
    assert.deepEqual(judge(specs).sections, [
      { section: 'Prometheus scrape', total: 1, pass: 1, fail: 0, skip: 0, rate: 1 },
      { section: 'Alert rules', ...none },
      { section: 'Alert and runbook', ...none },
      { section: 'Key metrics', ...none },
      { section: 'Health endpoints', ...none },
      { section: 'Drills', total: 4, pass: 1, fail: 1, skip: 2, rate: 0.25 },
      { section: 'Documentation', ...none }
    ])
  })
})

suite('the actions of the report', () => {
  test('are one for each cause, blocking ones first, and another run when items were not looked at', () => {
    const specs = [
      anItem('a', SKIP, { required: false }),
      anItem('b', FAIL),
      anItem('c', FAIL, { required: false }),
      anItem('d', { ...SKIP, action: 'Set y' }),
      anItem('e', PASS)
    ]
    assert.deepEqual(judge(specs).actions, [
      { action: 'Repair it', blocking: true, items: ['b', 'c'] },
      { action: 'Set y', blocking: true, items: ['d'] },
      { action: AGAIN, blocking: true, items: ['d'] },
      { action: 'Set x', blocking: false, items: ['a'] }
    ])
  })

  test('are none where all pass, whatever an item says', () => {
    assert.deepEqual(judge([anItem('a', { ...PASS, action: 'Repair it' })]).actions, [])
  })

  test('do not ask for another run for what is optional or fails', () => {
    const { actions } = judge([anItem('a', SKIP, { required: false }), anItem('b', FAIL)])
    assert.ok(!actions.some(({ action }) => action === AGAIN))
  })
})

suite('a warning', () => {
  const warned: ItemResult = { ...PASS, warning: 'Prometheus warns: partial answer' }

  test('is a reservation beside a PASS, once for all items that it is of', () => {
    const report = judge([anItem('a', warned), anItem('b', PASS), anItem('c', warned)])
    assert.deepEqual(report.reservations, ['Prometheus warns: partial answer (a, c)'])
    assert.equal(exitCodeOf(report), 1)
  })

  test('of a source is told too', () => {
    const report = judge([anItem('a', PASS)], { sources: [aSource('identity', warned)] })
    assert.deepEqual(report.reservations, ['Prometheus warns: partial answer (identity)'])
  })
})
