import type { Break } from './breaks.ts'
import { API, DB, type GateFile, RULES } from './world.ts'

const UNNAMED = { gate: (gate: GateFile) => ({ ...gate, rules: { groups: Object(gate.rules).groups } }) }
const ALERT = '      - alert: VezaDatabaseDown\n'

/** Breaks that are in files alone and show without a server. */
export const FILE_BREAKS: readonly Break[] = [
  {
    what: 'the rules file is not there',
    files: () => ({ [RULES]: null }),
    rows: [
      [
        'rules-file-present',
        'FAIL',
        /^ops\/prometheus\/alerts\.yml: no such file or directory$/,
        /^Add ops\/prometheus\/alerts\.yml$/
      ],
      [
        ['rules-syntax-valid', 'rule-groups-complete'],
        'SKIP',
        /^needs rules-file-present, which is FAIL: ops\/prometheus\/alerts\.yml: no such file or directory$/,
        /^Add ops\/prometheus\/alerts\.yml$/
      ],
      [
        'alert-has-runbook-annotation',
        'SKIP',
        /^the rules files cannot be read: ops\/prometheus\/alerts\.yml: no such file/,
        /^Add ops\/prometheus\/alerts\.yml$/
      ]
    ]
  },
  {
    what: 'the rules file is empty',
    files: () => ({ [RULES]: '' }),
    rows: [
      ['rules-file-present', 'FAIL', /^ops\/prometheus\/alerts\.yml: empty$/, /^Add ops\/prometheus\/alerts\.yml$/],
      [
        ['rules-syntax-valid', 'rule-groups-complete'],
        'SKIP',
        /^needs rules-file-present, which is FAIL: .*: empty$/,
        /^Add /
      ],
      ['alert-has-runbook-annotation', 'SKIP', /^the rules files cannot be read: .*: empty$/, /^Add /]
    ]
  },
  {
    what: 'the gate file names no rules file',
    ...UNNAMED,
    rows: [
      [
        'rules-file-present',
        'SKIP',
        /^rules\.groups says what is expected, and rules\.files is not configured/,
        /^Set rules\.files in the gate file$/
      ],
      ['rules-syntax-valid', 'SKIP', /^rules\.files is not configured: set it to have this looked at$/, null],
      [
        'rule-groups-complete',
        'SKIP',
        /^needs rules-file-present, which is SKIP: rules\.groups says what is expected/,
        /^Set rules\.files in the gate file$/
      ],
      ['alert-has-runbook-annotation', 'SKIP', /^rules\.files is not configured/, /^Set rules\.files in the gate file$/]
    ]
  },
  {
    what: 'an expression does not parse',
    files: well => ({ [RULES]: well[RULES].replace('veza_database_up == 0', 'veza_database_up ==') }),
    rows: [
      [
        'rules-syntax-valid',
        'FAIL',
        /^ops\/prometheus\/alerts\.yml:4: VezaDatabaseDown: /,
        /^Fix ops\/prometheus\/alerts\.yml:4: VezaDatabaseDown: /
      ]
    ]
  },
  {
    what: 'the rules file is no YAML',
    files: () => ({ [RULES]: 'groups:\n  - name: [\n' }),
    rows: [
      ['rules-syntax-valid', 'FAIL', /^ops\/prometheus\/alerts\.yml:\d+: /, /^Fix ops\/prometheus\/alerts\.yml:\d+: /],
      [
        'rule-groups-complete',
        'FAIL',
        /^there is no group veza_backend_critical; .*; not valid, so without groups: ops\/prometheus\/alerts\.yml$/,
        /^Add the missing alerts to veza_backend_critical \(0 of 8\)/
      ],
      [
        'alert-has-runbook-annotation',
        'SKIP',
        /^ops\/prometheus\/alerts\.yml is not valid$/,
        /^Fix ops\/prometheus\/alerts\.yml:\d+: /
      ]
    ]
  },
  {
    what: 'a group has too few alerts',
    gate: gate => ({
      ...gate,
      rules: { ...Object(gate.rules), groups: { ...Object(gate.rules).groups, veza_backend_errors: 3 } }
    }),
    rows: [
      [
        'rule-groups-complete',
        'FAIL',
        /^veza_backend_errors has 2 of 3 alerts$/,
        /^Add the missing alerts to veza_backend_errors \(2 of 3\)$/
      ]
    ],
    actions: 1
  },
  {
    what: 'the gate file expects no groups',
    gate: gate => ({ ...gate, rules: { files: [RULES] } }),
    rows: [['rule-groups-complete', 'SKIP', /^rules\.groups is not configured: set it to have this looked at$/, null]]
  },
  {
    what: 'the runbook of the alert is not there',
    files: () => ({ [DB]: null }),
    rows: [
      [
        'alert-runbook-exists',
        'FAIL',
        /^docs\/runbooks\/db_down\.md: no such file or directory$/,
        /^Write docs\/runbooks\/db_down\.md$/
      ],
      [
        'alert-runbook-complete',
        'SKIP',
        /^needs alert-runbook-exists, which is FAIL: docs\/runbooks\/db_down\.md: no such file/,
        /^Write docs\/runbooks\/db_down\.md$/
      ],
      [
        'runbooks-present',
        'FAIL',
        /VezaDatabaseDown names docs\/runbooks\/db_down\.md: no such file/,
        /^Write docs\/runbooks\/db_down\.md$/
      ],
      [
        'runbooks-actionable',
        'SKIP',
        /^needs runbooks-present, which is FAIL: .*db_down\.md: no such file/,
        /^Write docs\/runbooks\/db_down\.md$/
      ]
    ],
    actions: 1
  },
  {
    what: 'the runbook of the alert lacks a section, and has nothing below another',
    files: well => ({
      [DB]: well[DB]
        .replace('## Hypothèses\n\n* It does not run.\n', '')
        .replace('The alert of this runbook fires.', '')
    }),
    rows: [
      [
        'alert-runbook-complete',
        'FAIL',
        /^docs\/runbooks\/db_down\.md: nothing below Signal; no section Hypothèses \(its headings: /,
        /^Add to docs\/runbooks\/db_down\.md: nothing below Signal; no section Hypothèses$/
      ],
      [
        'runbooks-actionable',
        'FAIL',
        /^2 of 3 complete; docs\/runbooks\/db_down\.md: nothing below Signal, no section Hypothèses$/,
        /^Complete docs\/runbooks\/db_down\.md: /
      ]
    ]
  },
  {
    what: 'the runbook of the alert is a page of the web',
    files: well => ({ [RULES]: well[RULES].replace(`runbook: ${DB}`, 'runbook: https://wiki.example/db') }),
    gate: gate => ({ ...gate, alert: { name: 'VezaDatabaseDown' } }),
    rows: [
      [
        'alert-runbook-exists',
        'SKIP',
        /^https:\/\/wiki\.example\/db is an address, which is not looked up: set runbooks\.follow/,
        /^Set runbooks\.follow in the gate file, or alert\.runbook to a file$/
      ],
      [
        'alert-runbook-complete',
        'SKIP',
        /^needs alert-runbook-exists, which is SKIP: https:\/\/wiki\.example\/db is an address/,
        /^Set runbooks\.follow/
      ]
    ]
  },
  {
    what: 'the alert names no runbook',
    files: well => ({ [RULES]: well[RULES].replace(`        annotations:\n          runbook: ${DB}\n`, '') }),
    rows: [
      [
        'alert-has-runbook-annotation',
        'FAIL',
        /^without an annotation: VezaDatabaseDown$/,
        /^Add annotation runbook_url to VezaDatabaseDown$/
      ]
    ],
    actions: 1
  },
  {
    what: 'the alert is not in the rules file',
    files: well => ({ [RULES]: well[RULES].replace(ALERT, '      - alert: Other\n') }),
    rows: [
      [
        'alert-has-runbook-annotation',
        'FAIL',
        /^there is no alert VezaDatabaseDown in the rules files$/,
        /^Add an alert VezaDatabaseDown/
      ]
    ]
  },
  {
    what: 'the gate file names no folder of runbooks',
    gate: gate => ({ ...gate, runbooks: { sections: Object(gate.runbooks).sections } }),
    rows: [
      [
        ['runbooks-present', 'runbooks-actionable'],
        'SKIP',
        /^runbooks\.folder is not configured: set it to have this looked at$/,
        null
      ]
    ]
  },
  {
    what: 'a runbook has no command, and a link that leads nowhere',
    files: well => ({ [API]: `${well[API].replaceAll('```sh', '').replaceAll('```', '')}\n[more](gone.md)\n` }),
    rows: [
      [
        'runbooks-actionable',
        'FAIL',
        /^2 of 3 complete; docs\/runbooks\/api\.md: no command in a code block under Vérifications or Actions, broken link gone\.md \(no such file or directory\)$/,
        /^Complete docs\/runbooks\/api\.md: no command/
      ]
    ],
    actions: 1
  },
  ...(
    [
      ['document-hardening-report', 'docs/PROD_WEEK1_HARDENING_REPORT.md', null, 'no such file or directory'],
      ['document-prometheus', 'ops/prometheus/README.md', '', 'empty']
    ] as const
  ).map(
    ([id, path, text, fault]): Break => ({
      what: `${path} is ${text === null ? 'not there' : 'empty'}`,
      files: () => ({ [path]: text }),
      rows: [[id, 'FAIL', new RegExp(`^${path}: ${fault}$`), new RegExp(`^Write ${path}$`)]],
      actions: 1
    })
  )
]
