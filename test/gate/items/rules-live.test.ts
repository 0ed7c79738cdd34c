import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RulesFile } from '../../../src/gate/files/file-facts.ts'
import { rulesFileItems } from '../../../src/gate/items/rules-file-items.ts'
import { expressionCheck } from '../../../src/gate/items/rules-live.ts'
import type { Build } from '../../../src/gate/live/live-facts.ts'
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

const RECORD = { ...RULE, kind: 'record', name: 'shop:up', expr: 'sum(up)' } as const
const FILE: RulesFile = {
  path: 'alerts.yml',
  unreadable: null,
  bytes: 9,
  mistakes: [],
  groups: [
    {
      name: 'shop',
      rules: [
        { ...RULE, line: 4 },
        { ...RECORD, line: 9 }
      ]
    }
  ]
}
const SMALL: RulesFile = { ...FILE, path: 'small.yml', groups: [{ name: 'shop', rules: [{ ...RECORD, line: 4 }] }] }
const WITH_ALERT = { name: 'shop', rules: [{ ...RULE, line: 4 }] }
const BOTH = { rules: asked([groupOf(RULE, RECORD)]) }
const withFile = (world: World): World => ({ prometheus: BOTH, files: { rules: [FILE] }, ...world })
const LOAD = 'Load alerts.yml into Prometheus: '
const PARTLY =
  'SKIP: the answer is partial, so what is missing from it proves nothing: store 10.0.0.1 did not answer (query x, 3 ms)\n→ Make Prometheus answer completely: store 10.0.0.1 did not answer'

