import type { Break } from './breaks.ts'
import type { Lie } from './front.ts'
import { type PrometheusConfig, RULES, type World } from './world.ts'

/** What is broken of the servers, real or by what stands before them. */
export interface LiveBreak extends Break {
  /** What the front of each says in place of the truth. */
  readonly service?: Lie
  readonly prometheus?: Lie
  readonly alertmanager?: Lie
  /** Of the real Prometheus; it reads its configuration and its rules again. */
  readonly reload?: (config: PrometheusConfig) => object
  /** Whether Prometheus has forgotten what it saw before: it keeps showing the last samples of a job that was removed. */
  readonly isNew?: boolean
  /** Of the real servers. */
  readonly start?: (world: World) => Promise<void>
  readonly end?: (world: World) => Promise<void>
  /** Whether the gate asks the real servers, without a front: a stopped server refuses connections. */
  readonly isDirect?: boolean
  /** Watched while nobody breaks anything. */
  readonly drills?: readonly string[]
}

const same = (config: PrometheusConfig) => config
const bodyOf = (path: string, change: (body: string) => string): Lie => {
  return (truth, asked) => (asked.startsWith(path) ? { ...truth, body: change(truth.body) } : truth)
}
const scraping = (more: object) => (config: PrometheusConfig) => ({
  ...config,
  scrape_configs: [{ ...config.scrape_configs[0], ...more }]
})

const KEYS = [
  'db_pool_open_connections',
  'db_pool_in_use',
  'db_pool_wait_count_total',
  'circuit_breaker_state',
  'circuit_breaker_requests_total',
  'gin_http_requests_total',
  'gin_http_request_duration_seconds'
] as const
const KEY_ITEMS = KEYS.map(name => `key-metric-${name}`)
const ALERT_SEEN = ['alert-triggered', 'alert-pending-or-firing']
// All that needs a Prometheus that is this service's own.
const OF_PROMETHEUS = [
  'scrape-target-up',
  'metrics-in-prometheus',
  'rules-loaded',
  'rules-evaluated',
  'alert-rule-visible',
  ...ALERT_SEEN
]

const START = /^Start the service: nothing answers at http:\/\/127\.0\.0\.1:\d+ \(connection .* refused\)$/
const NEW_JOB = /^Make Prometheus scrape it: add job veza-backend-api with target 127\.0\.0\.1:\d+$/
const FIX_SCRAPE = /^Fix the scrape of 127\.0\.0\.1:1: .*refused$/
const LOAD = /^Load ops\/prometheus\/alerts\.yml into Prometheus: group veza_backend_critical is not there$/
const RUN_DRILLS = /^Run the drills: gate --drill database-down, then gate --drill circuit-breaker$/

