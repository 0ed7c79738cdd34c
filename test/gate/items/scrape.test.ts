import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  asked,
  CONFIG,
  failureOf,
  judged,
  metricsOf,
  NOW,
  ofInstance,
  PARTIAL,
  reportOf,
  SERVICE,
  STARTED,
  samples,
  TARGET,
  textWith,
  unasked,
  type World
} from './live-world.ts'

const URL = 'http://shop:8080/metrics'
const START = 'Start the service: nothing answers at http://shop:8080 (connection to shop:8080 refused)'
const ADD_JOB = 'Make Prometheus scrape it: add job shop with target shop:8080'
const PARTLY =
  'the answer is partial, so what is missing from it proves nothing: store 10.0.0.1 did not answer (query x, 3 ms)\n→ Make Prometheus answer completely: store 10.0.0.1 did not answer'
const DOWN = {
  ...SERVICE,
  metrics: failureOf(URL),
  health: new Map([
    ['health', failureOf('')],
    ['readyz', failureOf('')]
  ])
}
const NOT_TRUSTED = { ...failureOf(URL, 'the certificate is self-signed'), reason: 'tls' } as const
const NO_TLS = { ...DOWN, metrics: NOT_TRUSTED, health: new Map([['health', NOT_TRUSTED]]) }
const noAnswer = unasked('unreachable', 'no answer within 5 s')
const SILENT = Object.fromEntries(
  ['build', 'time', 'up', 'upAge', 'startTimes', 'targets', 'fresh', 'rules'].map(name => [name, noAnswer])
)

function table(id: string, rows: readonly (readonly [rule: string, world: World, expected: string])[]) {
  suite(id, () => {
    for (const [rule, world, expected] of rows) test(rule, () => assert.equal(judged(id, world), expected))
  })
}

test('a healthy service passes every live item, and a quiet alert is no reservation', () => {
  const report = reportOf({})
  assert.deepEqual(
    report.items.filter(({ status }) => status !== 'PASS').map(({ id, status }) => `${id} ${status}`),
    ['alert-triggered SKIP', 'alert-pending-or-firing SKIP']
  )
  assert.deepEqual([report.verdict, report.reservations], ['GO', []])
})

test('an Alertmanager that does not answer is a reservation, though the alert is quiet', () => {
  const refused = unasked('unreachable', 'connection to alertmanager:9093 refused')
  const { verdict, reservations } = reportOf({ alertmanager: refused })
  const words = 'nothing was learnt from Alertmanager: connection to alertmanager:9093 refused (alertmanager)'
  assert.deepEqual([verdict, reservations], ['GO', [words]])
  assert.deepEqual(reportOf({ alertmanager: unasked('stopped', 'stopped') }).reservations, [])
})

test('a scrape that fails is told apart from TLS that fails between the gate and the service', () => {
  const world = { service: NO_TLS, prometheus: { up: ofInstance(0) } }
  assert.match(judged('scrape-target-up', world), /→ Fix the scrape of shop:8080/)
})