suite('rules-loaded', () => {
  for (const [rule, world, expected] of [
    ['passes with how many', {}, 'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'],
    [
      'fails where a group is missing',
      { prometheus: { rules: asked([]) } },
      `FAIL: group shop is not there (query x, 3 ms)\n→ ${LOAD}group shop is not there`
    ],
    [
      'fails where an alert is missing',
      { prometheus: { rules: asked([groupOf(RECORD)]) } },
      `FAIL: ShopDown of group shop is not there (query x, 3 ms)\n→ ${LOAD}ShopDown of group shop is not there`
    ],
    [
      'fails where a recording rule is missing',
      { prometheus: { rules: asked([groupOf(RULE)]) } },
      `FAIL: shop:up of group shop is not there (query x, 3 ms)\n→ ${LOAD}shop:up of group shop is not there`
    ],
    [
      'fails where one of two rules of the same name is missing',
      {
        files: {
          rules: [
            {
              ...FILE,
              groups: [
                {
                  name: 'shop',
                  rules: [
                    { ...RULE, line: 1 },
                    { ...RULE, line: 2 }
                  ]
                }
              ]
            }
          ]
        },
        prometheus: { rules: asked([groupOf(RULE)]) }
      },
      `FAIL: ShopDown of group shop is not there (query x, 3 ms)\n→ ${LOAD}ShopDown of group shop is not there`
    ],
    [
      'counts further groups that are not there',
      {
        files: { rules: [{ ...FILE, groups: [...FILE.groups, { name: 'other', rules: [{ ...RULE, line: 20 }] }] }] },
        prometheus: { rules: asked([]) }
      },
      `FAIL: group shop is not there, and 1 more group not as in the files (query x, 3 ms)\n→ ${LOAD}group shop is not there`
    ],
    [
      'takes an expression in another layout',
      { prometheus: { rules: asked([groupOf({ ...RULE, expr: 'up  ==\n0' }, RECORD)]) } },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
    ],
    [
      'takes an expression that Prometheus formats alike',
      {
        prometheus: {
          rules: asked([groupOf(RULE, { ...RECORD, expr: 'sum((up))' })]),
          formatted: new Map([
            ['sum(up)', asked('sum(up)')],
            ['sum((up))', asked('sum(up)')]
          ])
        }
      },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
    ],
    ...[
      ['blanks in a text', 'up{a="x  y"}', 'up{a="x y"}'],
      ['what a comment hides', 'up # now\n== 0', 'up # now == 0']
    ].map(
      ([what, own = '', other = '']) =>
        [
          `does not take ${what} for layout`,
          {
            prometheus: { rules: asked([groupOf({ ...RULE, expr: other }, RECORD)]), formatted: new Map() },
            files: {
              rules: [
                {
                  ...FILE,
                  groups: [
                    {
                      name: 'shop',
                      rules: [
                        { ...RULE, expr: own, line: 4 },
                        { ...RECORD, line: 9 }
                      ]
                    }
                  ]
                }
              ]
            }
          },
          'SKIP: the names are there, but the expressions cannot be compared: ShopDown of group shop\n→ Let the gate ask a Prometheus that has the API format_query'
        ] as const
    ),
    [
      'fails at another expression',
      {
        prometheus: {
          rules: asked([groupOf({ ...RULE, expr: 'up == 1' }, RECORD)]),
          formatted: new Map([
            ['up == 0', asked('up == 0')],
            ['up == 1', asked('up == 1')]
          ])
        }
      },
      `FAIL: ShopDown of group shop has another expression (query x, 3 ms)\n→ ${LOAD}ShopDown of group shop has another expression`
    ],
    ...(
      [
        ['for', { forMs: 300_000 }],
        ['keep_firing_for', { keepFiringMs: 300_000 }],
        ['label severity', { labels: { severity: 'warning' } }],
        ['label severity', { labels: {} }]
      ] as const
    ).map(
      ([what, rest]) =>
        [
          `fails at another ${what}, as before a reload`,
          { prometheus: { rules: asked([groupOf({ ...RULE, ...rest }, RECORD)]) } },
          `FAIL: ShopDown of group shop has another ${what} (query x, 3 ms)\n→ ${LOAD}ShopDown of group shop has another ${what}`
        ] as const
    ),
    [
      'takes no keep_firing_for for another where the server does not say',
      { prometheus: { rules: asked([groupOf({ ...RULE, keepFiringMs: null }, RECORD)]) } },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
    ],
    [
      'lets a loaded rule have more labels than in the file',
      {
        prometheus: { rules: asked([groupOf({ ...RULE, labels: { ...RULE.labels, team: 'shop' } }, RECORD)]) }
      },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
    ],
    ...(
      [
        ['takes a matcher of each such label for no other expression', 'up{namespace="shop"} == 0', 'PASS'],
        ['fails at a matcher of a label that the rule does not have', 'up{namespace="other"} == 0', 'FAIL'],
        ['fails at a matcher of a label that the file has, too', 'up{severity="critical"} == 0', 'FAIL']
      ] as const
    ).map(
      ([rule, expr, status]) =>
        [
          rule,
          {
            prometheus: {
              rules: asked([groupOf({ ...RULE, expr, labels: { ...RULE.labels, namespace: 'shop' } }, RECORD)]),
              formatted: new Map([expr, RULE.expr].map(one => [one, asked(one)]))
            }
          },
          status === 'PASS'
            ? 'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
            : `FAIL: ShopDown of group shop has another expression (query x, 3 ms)\n→ ${LOAD}ShopDown of group shop has another expression`
        ] as const
    ),
    [
      'cannot compare expressions without format_query',
      { prometheus: { rules: asked([groupOf({ ...RULE, expr: 'up == 1' }, RECORD)]), formatted: new Map() } },
      'SKIP: the names are there, but the expressions cannot be compared: ShopDown of group shop\n→ Let the gate ask a Prometheus that has the API format_query'
    ],
    [
      'takes layout for no other expression, without format_query too',
      {
        prometheus: {
          rules: asked([groupOf({ ...RULE, expr: 'up==0' }, { ...RECORD, expr: 'sum (up)' })]),
          formatted: new Map()
        }
      },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
    ],
    [
      'says where there are more expressions than the gate has formatted',
      {
        prometheus: {
          rules: asked([groupOf({ ...RULE, expr: 'up == 1' }, RECORD)]),
          formatted: new Map(Array.from({ length: 1000 }, (_, index) => [`${index}`, asked(`${index}`)]))
        }
      },
      'SKIP: the names are there, but the expressions cannot be compared: ShopDown of group shop (the gate has no more than 1,000 expressions formatted)\n→ Write the expressions of the rules files as Prometheus shows them, or make rules-loaded optional'
    ],
    [
      'takes the group of two of the name that is the one of the file',
      { prometheus: { rules: asked([groupOf(RECORD), groupOf(RULE, RECORD)]) } },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
    ],
    [
      'takes the smallest loaded group that has all rules of the file for its own',
      {
        files: { rules: [SMALL, { ...SMALL, path: 'other.yml', groups: [WITH_ALERT] }] },
        prometheus: { rules: asked([groupOf(RECORD, RULE), groupOf(RECORD)]) }
      },
      'PASS: 2 of 2 groups, 2 of 2 rules (query x, 3 ms)'
    ],
    [
      'lets the largest group of a name choose first',
      {
        files: { rules: [SMALL, FILE] },
        prometheus: {
          rules: asked([groupOf(RULE, RECORD), groupOf(RECORD, { ...RULE, name: 'B' }, { ...RULE, name: 'C' })])
        }
      },
      'PASS: 2 of 2 groups, 3 of 3 rules (query x, 3 ms)'
    ],
    [
      'prefers a group that can be compared to one that cannot',
      {
        prometheus: {
          rules: asked([groupOf({ ...RULE, expr: 'up == 1' }, RECORD), groupOf(RULE, RECORD)]),
          formatted: new Map()
        }
      },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
    ],
    [
      'takes no recording rule for the alert of its name',
      { prometheus: { rules: asked([groupOf({ ...RECORD, name: RULE.name }, RECORD)]) } },
      `FAIL: ShopDown of group shop is not there (query x, 3 ms)\n→ ${LOAD}ShopDown of group shop is not there`
    ],
    [
      'cannot compare expressions where only one of them was formatted',
      {
        prometheus: {
          rules: asked([groupOf({ ...RULE, expr: 'up == 1' }, { ...RECORD, expr: 'sum((up))' })]),
          formatted: new Map([['up == 0', asked('up == 0')]])
        }
      },
      'SKIP: the names are there, but the expressions cannot be compared: ShopDown of group shop\n→ Let the gate ask a Prometheus that has the API format_query'
    ],
    [
      'takes no group of another name for the one of the file',
      { prometheus: { rules: asked([{ ...groupOf(RULE, RECORD), name: 'other' }]) } },
      `FAIL: group shop is not there (query x, 3 ms)\n→ ${LOAD}group shop is not there`
    ],
    [
      'misses no group without rules, which newer versions do not show',
      { files: { rules: [{ ...FILE, groups: [...FILE.groups, { name: 'other', rules: [] }] }] } },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
    ],
    [
      'has nothing to look for where no group has a rule',
      { files: { rules: [{ ...FILE, groups: [{ name: 'shop', rules: [] }] }] } },
      'SKIP: the rules files have no rules\n→ Write rules into the rules files'
    ],
    [
      'takes no loaded group for two of the name in two files',
      { files: { rules: [FILE, { ...FILE, path: 'more.yml' }] } },
      'FAIL: group shop is not there as often as in the files (query x, 3 ms)\n→ Load more.yml into Prometheus: group shop is not there as often as in the files'
    ],
    ...[
      [SMALL, FILE],
      [FILE, SMALL]
    ].map(
      (rules, index) =>
        [
          `finds the groups of one name of two files, ${index === 0 ? 'the larger last' : 'the larger first'}`,
          { files: { rules }, prometheus: { rules: asked([groupOf(RULE, RECORD), groupOf(RECORD)]) } },
          'PASS: 2 of 2 groups, 3 of 3 rules (query x, 3 ms)'
        ] as const
    ),
    [
      'leaves it to the item of the files whether these have as many alerts as are expected',
      { config: { rules: { files: ['/gate/alerts.yml'], groups: { shop: 2 } } } },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)'
    ],
    [
      'says that the last reload failed',
      { prometheus: { rules: asked([]), lastReload: false } },
      'FAIL: group shop is not there; its last reload failed, so it still runs older rules (query x, 3 ms)\n→ Make Prometheus load its configuration again: its last reload failed, so it still runs older rules (promtool check config names the fault)'
    ],
    [
      'warns of a failed reload that changed nothing of these rules',
      { prometheus: { ...BOTH, lastReload: false } },
      'PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)\n! Prometheus: its last reload failed, so it still runs older rules (rules-loaded)'
    ],
    ['judges no absence from a partial answer', { prometheus: { rules: asked([], PARTIAL) } }, PARTLY],
    [
      'passes with a reservation at a partial answer',
      { prometheus: { rules: asked([groupOf(RULE, RECORD)], PARTIAL) } },
      "PASS: 1 of 1 group, 2 of 2 rules (query x, 3 ms)\n! Prometheus' answer is partial: store 10.0.0.1 did not answer (rules-loaded, alert-rule-visible)"
    ],
    [
      'cannot see rules where there is no API',
      {
        prometheus: {
          rules: unasked('missing', '404: there is no such API'),
          build: asked({ version: '2.10', product: 'Mimir' })
        }
      },
      'SKIP: Mimir has no rules API: query x: 404: there is no such API, 3 ms\n→ Set prometheus.url to the server that evaluates the rules'
    ],
    [
      'takes the placeholder of VictoriaMetrics for no answer',
      { prometheus: { rules: asked([]), build: asked({ version: '2.24.0', product: 'VictoriaMetrics' }) } },
      "SKIP: VictoriaMetrics has no rules of its own, and shows vmalert's only with -vmalert.proxyURL (query x, 3 ms)\n→ Start VictoriaMetrics with -vmalert.proxyURL, or set prometheus.url to vmalert"
    ],
    [
      'cannot see rules that are not answered',
      { prometheus: { rules: unasked('unreachable', 'no answer within 5 s') } },
      'SKIP: query x: no answer within 5 s, 3 ms\n→ Make Prometheus answer: no answer within 5 s'
    ],
    [
      'cannot tell what a broken file wants',
      { files: { rules: [{ ...FILE, mistakes: ['alerts.yml:3: not a rule'] }] } },
      'SKIP: what should be loaded is unknown: alerts.yml:3: not a rule\n→ Fix alerts.yml'
    ],
    [
      'cannot tell what a file wants that is larger than the gate reads',
      { files: { rules: [{ ...FILE, unreadable: 'larger than 1 MiB', isTooLarge: true, groups: [] }] } },
      'SKIP: what should be loaded is unknown: alerts.yml: larger than 1 MiB\n→ Split alerts.yml: larger than 1 MiB'
    ],
    [
      'counts the alerts of expected groups where there are no files',
      { files: { rules: null }, config: { rules: { files: null, groups: { shop: 1 } } } },
      'PASS: shop 1 of 1 (query x, 3 ms)'
    ],
    [
      'counts the alerts of the first few of many groups of the name',
      {
        prometheus: { rules: asked(Array.from({ length: 9 }, () => groupOf(RULE))) },
        files: { rules: null },
        config: { rules: { files: null, groups: { shop: 2 } } }
      },
      'SKIP: 9 groups shop have 1 + 1 + 1 + 1 + 1 + … of 2 alerts: which of them are meant is unknown (query x, 3 ms)\n→ Set rules.files in the gate file'
    ],
    [
      'fails where an expected group has too few alerts',
      { files: { rules: null }, config: { rules: { files: null, groups: { shop: 2 } } } },
      'FAIL: group shop has 1 of 2 alerts (query x, 3 ms)\n→ Load the rules into Prometheus: group shop has 1 of 2 alerts'
    ],
    [
      'cannot tell whether two groups of the name are meant together',
      {
        prometheus: { rules: asked([groupOf(RULE), groupOf(RULE)]) },
        files: { rules: null },
        config: { rules: { files: null, groups: { shop: 2 } } }
      },
      'SKIP: 2 groups shop have 1 + 1 of 2 alerts: which of them are meant is unknown (query x, 3 ms)\n→ Set rules.files in the gate file'
    ],
    [
      'fails where an expected group is not there, though no alert of it is expected',
      { files: { rules: null }, config: { rules: { files: null, groups: { other: 0 } } } },
      'FAIL: group other is not there (query x, 3 ms)\n→ Load the rules into Prometheus: group other is not there'
    ],
    [
      'is not looked at without rules',
      { files: { rules: null }, config: { rules: { files: null, groups: null } } },
      'SKIP: rules.files is not configured: set it to have this looked at'
    ]
  ] as readonly (readonly [string, World, string])[]) {
    test(rule, () => assert.equal(judged('rules-loaded', withFile(world)), expected))
  }
})