/** In an order in which no alert fires before the last ones. */
export const LIVE_BREAKS: readonly LiveBreak[] = [
  {
    what: 'all is well, and the alert quiet',
    rows: [
      [ALERT_SEEN, 'SKIP', /^quiet, and not seen within 30 d; gate --drill NAME can show it/, RUN_DRILLS],
      [
        'drill-database-down',
        'SKIP',
        /^not run: it needs gate --drill database-down, and somebody to break it/,
        RUN_DRILLS
      ],
      [
        'drill-circuit-breaker',
        'SKIP',
        /^not run: it needs gate --drill circuit-breaker, and somebody to break it/,
        RUN_DRILLS
      ]
    ],
    actions: 1
  },
  {
    what: 'the metrics have another prefix',
    service: bodyOf('/metrics', body => body.replaceAll('veza_', 'other_')),
    rows: [
      [
        'metrics-have-prefix',
        'FAIL',
        /^none of \d+ samples begins with veza_$/,
        /^Expose metrics that begin with veza_$/
      ],
      [KEY_ITEMS, 'FAIL', /^veza_\w+ is not there$/, /^Expose veza_\w+$/]
    ]
  },
  {
    what: 'a line of the metrics is broken',
    service: bodyOf('/metrics', body => `${body}veza_broken{ 1\n`),
    rows: [
      [
        'metrics-format-valid',
        'FAIL',
        /^text 0\.0\.4, \d+ samples, 1 fault; line \d+: /,
        /^Fix line \d+ of \/metrics: /
      ]
    ]
  },
  ...KEYS.map(
    (name): LiveBreak => ({
      what: `veza_${name} is gone, but for its HELP`,
      service: bodyOf('/metrics', body =>
        body.replace(new RegExp(`^(?:# TYPE )?veza_${name}(?:_\\w+)?[ {].*\n`, 'gm'), '')
      ),
      rows: [
        [
          `key-metric-${name}`,
          'FAIL',
          new RegExp(`^veza_${name} is only in HELP or TYPE lines$`),
          new RegExp(`^Expose veza_${name}$`)
        ]
      ]
    })
  ),
  {
    what: 'a metric has another type',
    service: bodyOf('/metrics', body =>
      body.replace('# TYPE veza_db_pool_in_use gauge', '# TYPE veza_db_pool_in_use counter')
    ),
    rows: [
      [
        'key-metric-db_pool_in_use',
        'FAIL',
        /^veza_db_pool_in_use is a counter; expected a gauge$/,
        /^Expose veza_db_pool_in_use as a gauge$/
      ]
    ]
  },
  {
    what: 'a login page stands before the metrics',
    service: (truth, path) =>
      path === '/metrics' ? { status: 302, type: 'text/html', location: 'https://login.example/', body: '' } : truth,
    rows: [
      [
        'metrics-endpoint-answers',
        'FAIL',
        /^GET http:.*\/metrics: 302, .*, a redirect to https:\/\/login\.example\/: a login page\?$/,
        /^Let http:.*\/metrics be read without a redirect to https:\/\/login\.example\//
      ],
      [
        ['metrics-have-prefix', 'metrics-format-valid', ...KEY_ITEMS],
        'SKIP',
        /^needs metrics-endpoint-answers, which is FAIL: GET http:.*\/metrics: 302/,
        /^Let http:.*\/metrics be read/
      ]
    ],
    actions: 2
  },
  ...['/health', '/live'].map(
    (path): LiveBreak => ({
      what: `${path} answers 500`,
      service: (truth, asked) => (asked === path ? { ...truth, status: 500 } : truth),
      rows: [
        [
          `health-endpoint-${path.slice(1)}`,
          'FAIL',
          new RegExp(`^GET ${path}: 500 in \\d+ ms; expected 200$`),
          new RegExp(`^Make ${path} answer 200: it answers 500$`)
        ]
      ]
    })
  ),
  {
    what: '/readyz does not check the cache',
    service: bodyOf('/readyz', body => body.replace('"redis"', '"cache"')),
    rows: [
      [
        'health-endpoint-readyz',
        'FAIL',
        /^GET \/readyz: 200 in \d+ ms, the JSON lacks the checks redis$/,
        /^Add the checks redis to \/readyz$/
      ]
    ]
  },
  {
    what: 'a login page stands before Prometheus',
    prometheus: () => ({ status: 200, type: 'text/html', body: '<html>Log in</html>' }),
    rows: [
      [
        OF_PROMETHEUS,
        'SKIP',
        /^needs prometheus, which is FAIL: http:.*: 200 with HTML: a login page, or not Prometheus/,
        /^Fix prometheus\.url or its credentials: 200 with HTML/
      ],
      [
        'scrape-job-configured',
        'SKIP',
        /200 with HTML: a login page, .*; prometheus\.configFile is not configured$/,
        /^Fix prometheus\.url or its credentials: 200 with HTML/
      ]
    ],
    actions: 2
  },
  {
    what: "Prometheus is another cluster's",
    service: bodyOf('/metrics', body => body.replace(/^(process_start_time_seconds) (\d+).*/m, '$1 1700000000')),
    rows: [
      [
        OF_PROMETHEUS,
        'SKIP',
        /^needs identity, which is FAIL: another cluster's or another service's: the service started at 2023-11-14T22:13:20Z, and Prometheus has only 20/,
        /^Point prometheus\.url at the Prometheus that scrapes this service: http:.* knows no instance that started at 2023-11-14T22:13:20Z$/
      ],
      ['scrape-job-configured', 'SKIP', /^another cluster's or another service's/, /^Point prometheus\.url at/]
    ],
    actions: 2
  },
  {
    what: 'the rules and the targets have no API, as in Mimir',
    prometheus: (truth, path) =>
      /^\/api\/v1\/(?:rules|targets)/.test(path)
        ? { status: 404, type: 'text/plain', body: '404 page not found' }
        : truth,
    rows: [
      [
        'scrape-job-configured',
        'SKIP',
        /404: there is no such API.*; prometheus\.configFile is not configured$/,
        /^Set prometheus\.configFile/
      ],
      [
        ['rules-loaded', 'alert-rule-visible'],
        'SKIP',
        /has no rules API: .*404: there is no such API/,
        /^Set prometheus\.url to the server that evaluates the rules$/
      ],
      [
        'rules-evaluated',
        'SKIP',
        /^needs rules-loaded, which is SKIP: .*404/,
        /^Set prometheus\.url to the server that evaluates/
      ],
      [
        ALERT_SEEN,
        'SKIP',
        /^needs alert-rule-visible, which is SKIP: .*404/,
        /^Set prometheus\.url to the server that evaluates/
      ]
    ]
  },
  {
    what: 'a part of the data did not answer',
    prometheus: (truth, path) =>
      /[?&]query=(?:up%7B|label_replace)/.test(path)
        ? {
            ...truth,
            body: JSON.stringify({
              status: 'success',
              warnings: ['store 10.0.0.1 did not answer'],
              data: { resultType: 'vector', result: [] }
            })
          }
        : truth,
    rows: [
      [
        ['scrape-target-up', 'metrics-in-prometheus', ...KEY_ITEMS],
        'SKIP',
        /^the answer is partial, so what is missing from it proves nothing: store 10\.0\.0\.1 did not answer/,
        /^Make Prometheus answer completely: store 10\.0\.0\.1 did not answer$/
      ]
    ],
    actions: 2
  },
  {
    what: 'Prometheus does not scrape it',
    isNew: true,
    reload: scraping({ job_name: 'another' }),
    rows: [
      ['scrape-job-configured', 'FAIL', /^no active target of \{job="veza-backend-api"\}/, NEW_JOB],
      ['scrape-target-up', 'FAIL', /^no up\{job="veza-backend-api"\} at all: Prometheus does not scrape it/, NEW_JOB],
      ['metrics-in-prometheus', 'FAIL', /^none now, and none in the last hour/, NEW_JOB],
      [KEY_ITEMS, 'FAIL', /, but not in Prometheus/, NEW_JOB]
    ],
    actions: 2
  },
  {
    what: 'Prometheus scrapes a port where nothing is',
    isNew: true,
    reload: scraping({ static_configs: [{ targets: ['127.0.0.1:1'] }] }),
    rows: [
      ['scrape-target-up', 'FAIL', /^up\{job=veza-backend-api,instance=127\.0\.0\.1:1\} = 0: .*refused/, FIX_SCRAPE],
      ['metrics-in-prometheus', 'FAIL', /^none now, and none in the last hour/, FIX_SCRAPE],
      [KEY_ITEMS, 'FAIL', /, but not in Prometheus/, FIX_SCRAPE]
    ],
    actions: 2
  },
  {
    what: 'Prometheus drops its metrics',
    isNew: true,
    reload: scraping({ metric_relabel_configs: [{ source_labels: ['__name__'], regex: 'veza_.*', action: 'drop' }] }),
    rows: [
      [
        'metrics-in-prometheus',
        'FAIL',
        /^none now, and none in the last hour/,
        /^Make Prometheus scrape it: it has no fresh veza_\*$/
      ],
      [KEY_ITEMS, 'FAIL', /, but not in Prometheus/, /^Make Prometheus scrape it: it has no fresh veza_\*$/]
    ],
    actions: 2
  },
  {
    what: 'Prometheus refused the rules when it was reloaded',
    files: well => ({ [RULES]: well[RULES].replace('veza_database_up == 0', 'veza_database_up < 1') }),
    reload: config => ({ ...config, no_such_key: true }),
    rows: [
      [
        'rules-loaded',
        'FAIL',
        /^VezaDatabaseDown of group veza_backend_critical has another expression; its last reload failed/,
        /^Make Prometheus load its configuration again: its last reload failed/
      ],
      [
        'rules-evaluated',
        'SKIP',
        /^needs rules-loaded, which is FAIL: .*its last reload failed/,
        /^Make Prometheus load its configuration again/
      ]
    ]
  },
  {
    what: 'the rules are not loaded',
    reload: config => ({ ...config, rule_files: [] }),
    rows: [
      [
        'rules-loaded',
        'FAIL',
        /^group veza_backend_critical is not there, and 3 more groups/,
        /^Load ops\/prometheus\/alerts\.yml into Prometheus: group veza_backend_critical/
      ],
      [
        'rules-evaluated',
        'SKIP',
        /^needs rules-loaded, which is FAIL: group veza_backend_critical is not there/,
        /^Load ops\/prometheus\/alerts\.yml/
      ],
      ['alert-rule-visible', 'FAIL', /^no alert VezaDatabaseDown is loaded/, LOAD],
      [ALERT_SEEN, 'SKIP', /^needs alert-rule-visible, which is FAIL: no alert VezaDatabaseDown is loaded/, LOAD]
    ],
    actions: 2
  },
  {
    what: 'a rule fails each time',
    files: well => ({
      [RULES]: well[RULES].replace(
        'absent(veza_gin_http_requests_total) and absent(veza_database_up)',
        'veza_database_up * on() veza_gin_http_request_duration_seconds_bucket'
      )
    }),
    reload: same,
    rows: [
      [
        'rules-evaluated',
        'FAIL',
        /^VezaQuiet: .*found duplicate series/,
        /^Fix rule VezaQuiet: .*found duplicate series/
      ]
    ]
  },
  {
    what: 'the rules have not been evaluated yet',
    files: well => ({
      [RULES]: well[RULES].replace(
        '- name: veza_backend_critical\n',
        '- name: veza_backend_critical\n    interval: 10d\n'
      )
    }),
    reload: same,
    rows: [
      [
        'rules-evaluated',
        'SKIP',
        /^VezaDatabaseDown, VezaCircuitBreakerOpen, VezaApiDown and 5 more not evaluated yet \(health unknown\)/,
        /^Run the gate again once the rules have been evaluated, which happens every 240 h$/
      ],
      [
        'alert-rule-visible',
        'SKIP',
        /^VezaDatabaseDown is there, but has not been evaluated yet/,
        /^Run the gate again once/
      ],
      [
        ALERT_SEEN,
        'SKIP',
        /^needs alert-rule-visible, which is SKIP: .* has not been evaluated yet/,
        /^Run the gate again once/
      ]
    ]
  },
  {
    what: 'nothing shows in a drill',
    gate: gate => ({
      ...gate,
      drills: Object.fromEntries(
        Object.entries(Object(gate.drills)).map(([name, drill]) => [name, { ...Object(drill), timeout: '1s' }])
      )
    }),
    drills: ['database-down', 'circuit-breaker'],
    rows: [
      [
        'drill-database-down',
        'FAIL',
        /^did not show: GET \/readyz: 503, .* \(last: 200 in \d+ ms, .*\), nor 2 more; /,
        /^Find out why GET \/readyz: 503, .* does not show in the drill database-down$/
      ],
      [
        'drill-circuit-breaker',
        'FAIL',
        /^did not show: max\(veza_circuit_breaker_state\) = 2 \(last: value 0\), nor 2 more; /,
        /^Find out why max\(veza_circuit_breaker_state\) = 2 does not show in the drill circuit-breaker$/
      ],
      [
        ALERT_SEEN,
        'FAIL',
        /^VezaDatabaseDown did not become active in the drill database-down$/,
        /^Find out why VezaDatabaseDown does not fire in the drill database-down$/
      ]
    ]
  },
  {
    what: 'the service is stopped',
    reload: same,
    isDirect: true,
    start: ({ api }) => api.stop(),
    end: ({ api }) => api.start(),
    rows: [
      ['metrics-endpoint-answers', 'FAIL', /^GET http:.*\/metrics: connection .* refused, \d+ ms$/, START],
      [
        ['health-endpoint-health', 'health-endpoint-readyz', 'health-endpoint-live'],
        'FAIL',
        /^GET http:.*\/\w+: connection .* refused/,
        START
      ],
      [
        ['metrics-have-prefix', 'metrics-format-valid', ...KEY_ITEMS],
        'SKIP',
        /^needs metrics-endpoint-answers, which is FAIL: .*refused/,
        START
      ],
      ['scrape-target-up', 'FAIL', /^up\{.*\} = 0: .*refused/, START],
      ['metrics-in-prometheus', 'FAIL', /^none now; \d+ series in the last hour/, START]
    ],
    actions: 2
  },
  {
    what: 'Prometheus is stopped',
    isDirect: true,
    start: ({ prometheus }) => prometheus.stop(),
    end: ({ prometheus }) => prometheus.start(),
    rows: [
      [
        OF_PROMETHEUS,
        'SKIP',
        /^needs prometheus, which is FAIL: http:.*: query time\(\): connection .* refused/,
        /^Make Prometheus scrape it: start Prometheus, or fix prometheus\.url: connection .* refused$/
      ],
      [
        'scrape-job-configured',
        'SKIP',
        /connection .* refused.*; prometheus\.configFile is not configured$/,
        /^Make Prometheus scrape it: start Prometheus/
      ]
    ],
    actions: 2
  },
  {
    what: 'the alert of a stopped database does not reach Alertmanager',
    start: ({ api }) => api.database.stop(),
    alertmanager: (truth, path) => (path.startsWith('/api/v2/alerts') ? { ...truth, body: '[]' } : truth),
    rows: [
      [
        'alert-pending-or-firing',
        'FAIL',
        /^pending .*, firing .*, but not in Alertmanager/,
        /^Make Prometheus send its alerts to Alertmanager: it has no VezaDatabaseDown$/
      ],
      [
        'health-endpoint-readyz',
        'FAIL',
        /^GET \/readyz: 503 in \d+ ms; expected 200$/,
        /^Make \/readyz answer 200: it answers 503$/
      ]
    ]
  },
  {
    what: 'the alert fires, and Alertmanager is stopped',
    isDirect: true,
    start: ({ alertmanager }) => alertmanager.stop(),
    end: async ({ alertmanager, api }) => {
      await Promise.all([alertmanager.start(), api.database.start()])
    },
    rows: [
      [
        'alert-pending-or-firing',
        'SKIP',
        /^pending .*, firing .*; .*connection .* refused/,
        /^Make Alertmanager answer: connection .* refused$/
      ],
      ['health-endpoint-readyz', 'FAIL', /^GET \/readyz: 503 in \d+ ms/, /^Make \/readyz answer 200: it answers 503$/]
    ]
  }
]