table('metrics-endpoint-answers', [
  [
    'passes with what came',
    { service: { metrics: metricsOf('shop_a 1\n') } },
    `PASS: GET ${URL}: 200, text/plain; version=0.0.4, 9 bytes, 12 ms`
  ],
  [
    'fails where nothing answers at all',
    { service: DOWN },
    `FAIL: GET ${URL}: connection to shop:8080 refused, 1 ms\n→ ${START}`
  ],
  [
    'fails where others answer',
    { service: { metrics: failureOf(URL, 'no answer within 5 s') } },
    `FAIL: GET ${URL}: no answer within 5 s, 1 ms\n→ Make ${URL} answer: no answer within 5 s`
  ],
  [
    'fails at another status',
    { service: { metrics: metricsOf('no', { status: 503 }) } },
    `FAIL: GET ${URL}: 503, text/plain; version=0.0.4, 2 bytes, 12 ms\n→ Make ${URL} answer 200: it answers 503`
  ],
  [
    'passes where there is more than the gate reads, and none of it was kept',
    { service: { metrics: metricsOf('', { isTruncated: true }) } },
    `PASS: GET ${URL}: 200, text/plain; version=0.0.4, more bytes than the gate reads, 12 ms`
  ],
  [
    'fails where TLS does not work, which starting the service would not mend',
    { service: NO_TLS },
    `FAIL: GET ${URL}: the certificate is self-signed, 1 ms\n→ Fix service.url or its certificates: the certificate is self-signed`
  ],
  [
    'fails at an empty body',
    { service: { metrics: metricsOf('', { contentType: '' }) } },
    `FAIL: GET ${URL}: 200, no Content-Type, 0 bytes, 12 ms: it is empty\n→ Make ${URL} answer with metrics: it is empty`
  ],
  [
    'fails at a redirect to a login',
    { service: { metrics: metricsOf('', { status: 302, location: 'https://login.example/' }) } },
    `FAIL: GET ${URL}: 302, text/plain; version=0.0.4, 0 bytes, 12 ms, a redirect to https://login.example/: a login page?\n→ Let ${URL} be read without a redirect to https://login.example/, or set metrics.path`
  ],
  [
    'says what to set where it wants https',
    {
      service: {
        metrics: metricsOf('', { status: 301, location: 'https://shop/metrics', secureUrl: 'https://shop' })
      }
    },
    `FAIL: GET ${URL}: 301, text/plain; version=0.0.4, 0 bytes, 12 ms, as it wants https\n→ Set service.url to https://shop: it wants https`
  ],
  [
    'fails at a redirect of its own',
    { service: { metrics: metricsOf('', { status: 301, location: 'http://shop:8080/other' }) } },
    `FAIL: GET ${URL}: 301, text/plain; version=0.0.4, 0 bytes, 12 ms, a redirect to http://shop:8080/other: it is not followed\n→ Let ${URL} be read without a redirect to http://shop:8080/other, or set metrics.path`
  ],
  [
    'says what to set where it wants a slash at the end',
    { service: { metrics: metricsOf('', { status: 301, location: 'http://shop:8080/metrics/' }) } },
    `FAIL: GET ${URL}: 301, text/plain; version=0.0.4, 0 bytes, 12 ms, a redirect to http://shop:8080/metrics/\n→ Set metrics.path in the gate file to /metrics/`
  ],
  [
    'fails at a login page with 200',
    { service: { metrics: metricsOf('<html>', { contentType: 'text/html' }) } },
    `FAIL: GET ${URL}: 200, text/html, 6 bytes, 12 ms: HTML, a login page?\n→ Make ${URL} answer with metrics: it answers with HTML`
  ]
])

table('metrics-have-prefix', [
  [
    'is not judged where they may stand behind what the gate reads',
    { service: { metrics: metricsOf('other 1\n', { isTruncated: true }) } },
    'SKIP: shop_* is not in what the gate reads of it: the answer is larger\n→ Make /metrics smaller'
  ],
  ['counts samples and names', {}, 'PASS: 6 samples of 5 names begin with shop_ (1 more only in HELP or TYPE lines)'],
  [
    'fails where they stand in HELP alone',
    { service: { metrics: metricsOf('# HELP shop_a x\nother 1\n') } },
    'FAIL: none of 1 sample begins with shop_; shop_a only in HELP or TYPE lines\n→ Expose metrics that begin with shop_'
  ],
  [
    'fails at JSON',
    { service: { metrics: metricsOf('{}', { contentType: 'application/json' }) } },
    `FAIL: json, and no metrics: GET ${URL}: 200, application/json, 2 bytes, 12 ms\n→ Expose metrics that begin with shop_`
  ],
  [
    'cannot judge protobuf',
    { service: { metrics: metricsOf('x', { contentType: 'application/vnd.google.protobuf' }) } },
    'SKIP: the service offers only protobuf, which the gate cannot read\n→ Make the service offer the text format too'
  ],
  [
    'is not looked at without a prefix',
    { config: { metrics: { ...CONFIG.metrics, prefix: null } } },
    'SKIP: metrics.prefix is not configured: set it to have this looked at'
  ],
  [
    'needs an answer',
    { service: DOWN },
    `SKIP: needs metrics-endpoint-answers, which is FAIL: GET ${URL}: connection to shop:8080 refused, 1 ms\n→ ${START}`
  ]
])

const OPEN_METRICS = { contentType: 'application/openmetrics-text; version=1.0.0' }
const WITH_EXEMPLAR = '# TYPE s summary\ns_count 1 # {trace_id="a"} 0.5\n# EOF\n'