suite('rules-evaluated', () => {
  const rulesOf = (...rules: readonly (typeof RULE)[]): World => ({ prometheus: { rules: asked([groupOf(...rules)]) } })
  for (const [rule, world, expected] of [
    ['passes with the age', {}, 'PASS: 1 rule ok, the last evaluated 9 s ago (query x, 3 ms)'],
    [
      'fails at an error, whatever the state',
      rulesOf({ ...RULE, health: 'err', lastError: 'many-to-many matching' }),
      'FAIL: ShopDown: many-to-many matching (query x, 3 ms)\n→ Fix rule ShopDown: many-to-many matching'
    ],
    [
      'waits for the first evaluation',
      rulesOf({ ...RULE, health: 'unknown', lastEvaluation: null }),
      'SKIP: ShopDown not evaluated yet (health unknown) (query x, 3 ms)\n→ Run the gate again once the rules have been evaluated, which happens every 15 s'
    ],
    [
      'is not sure of a rule that was never evaluated, though it is ok',
      rulesOf({ ...RULE, lastEvaluation: null }),
      'SKIP: ShopDown not evaluated yet (health unknown) (query x, 3 ms)\n→ Run the gate again once the rules have been evaluated, which happens every 15 s'
    ],
    [
      'fails where it is older than three intervals',
      rulesOf({ ...RULE, lastEvaluation: NOW - 46_000 }),
      'FAIL: ShopDown was last evaluated 46 s ago, at an interval of 15 s (query x, 3 ms)\n→ Find out why Prometheus no longer evaluates group shop'
    ],
    [
      'takes three intervals',
      rulesOf({ ...RULE, lastEvaluation: NOW - 45_000 }),
      'PASS: 1 rule ok, the last evaluated 45 s ago (query x, 3 ms)'
    ],
    [
      'takes ten seconds of any interval',
      { prometheus: { rules: asked([{ ...groupOf({ ...RULE, lastEvaluation: NOW - 10_000 }), intervalMs: 200 }]) } },
      'PASS: 1 rule ok, the last evaluated 10 s ago (query x, 3 ms)'
    ],
    [
      'takes the time of Prometheus, whose clock may differ',
      {
        prometheus: {
          rules: asked([groupOf({ ...RULE, lastEvaluation: NOW - 100_000 })]),
          time: samples([{}, NOW / 1000 - 90])
        }
      },
      'PASS: 1 rule ok, the last evaluated 10 s ago (query x, 3 ms)'
    ],
    [
      'takes a little skew between the clocks of Prometheus and of its rules',
      rulesOf({ ...RULE, lastEvaluation: NOW + 60_000 }),
      'PASS: 1 rule ok, the last evaluated 0 s ago (query x, 3 ms)'
    ],
    [
      'is not sure of a rule that was evaluated in the future',
      rulesOf({ ...RULE, lastEvaluation: NOW + 3_600_000 }),
      'SKIP: ShopDown was last evaluated 1 h in the future, so whether it still is evaluated is unknown (query x, 3 ms)\n→ Correct the clocks of Prometheus and of what evaluates its rules'
    ],
    [
      'takes a minute for an interval that is not told',
      {
        prometheus: { rules: asked([{ ...groupOf({ ...RULE, lastEvaluation: NOW - 100_000 }), intervalMs: 0 }]) }
      },
      'PASS: 1 rule ok, the last evaluated 1 m 40 s ago (query x, 3 ms)'
    ],
    [
      'says the minute that it takes for such an interval',
      {
        prometheus: { rules: asked([{ ...groupOf({ ...RULE, lastEvaluation: NOW - 181_000 }), intervalMs: 0 }]) }
      },
      'FAIL: ShopDown was last evaluated 3 m 1 s ago, at an interval of 1 m (query x, 3 ms)\n→ Find out why Prometheus no longer evaluates group shop'
    ],
    [
      'proves nothing of a group without rules',
      {
        prometheus: { rules: asked([groupOf()]) },
        files: { rules: null },
        config: { rules: { files: null, groups: { shop: 0 } } }
      },
      'SKIP: there is no rule in the groups (query x, 3 ms)\n→ Write rules into the rules files'
    ],
    [
      'judges no groups but its own',
      {
        prometheus: {
          rules: asked([groupOf(RULE), { name: 'other', intervalMs: 1, rules: [{ ...RULE, health: 'err' }] }])
        }
      },
      'PASS: 1 rule ok, the last evaluated 9 s ago (query x, 3 ms)'
    ],
    [
      "does not judge somebody else's group of the same name",
      {
        prometheus: {
          rules: asked([groupOf({ ...RULE, name: 'OtherDown', health: 'err', lastError: 'oops' }), groupOf(RULE)])
        }
      },
      'PASS: 1 rule ok, the last evaluated 9 s ago (query x, 3 ms)'
    ],
    ['cannot say "all" of a partial answer', { prometheus: { rules: asked([groupOf(RULE)], PARTIAL) } }, PARTLY],
    [
      'needs that they are loaded',
      { prometheus: { rules: asked([]) } },
      `SKIP: needs rules-loaded, which is FAIL: group shop is not there (query x, 3 ms)\n→ ${LOAD}group shop is not there`
    ]
  ] as readonly (readonly [string, World, string])[]) {
    test(rule, () => assert.equal(judged('rules-evaluated', world), expected))
  }

  test('are looked at where there are more than a call takes arguments', () => {
    const many = Array.from({ length: 200_000 }, () => RULE)
    const withHealth = (health: 'ok' | 'unknown') =>
      withFile({
        prometheus: {
          rules: asked([{ ...groupOf(), rules: [RULE, RECORD, ...many.map(rule => ({ ...rule, health }))] }])
        }
      })
    assert.match(judged('rules-evaluated', withHealth('ok')), /^PASS: 200,002 rules ok/)
    assert.match(judged('rules-evaluated', withHealth('unknown')), /^SKIP: .* not evaluated yet/)
  })
})