table('metrics-format-valid', [
  ['passes with the number of samples', {}, 'PASS: text 0.0.4, 7 samples, 0 faults'],
  [
    'fails with the first line',
    { service: { metrics: metricsOf('a 1\nb x\nc y\n') } },
    'FAIL: text 0.0.4, 1 sample, 2 faults; line 2: the value of the sample is not a number: "x"\n→ Fix line 2 of /metrics: the value of the sample is not a number: "x"'
  ],
  [
    'fails where it is not UTF-8',
    { service: { metrics: metricsOf('a 1\n', { isUtf8: false }) } },
    'FAIL: text 0.0.4, 1 sample, 0 faults, but not UTF-8\n→ Make /metrics answer in UTF-8'
  ],
  [
    'fails without a sample',
    { service: { metrics: metricsOf('# a\n') } },
    'FAIL: text 0.0.4, 0 samples, 0 faults: there is nothing to scrape\n→ Expose metrics at /metrics'
  ],
  [
    'fails at JSON',
    { service: { metrics: metricsOf('{}', { contentType: 'application/json' }) } },
    'FAIL: json, which Prometheus does not read\n→ Make /metrics answer in the text format'
  ],
  [
    'cannot judge protobuf',
    { service: { metrics: metricsOf('x', { contentType: 'application/vnd.google.protobuf' }) } },
    'SKIP: the service offers only protobuf, which the gate cannot read\n→ Make the service offer the text format too'
  ],
  [
    'cannot judge what was cut',
    { service: { metrics: metricsOf('a 1\nb', { isTruncated: true, bytes: 16_777_216 }) } },
    'SKIP: more than the 16,777,216 bytes that the gate reads\n→ Make /metrics smaller, or make metrics-format-valid optional'
  ],
  [
    'takes an exemplar anywhere where the scrape succeeds',
    { service: { metrics: metricsOf(WITH_EXEMPLAR, OPEN_METRICS) } },
    'PASS: OpenMetrics 1.0.0, 1 sample, 0 faults'
  ],
  [
    'warns of an exemplar that an older Prometheus refuses',
    { service: { metrics: metricsOf(WITH_EXEMPLAR, OPEN_METRICS) }, prometheus: { up: ofInstance(0) } },
    'PASS: OpenMetrics 1.0.0, 1 sample, 0 faults\n! /metrics has an exemplar at s_count, where older versions of Prometheus refuse it (metrics-format-valid)'
  ],
  [
    'warns of a Content-Type that Prometheus 3 refuses',
    { service: { metrics: metricsOf('a 1\n', { contentType: '' }) } },
    'PASS: text 0.0.4, 1 sample, 0 faults\n! /metrics has no Content-Type, which Prometheus 3 does not scrape by default: text/plain is right (metrics-format-valid)'
  ]
])

const FILE = {
  path: 'prometheus.yml',
  unreadable: null,
  bytes: 9,
  mistakes: [],
  jobs: [{ name: 'shop', targets: ['shop:8080'], mayRename: false }]
}
const OTHER = { name: 'other', targets: [], mayRename: false }
const NO_API = unasked('missing', '404: there is no such API')

test('/metrics is unseen where the gate itself could not ask', () => {
  const metrics = { ...failureOf('http://shop:8080/metrics', '/run/token: no such file'), reason: 'not_asked' } as const
  assert.equal(
    judged('metrics-endpoint-answers', { service: { metrics } }),
    'SKIP: GET http://shop:8080/metrics: /run/token: no such file, 1 ms\n→ Let the gate ask: /run/token: no such file'
  )
})

table('scrape-job-configured', [
  ['passes at an active target', {}, 'PASS: job shop: 1 active target, http://shop:8080/metrics (query x, 3 ms)'],
  [
    'passes whatever its health',
    { prometheus: { targets: asked([{ ...TARGET, health: 'down' }]), up: ofInstance(0) } },
    'PASS: job shop: 1 active target, http://shop:8080/metrics (query x, 3 ms)'
  ],
  [
    'fails where there is none',
    { prometheus: { targets: asked([]), up: samples() } },
    `FAIL: no active target of {job="shop"} (query x, 3 ms)\n→ ${ADD_JOB}`
  ],
  [
    'takes no target of another job',
    { prometheus: { targets: asked([{ ...TARGET, labels: { job: 'other', instance: 'shop:8080' } }]), up: samples() } },
    `FAIL: no active target of {job="shop"} (query x, 3 ms)\n→ ${ADD_JOB}`
  ],
  [
    'knows targets by what is up, where the selector names external labels',
    {
      config: { prometheus: { ...CONFIG.prometheus, selector: 'job="shop",cluster="a"' } as typeof CONFIG.prometheus }
    },
    'PASS: job shop: 1 active target, http://shop:8080/metrics (query x, 3 ms)'
  ],
  [
    'says where the file has what Prometheus has not loaded',
    { prometheus: { targets: asked([]), up: samples() }, files: { prometheusConfig: FILE } },
    `FAIL: no active target of {job="shop"} (query x, 3 ms); job shop in prometheus.yml: shop:8080, so Prometheus has not loaded it, or finds no target\n→ ${ADD_JOB}`
  ],
  [
    'reads the file where there is no API',
    { prometheus: { targets: NO_API }, files: { prometheusConfig: FILE } },
    'PASS: job shop in prometheus.yml: shop:8080'
  ],
  [
    'reads the file where Prometheus is down',
    { prometheus: SILENT, files: { prometheusConfig: FILE } },
    'PASS: job shop in prometheus.yml: shop:8080'
  ],
  [
    'fails where the file has another job',
    {
      prometheus: { targets: NO_API },
      files: { prometheusConfig: { ...FILE, jobs: [OTHER] } }
    },
    `FAIL: no job of {job="shop"} in prometheus.yml\n→ ${ADD_JOB}`
  ],
  [
    'knows a job that gets its label elsewhere by what is up',
    {
      prometheus: { targets: NO_API },
      files: { prometheusConfig: { ...FILE, jobs: [{ ...OTHER, mayRename: true }] } }
    },
    'PASS: up{job=shop,instance=shop:8080} = 1; a job in prometheus.yml gives its targets a label job of their own (query x, 3 ms)'
  ],
  [
    'does not miss in the file a job that may get its label elsewhere',
    {
      prometheus: { targets: NO_API, up: samples() },
      files: { prometheusConfig: { ...FILE, jobs: [{ ...OTHER, mayRename: true }] } }
    },
    'SKIP: Prometheus: query x: 404: there is no such API, 3 ms; prometheus.yml: names no such job that can be told\n→ Set prometheus.configFile, so that the scrape job can be looked up without the targets API'
  ],
  [
    'cannot see it in Mimir without the file',
    { prometheus: { targets: NO_API, build: asked({ version: '2.10', product: 'Mimir' }) } },
    'SKIP: Mimir: query x: 404: there is no such API, 3 ms; prometheus.configFile is not configured\n→ Set prometheus.configFile, so that the scrape job can be looked up without the targets API'
  ],
  [
    'cannot see it in Thanos where a target is unknown',
    {
      prometheus: {
        targets: unasked('refused', '500 internal: unknown targetHealth'),
        build: asked({ version: '0.34.0', product: 'Thanos' })
      }
    },
    'SKIP: Thanos: query x: 500 internal: unknown targetHealth, 3 ms; prometheus.configFile is not configured\n→ Set prometheus.configFile, so that the scrape job can be looked up without the targets API'
  ],
  [
    'cannot see it where Prometheus is down',
    { prometheus: SILENT },
    'SKIP: http://prometheus:9090: query x: no answer within 5 s, 3 ms; prometheus.configFile is not configured\n→ Make Prometheus scrape it: start Prometheus, or fix prometheus.url: no answer within 5 s'
  ],
  [
    'names a file that cannot be read',
    { prometheus: { targets: NO_API }, files: { prometheusConfig: { ...FILE, unreadable: 'there is no such file' } } },
    'SKIP: Prometheus: query x: 404: there is no such API, 3 ms; prometheus.yml: there is no such file\n→ Set prometheus.configFile, so that the scrape job can be looked up without the targets API'
  ],
  [
    'judges no absence from a partial answer',
    { prometheus: { targets: asked([], PARTIAL), up: samples() } },
    `SKIP: ${PARTLY}`
  ],
  [
    'is not asked of what is pushed',
    { config: { metrics: { ...CONFIG.metrics, isPushed: true } } },
    'SKIP: not scraped by design (metrics.pushed)'
  ],
  [
    'is not looked at without Prometheus',
    { prometheus: null, config: { prometheus: null } },
    'SKIP: prometheus is not configured: set it to have this looked at'
  ]
])

const selecting = (selector: string): World => ({
  config: { prometheus: { ...CONFIG.prometheus, selector } as typeof CONFIG.prometheus },
  prometheus: { up: samples(), targets: asked([]) }
})