suite('the check of expressions', () => {
  const check = (prometheus: World['prometheus']) => expressionCheck(factsOf({ prometheus: prometheus ?? null }))
  const fault = '400 bad_data: invalid parameter "query": 1:5: parse error: unclosed left parenthesis'

  test('says what is wrong, what is right, and what is not said', () => {
    const formatted = new Map([
      ['good', asked('good')],
      ['bad', unasked('refused', fault)],
      ['slow', unasked('unreachable', 'no answer within 5 s')]
    ])
    const found = check({ formatted })
    assert.equal(found?.by, 'format_query of Prometheus 2.42.0')
    assert.deepEqual(
      ['good', 'bad', 'slow', 'never asked'].map(expr => found?.faultOf(expr)),
      [null, '1:5: parse error: unclosed left parenthesis', undefined, undefined]
    )
  })
  test('is none where nothing is said of any', () => {
    assert.equal(check({ formatted: new Map([['a', unasked('missing', '404: there is no such API')]]) }), null)
    assert.equal(check({ formatted: new Map([['a', unasked('refused', '502 with HTML')]]) }), null)
    assert.equal(check(null), null)
  })
})

suite('a name that only Prometheus 3 takes', () => {
  const item = rulesFileItems(CONFIG).find(({ id }) => id === 'rules-syntax-valid')
  const name = 'alerts.yml:4: "job:http-requests"'
  const files = { rules: [{ ...FILE, newNames: [name] }] }
  const mayBeRefused = `only Prometheus 3 takes these names: ${name}`

  for (const [rule, prometheus, status, warning] of [
    [
      'is wrong in Prometheus 2',
      { build: asked<Build>({ version: '2.42.0', product: 'Prometheus' }) },
      'FAIL',
      undefined
    ],
    [
      'is right in Prometheus 3',
      { build: asked<Build>({ version: '3.5.3', product: 'Prometheus' }) },
      'PASS',
      undefined
    ],
    [
      'is a reservation in another server',
      { build: asked<Build>({ version: '2', product: 'Mimir' }) },
      'PASS',
      mayBeRefused
    ],
    [
      'is a reservation where Prometheus does not answer',
      { build: unasked('unreachable', 'refused') },
      'PASS',
      mayBeRefused
    ],
    ['is a reservation where none is configured', null, 'PASS', mayBeRefused]
  ] as const) {
    test(rule, () => {
      const result = item?.judge(factsOf({ files, prometheus }))
      assert.deepEqual([result?.status, result?.warning], [status, warning])
      if (status === 'FAIL') assert.equal(result?.evidence, `${name} is not a valid name in Prometheus 2`)
    })
  }
})