suite('a selector that is too unusual to be compared with targets', () => {
  test('is told of the job', () => {
    const words = judged('scrape-job-configured', selecting('job="\\u0061"'))
    assert.equal(words, 'SKIP: the selector {job="\\u0061"} cannot be compared with targets here')
  })
  test('does not keep Prometheus from saying that nothing is up', () => {
    assert.match(judged('scrape-target-up', selecting('job="\\u0061"')), /^FAIL: no up/)
  })
  test('says nothing against a file', () => {
    const world = { ...selecting('job=~"(?U)shop"'), files: { prometheusConfig: FILE } }
    const silent = { ...world, prometheus: SILENT }
    assert.match(judged('scrape-job-configured', silent), /^SKIP: .*prometheus.yml: names no such job that can be told/)
  })
})

test('an instance without a name is told by its job', () => {
  assert.match(
    judged('scrape-target-up', { prometheus: { up: samples([{ job: 'shop' }, 0]) } }),
    /^FAIL: up\{job=shop\} = 0/
  )
})

const REFUSED = { ...TARGET, health: 'down', lastError: 'connection refused' } as const

table('scrape-target-up', [
  [
    'fails at an age that is no number',
    { prometheus: { upAge: ofInstance(Number.NaN) } },
    'FAIL: up{job=shop,instance=shop:8080} = 1, but an unknown time old: Prometheus no longer scrapes it (query x, 3 ms)\n→ Find out why Prometheus no longer scrapes shop:8080'
  ],
  ['passes with the age', {}, 'PASS: up{job=shop,instance=shop:8080} = 1, scraped 4 s ago (query x, 3 ms)'],
  [
    'fails at 0 with the last error',
    { prometheus: { up: ofInstance(0), targets: asked([REFUSED]) } },
    'FAIL: up{job=shop,instance=shop:8080} = 0: connection refused (query x, 3 ms)\n→ Fix the scrape of shop:8080: connection refused'
  ],
  [
    'asks for the service to be started where that is why',
    { service: DOWN, prometheus: { up: ofInstance(0), targets: asked([REFUSED]) } },
    `FAIL: up{job=shop,instance=shop:8080} = 0: connection refused (query x, 3 ms)\n→ ${START}`
  ],
  [
    'fails at 0 without one, as from Mimir',
    { prometheus: { up: ofInstance(0), targets: NO_API } },
    'FAIL: up{job=shop,instance=shop:8080} = 0: Prometheus does not say why (query x, 3 ms)\n→ Fix the scrape of shop:8080'
  ],
  [
    'fails where one of several is down',
    { prometheus: { up: ofInstance(1, 0), upAge: ofInstance(4, 4) } },
    'FAIL: up{job=shop,instance=other:1} = 0, of 2 instances: Prometheus does not say why (query x, 3 ms)\n→ Fix the scrape of other:1'
  ],
  [
    'tells absent from 0',
    { prometheus: { up: samples(), targets: asked([]) } },
    `FAIL: no up{job="shop"} at all: Prometheus does not scrape it (query x, 3 ms)\n→ ${ADD_JOB}`
  ],
  [
    'waits for a first scrape',
    { prometheus: { up: samples(), targets: asked([{ ...TARGET, health: 'unknown' }]) } },
    'SKIP: http://shop:8080/metrics is a target that has not been scraped yet (health unknown)\n→ Run the gate again once Prometheus has scraped the service'
  ],
  [
    'is not sure of a sample from the future',
    { prometheus: { upAge: ofInstance(-3600) } },
    'SKIP: up{job=shop,instance=shop:8080} = 1, but 1 h in the future, so whether it is still scraped is unknown (query x, 3 ms)\n→ Correct the clocks of Prometheus and of its storage'
  ],
  [
    'takes a little skew',
    { prometheus: { upAge: ofInstance(-5) } },
    'PASS: up{job=shop,instance=shop:8080} = 1, scraped 0 s ago (query x, 3 ms)'
  ],
  [
    'is not sure of a job that was removed, whose last sample Prometheus goes on to show',
    { prometheus: { targets: asked([{ ...TARGET, labels: { job: 'other', instance: 'other:1' } }]) } },
    `SKIP: up{job=shop,instance=shop:8080} = 1, but no active target has these labels: its job may have been removed, and Prometheus shows the last sample for up to 5 m (query x, 3 ms)\n→ ${ADD_JOB}`
  ],
  [
    'takes up for what it is where not all targets are seen',
    { prometheus: { targets: asked([], PARTIAL) } },
    'PASS: up{job=shop,instance=shop:8080} = 1, scraped 4 s ago (query x, 3 ms)'
  ],
  [
    'fails where it is older than three intervals',
    { prometheus: { upAge: ofInstance(46) } },
    'FAIL: up{job=shop,instance=shop:8080} = 1, but 46 s old: Prometheus no longer scrapes it (query x, 3 ms)\n→ Find out why Prometheus no longer scrapes shop:8080'
  ],
  [
    'takes three intervals',
    { prometheus: { upAge: ofInstance(45) } },
    'PASS: up{job=shop,instance=shop:8080} = 1, scraped 45 s ago (query x, 3 ms)'
  ],
  [
    'takes a minute for an interval that nobody tells',
    { prometheus: { upAge: ofInstance(180), targets: NO_API } },
    'PASS: up{job=shop,instance=shop:8080} = 1, scraped 3 m ago (query x, 3 ms)'
  ],
  [
    'judges no other instances from a partial answer',
    { prometheus: { up: { ...ofInstance(1), ...PARTIAL } } },
    `SKIP: ${PARTLY}`
  ],
  [
    'takes a 0 from a partial answer',
    { prometheus: { up: { ...ofInstance(0), ...PARTIAL } } },
    'FAIL: up{job=shop,instance=shop:8080} = 0: Prometheus does not say why (query x, 3 ms)\n→ Fix the scrape of shop:8080'
  ],
  ['judges no absence from a partial answer', { prometheus: { up: { ...samples(), ...PARTIAL } } }, `SKIP: ${PARTLY}`],
  [
    'cannot see what is not answered',
    { prometheus: { up: noAnswer } },
    'SKIP: query x: no answer within 5 s, 3 ms\n→ Make Prometheus answer: no answer within 5 s'
  ],
  [
    'cannot see an age that is not answered',
    { prometheus: { upAge: noAnswer } },
    'SKIP: query x: no answer within 5 s, 3 ms\n→ Make Prometheus answer: no answer within 5 s'
  ],
  [
    'is not sure of what has just gone',
    { prometheus: { upAge: samples() } },
    'SKIP: up{job=shop,instance=shop:8080} = 1, but gone a moment later (query x, 3 ms)\n→ Run the gate again'
  ],
  [
    'is not asked of what is pushed',
    { config: { metrics: { ...CONFIG.metrics, isPushed: true } } },
    'SKIP: not scraped by design (metrics.pushed)'
  ],
  [
    'needs Prometheus',
    { prometheus: SILENT },
    'SKIP: needs prometheus, which is FAIL: http://prometheus:9090: query x: no answer within 5 s, 3 ms\n→ Make Prometheus scrape it: start Prometheus, or fix prometheus.url: no answer within 5 s'
  ]
])

const fresh = (now: number, minute: number, fiveMinutes: number, hour: number) =>
  asked({ now, minute, fiveMinutes, hour })

table('metrics-in-prometheus', [
  [
    'passes with how many are how fresh',
    {},
    'PASS: 41 series, 41 with a sample of the last minute (query shop_*, 3 ms)'
  ],
  [
    'passes with a reservation at a partial answer',
    { prometheus: { fresh: { ...fresh(4, 4, 4, 4), ...PARTIAL } } },
    "PASS: 4 series, 4 with a sample of the last minute (query shop_*, 3 ms)\n! Prometheus' answer is partial: store 10.0.0.1 did not answer (metrics-in-prometheus)"
  ],
  [
    'judges no absence from a partial answer',
    { prometheus: { fresh: { ...fresh(0, 0, 0, 0), ...PARTIAL } } },
    `SKIP: ${PARTLY}`
  ],
  [
    'fails where there are none',
    { prometheus: { fresh: fresh(0, 0, 0, 0) } },
    'FAIL: none now, and none in the last hour (query shop_*, 3 ms)\n→ Make Prometheus scrape it: it has no fresh shop_*'
  ],
  [
    'fails where they are old',
    { prometheus: { fresh: fresh(0, 0, 0, 9) } },
    'FAIL: none now; 9 series in the last hour, older than 5 m (query shop_*, 3 ms)\n→ Make Prometheus scrape it: it has no fresh shop_*'
  ],
  [
    'fails where they have just ended',
    { prometheus: { fresh: fresh(0, 0, 9, 9) } },
    'FAIL: none now; 9 series in the last hour, ended less than 5 m ago (query shop_*, 3 ms)\n→ Make Prometheus scrape it: it has no fresh shop_*'
  ],
  [
    'fails where Prometheus looks back for longer',
    { prometheus: { fresh: fresh(9, 0, 0, 9) } },
    'FAIL: 9 series, but the last sample is older than 5 m (query shop_*, 3 ms)\n→ Make Prometheus scrape it: it has no fresh shop_*'
  ],
  [
    'asks for the same as the scrape does',
    { prometheus: { fresh: fresh(0, 0, 0, 0), up: samples(), targets: asked([]) } },
    `FAIL: none now, and none in the last hour (query shop_*, 3 ms)\n→ ${ADD_JOB}`
  ],
  [
    'asks to fix the scrape',
    { prometheus: { fresh: fresh(0, 0, 0, 0), up: ofInstance(0), targets: asked([REFUSED]) } },
    'FAIL: none now, and none in the last hour (query shop_*, 3 ms)\n→ Fix the scrape of shop:8080: connection refused'
  ],
  [
    'cannot see what is not answered',
    { prometheus: { fresh: noAnswer } },
    'SKIP: query x: no answer within 5 s, 3 ms\n→ Make Prometheus answer: no answer within 5 s'
  ]
])