suite('an expression that is no PromQL', () => {
  const item = rulesFileItems(CONFIG).find(({ id }) => id === 'rules-syntax-valid')
  const rule = { ...RULE, expr: 'rate(x) default 0', line: 4 }
  const files = { rules: [{ ...FILE, groups: [{ name: 'shop', rules: [rule] }] }] }
  const fault = 'alerts.yml:4: ShopDown: the expression has an error at "default 0"'
  const builtBy = (product: Build['product']) => ({ build: asked<Build>({ version: '1', product }) })

  test('may be MetricsQL where VictoriaMetrics has it', () => {
    assert.deepEqual(item?.judge(factsOf({ files, prometheus: builtBy('VictoriaMetrics') })), {
      status: 'SKIP',
      evidence: `not PromQL; the gate cannot tell whether it is MetricsQL: ${fault}`,
      action: 'Check the rules with vmalert -dryRun, and make rules-syntax-valid optional'
    })
  })
  for (const [where, prometheus] of [
    ['where Prometheus has it', builtBy('Prometheus')],
    ['where no server is known', null]
  ] as const) {
    test(`is wrong ${where}`, () => {
      const result = item?.judge(factsOf({ files, prometheus }))
      assert.deepEqual([result?.status, result?.evidence], ['FAIL', fault])
    })
  }
  test('is wrong in VictoriaMetrics too where the file is not valid', () => {
    const broken = { rules: [...files.rules, { ...FILE, groups: [], mistakes: ['b.yml:1: empty'] }] }
    const result = item?.judge(factsOf({ files: broken, prometheus: builtBy('VictoriaMetrics') }))
    assert.deepEqual([result?.status, result?.evidence], ['FAIL', 'b.yml:1: empty'])
  })
})