suite('Prometheus, which everything learnt from it needs,', () => {
  const upOf = (world: World) => judged('scrape-target-up', world)
  for (const [rule, time, expected] of [
    [
      'may not be a login page',
      unasked('not_the_api', '200 with HTML: a login page, or not Prometheus'),
      'SKIP: needs prometheus, which is FAIL: http://prometheus:9090: query x: 200 with HTML: a login page, or not Prometheus, 3 ms\n→ Fix prometheus.url or its credentials: 200 with HTML: a login page, or not Prometheus'
    ],
    [
      'may not tell an old time',
      samples([{}, NOW / 1000 - 3601]),
      "SKIP: needs prometheus, which is FAIL: its current time is 2026-03-31T10:59:59Z, 1 h behind this machine's: old data, or a wrong clock (query x, 3 ms)\n→ Ask Prometheus itself rather than a cache, or correct the clock of its machine or of this one"
    ],
    [
      'may not tell no time',
      samples([{}, Number.NaN]),
      'SKIP: needs prometheus, which is FAIL: its current time is NaN: old data, or a wrong clock (query x, 3 ms)\n→ Ask Prometheus itself rather than a cache, or correct the clock of its machine or of this one'
    ],
    [
      'is no fault when the gate was stopped',
      unasked('stopped', 'stopped'),
      'SKIP: needs prometheus, which is SKIP: http://prometheus:9090: query x: stopped, 3 ms'
    ]
  ] as const) {
    test(rule, () => assert.equal(upOf({ prometheus: { time } }), expected))
  }

  test('may be five minutes off', () => {
    assert.match(upOf({ prometheus: { time: samples([{}, NOW / 1000 - 300]) } }), /^PASS/)
  })
})

suite('the identity of Prometheus', () => {
  const upOf = (world: World) => judged('scrape-target-up', world)
  const anothers =
    'SKIP: needs identity, which is FAIL: another cluster\'s or another service\'s: the service started at 2026-03-31T11:00:00Z, and Prometheus has only 2026-03-31T10:00:00Z for {job="shop"} (query x, 3 ms)\n→ Point prometheus.url at the Prometheus that scrapes this service: http://prometheus:9090 knows no instance that started at 2026-03-31T11:00:00Z'

  test('is that of a Prometheus that knows the start, within a second', () => {
    assert.match(upOf({ prometheus: { startTimes: ofInstance(STARTED + 1) } }), /^PASS/)
    assert.match(upOf({ prometheus: { startTimes: ofInstance(STARTED + 1.1) } }), /^SKIP/)
  })
  test('may be that of any of several replicas', () => {
    assert.match(upOf({ prometheus: { startTimes: ofInstance(1, STARTED, 2) } }), /^PASS/)
  })
  test('is another process if no start time is the one of the service', () => {
    assert.equal(upOf({ prometheus: { startTimes: ofInstance(STARTED - 3600) } }), anothers)
  })
  test('is another process if the targets that are up have no start time', () => {
    assert.match(
      upOf({ prometheus: { startTimes: samples() } }),
      /another cluster's .* unless a relabelling drops .* no start at all .*→ .*; or let it keep process_start_time_seconds/s
    )
  })
  test('is not judged where Prometheus knows nothing of the service', () => {
    assert.match(upOf({ prometheus: { startTimes: samples(), up: samples(), targets: asked([]) } }), /^FAIL: no up/)
  })
  test('is not judged where the service exposes no start time', () => {
    const metrics = metricsOf(textWith([/process_start.*\n/g, '']))
    assert.match(upOf({ service: { metrics }, prometheus: { startTimes: ofInstance(1) } }), /^PASS/)
    assert.match(upOf({ service: DOWN, prometheus: { startTimes: ofInstance(1) } }), /^PASS/)
  })
  test('waits for a scrape after a restart', () => {
    const metrics = metricsOf(textWith([String(STARTED), String(NOW / 1000 - 119)]))
    assert.match(upOf({ service: { metrics } }), /^SKIP: .*started 1 m 59 s ago.*\n→ Run the gate again once/)
    const ahead = metricsOf(textWith([String(STARTED), String(NOW / 1000 + 60)]))
    assert.match(upOf({ service: { metrics: ahead } }), /^SKIP: .*started just now.*\n→ Run the gate again once/)
    const older = metricsOf(textWith([String(STARTED), String(NOW / 1000 - 120)]))
    assert.match(upOf({ service: { metrics: older } }), /another cluster's/)
  })
  test('waits for a scrape of a target that is scraped seldom', () => {
    const startedAgo = (seconds: number) => metricsOf(textWith([String(STARTED), String(NOW / 1000 - seconds)]))
    const prometheus = { upAge: ofInstance(3, 230) }
    assert.match(
      upOf({ service: { metrics: startedAgo(125) }, prometheus }),
      /^SKIP: .*started 2 m 5 s ago.*\n→ Run the/
    )
    assert.match(upOf({ service: { metrics: startedAgo(291) }, prometheus }), /another cluster's/)
  })
  test('is not judged where no target is up, because a target that is down keeps an old start time', () => {
    const targets = asked([{ ...TARGET, health: 'down' as const, lastError: 'expected a value' }])
    const prometheus = { startTimes: ofInstance(STARTED - 3600), up: ofInstance(0), targets }
    assert.match(upOf({ prometheus }), /^FAIL: .*expected a value/)
    assert.match(upOf({ prometheus: { ...prometheus, up: { ...ofInstance(0), ...PARTIAL } } }), /another cluster's/)
    assert.match(upOf({ prometheus: { ...prometheus, up: samples() } }), /another cluster's/)
  })
  test('is not told by one of several processes', () => {
    const text = textWith([
      `process_start_time_seconds ${STARTED}`,
      `process_start_time_seconds{pid="1"} 5\nprocess_start_time_seconds{pid="2"} ${STARTED}`
    ])
    assert.match(upOf({ service: { metrics: metricsOf(text) } }), /^PASS/)
  })
  test('cannot be told from a partial answer', () => {
    assert.equal(upOf({ prometheus: { startTimes: { ...ofInstance(1), ...PARTIAL } } }).includes('is partial'), true)
  })
  test('cannot be told without an answer', () => {
    assert.match(upOf({ prometheus: { startTimes: noAnswer } }), /^SKIP: .*could not be asked.*no answer within 5 s/)
  })
  test('keeps targets of another from being taken', () => {
    assert.match(
      judged('scrape-job-configured', { prometheus: { startTimes: ofInstance(1) } }),
      /^SKIP: another cluster's/
    )
  })
})

test('what nothing answers to has one action', () => {
  const { actions } = reportOf({ service: DOWN, prometheus: SILENT })
  assert.deepEqual(
    actions.map(({ action }) => action),
    [
      START,
      'Make Prometheus scrape it: start Prometheus, or fix prometheus.url: no answer within 5 s',
      'Run the gate again: required items could not be looked at'
    ]
  )
})

suite('a query in a path of the service', () => {
  test('is in no word of the report, for it may carry a token', () => {
    const secret = '?token=sesame'
    const metrics = { ...CONFIG.metrics, path: `/metrics${secret}` }
    const health = CONFIG.health.map(endpoint => ({ ...endpoint, path: `${endpoint.path}${secret}` }))
    for (const text of ['', 'shop queue 1\n', textWith()]) {
      for (const rest of [{}, { isTruncated: true }, { contentType: '' }]) {
        const report = reportOf({ service: { metrics: metricsOf(text, rest) }, config: { metrics, health } })
        assert.doesNotMatch(JSON.stringify(report), /sesame/)
      }
    }
  })
})
