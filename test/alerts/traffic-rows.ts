import type { Values } from './promtool.ts'
import type { RULE_FILES } from './shipped-rules.ts'

/** One rule of the alerts on traffic, APIs and databases: what there is, and what fires when. */
export interface TrafficRow {
  readonly rule: string
  readonly file: (typeof RULE_FILES)[number]
  readonly input_series: readonly { readonly series: string; readonly values: Values }[]
  readonly promql_expr_test: readonly object[]
}

type Alert = readonly [alert: string, severity: string, namespace: string, service: string]
type Series = Readonly<Record<string, Values>>

export function row(
  rule: string,
  file: TrafficRow['file'],
  series: Series,
  ...firing: readonly (readonly [at: string, ...Alert[]])[]
): TrafficRow {
  return {
    rule,
    file,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: firing.map(([at, ...alerts]) => ({
      expr: 'ALERTS{alertstate="firing"}',
      eval_time: at,
      exp_samples: alerts.map(([alert, severity, namespace, service]) => ({
        labels: `ALERTS{alertname="${alert}",alertstate="firing",namespace="${namespace}",service="${service}",severity="${severity}"}`,
        value: 1
      }))
    }))
  }
}

/** What is recorded of `prod/shop`: at which time an expression has which value; `null`: none. */
function recorded(
  rule: string,
  series: Series,
  ...values: readonly (readonly [at: string, expr: string, value: number | null])[]
): TrafficRow {
  return {
    ...row(rule, 'traffic', series),
    promql_expr_test: values.map(([at, expr, value]) => ({
      expr: `sum by (namespace, service, endpoint) (${expr})`,
      eval_time: at,
      exp_samples: (value === null ? [] : [value]).map(value => ({
        labels: `{${expr.includes('by_endpoint') ? 'endpoint="/buy",' : ''}namespace="prod",service="shop"}`,
        value
      }))
    }))
  }
}

const SHOP = 'namespace="prod",service="shop",job="shop",instance="a:1"'
const RATE: Alert = ['KeyBuzzHigh5xxRate', 'critical', 'prod', 'shop']
const VOLUME: Alert = ['KeyBuzzHigh5xxVolume', 'warning', 'prod', 'shop']
const LATENCY: Alert = ['KeyBuzzHighLatencyP95', 'warning', 'prod', 'shop']
const API: Alert = ['KeyBuzzApiDown', 'critical', 'keybuzz-api-prod', 'keybuzz-api']
const DISK: Alert = ['KeyBuzzDatabaseDiskHigh', 'warning', 'db', 'data-postgres-0']
const QUERIES: Alert = ['KeyBuzzDatabaseSlowQueries', 'warning', 'db', 'postgres']

// One sample every 15 s: 20 requests at a time are 400 in five minutes.
const requests = (good: Values, bad: Values, labels = SHOP, status = 'status'): Series => ({
  [`http_requests_total{${labels},${status}="200"}`]: good,
  [`http_requests_total{${labels},${status}="503"}`]: bad
})
/** One in ten takes longer than 500 ms, all take less than a second. */
const took = (half: Values, all: Values, labels = SHOP): Series => ({
  [`http_request_duration_seconds_bucket{${labels},le="0.5"}`]: half,
  [`http_request_duration_seconds_bucket{${labels},le="1"}`]: all,
  [`http_request_duration_seconds_bucket{${labels},le="+Inf"}`]: all
})
const objective = (seconds: number): Series => ({
  'keybuzz_postdeploy_latency_objective_seconds{namespace="prod",service="shop",instance="g:1"}': `${seconds}x240`,
  'keybuzz_postdeploy_latency_objective_seconds{namespace="prod",service="shop",instance="g:2"}': `${seconds}x240`
})
const up = (a: Values, b: Values, namespace = 'keybuzz-api-prod'): Series => ({
  [`up{job="keybuzz-api",instance="a:1",namespace="${namespace}"}`]: a,
  [`up{job="keybuzz-api",instance="b:1",namespace="${namespace}"}`]: b
})
const disk = (used: Values, claim = 'data-postgres-0', node = 'a'): Series => ({
  [`kubelet_volume_stats_used_bytes{namespace="db",persistentvolumeclaim="${claim}",node="${node}",service="kubelet"}`]:
    used,
  [`kubelet_volume_stats_capacity_bytes{namespace="db",persistentvolumeclaim="${claim}",node="${node}",service="kubelet"}`]:
    '100x240'
})
const queries = (seconds: Values, calls: Values, service = ',service="postgres"'): Series => ({
  [`pg_stat_statements_seconds_total{namespace="db"${service},queryid="1"}`]: seconds,
  [`pg_stat_statements_calls_total{namespace="db"${service},queryid="1"}`]: calls,
  [`pg_stat_statements_seconds_total{namespace="db"${service},queryid="2"}`]: '0x240',
  [`pg_stat_statements_calls_total{namespace="db"${service},queryid="2"}`]: calls
})

export const TRAFFIC_ROWS: readonly TrafficRow[] = [
  row('nothing fires without errors', 'traffic', requests('0+20x240', '_x240'), ['10m'], ['50m']),
  row(
    '6 % of errors fire after two minutes',
    'traffic',
    requests('0+94x240', '0+6x240'),
    ['2m'],
    ['2m15s', RATE],
    ['50m', RATE]
  ),
  row('5 % of errors do not fire', 'traffic', requests('0+95x240', '0+5x240'), ['10m']),
  row(
    'errors are found in any label for the status',
    'traffic',
    requests('0+94x240', '0+6x240', SHOP, 'response_code'),
    ['10m', RATE]
  ),
  row(
    'the ratio is of the service, not of each series',
    'traffic',
    { ...requests('0+50x240', '0+2x240'), ...requests('0+50x240', '0+2x240', SHOP.replace('a:1', 'b:1')) },
    ['10m']
  ),
  row(
    'errors of one of several instances count among all',
    'traffic',
    { ...requests('0+50x240', '0+12x240'), ...requests('0+50x240', '_x240', SHOP.replace('a:1', 'b:1')) },
    ['10m', RATE]
  ),
  row('twenty requests in five minutes are enough', 'traffic', requests('0+0.5x240', '0+0.5x240'), ['10m', RATE]),
  row('fewer are not', 'traffic', requests('0+0.45x240', '0+0.5x240'), ['10m']),
  row('what a probe is told is no error', 'traffic', requests('0+20x240', '0+20x240', `${SHOP},path="/readyz"`), [
    '10m'
  ]),
  row(
    'a route below that of a probe is none',
    'traffic',
    requests('0+20x240', '0+20x240', `${SHOP},path="/health/insurance"`),
    ['10m', RATE]
  ),
  row(
    'a series without a service is nobody’s',
    'traffic',
    requests('0+20x240', '0+20x240', 'namespace="prod",job="x"'),
    ['10m']
  ),
  row(
    'errors that have ended fire ten minutes on, counted from the end of their window',
    'traffic',
    requests('0+90x40 3610+100x240', '0+10x40 400x240'),
    ['10m', RATE],
    ['22m', RATE],
    ['26m']
  ),
  row(
    'a burst of a minute is over before it fires',
    'traffic',
    requests('0+100x240', '0x40 10+10x2 30x240'),
    ['11m'],
    ['13m'],
    ['20m']
  ),
  row(
    'more than ten errors a second fire after a minute',
    'traffic',
    requests('0+9850x240', '0+151x240'),
    ['5m45s'],
    ['7m', VOLUME],
    ['10m', VOLUME]
  ),
  row('ten do not', 'traffic', requests('0+9850x240', '0+150x240'), ['10m']),

  row(
    'a p95 above 500 ms fires after a minute',
    'traffic',
    { ...requests('0+20x240', '_x240'), ...took('0+18x240', '0+20x240') },
    ['1m'],
    ['1m15s', LATENCY],
    ['10m', LATENCY]
  ),
  row('a p95 of 500 ms does not', 'traffic', { ...requests('0+20x240', '_x240'), ...took('0+19x240', '0+20x240') }, [
    '10m'
  ]),
  row(
    'a service that may be slower is',
    'traffic',
    { ...requests('0+20x240', '_x240'), ...took('0+18x240', '0+20x240'), ...objective(1) },
    ['10m']
  ),
  row(
    'a service that has to be faster is held to it',
    'traffic',
    { ...requests('0+20x240', '_x240'), ...took('0+20x240', '0+20x240'), ...objective(0.3) },
    ['10m', LATENCY]
  ),
  row(
    'a p95 of twenty requests is one',
    'traffic',
    { ...requests('0+1x240', '_x240'), ...took('0+0.9x240', '0+1x240') },
    ['10m', LATENCY]
  ),
  row('a p95 of fewer is none', 'traffic', { ...requests('0+0.95x240', '_x240'), ...took('0+0.9x240', '0+1x240') }, [
    '10m'
  ]),
  row(
    'slow probes are not',
    'traffic',
    { ...requests('0+20x240', '_x240'), ...took('0+18x240', '0+20x240', `${SHOP},handler="/metrics"`) },
    ['10m']
  ),

  recorded(
    'what ended counts for five minutes, and no longer',
    {
      ...requests('0+20x40 800x240', '0+2x40 80x240', `${SHOP},path="/buy"`),
      ...took('0+18x40 720x240', '0+20x40 800x240')
    },
    ...['http_requests', 'http_errors', 'http_errors_by_endpoint', 'http_200s'].flatMap(name => [
      ['14m30s', `keybuzz:${name}:rate5m > 0 > bool 0`, 1] as const,
      ['15m30s', `keybuzz:${name}:rate5m > 0 > bool 0`, null] as const
    ]),
    ['14m30s', 'keybuzz:http_latency:p95_5m > bool 0.5', 1],
    ['15m30s', 'keybuzz:http_latency:p95_5m > bool 0.5', 0]
  ),
  recorded(
    'good requests of an instance that has gone are no errors, and bad ones no good',
    { ...requests('0+30x40 _x240', '0+3x40 _x240', `${SHOP},path="/buy"`) },
    ['8m', 'round(keybuzz:http_requests:rate5m, 0.01)', 2.2],
    ['8m', 'round(keybuzz:http_errors:rate5m, 0.01)', 0.2],
    ['8m', 'round(keybuzz:http_errors_by_endpoint:rate5m, 0.01)', 0.2],
    ['8m', 'round(keybuzz:http_200s:rate5m, 0.01)', 2],
    ['13m', 'keybuzz:http_errors:rate5m < bool 0.2', 1],
    ['13m', 'keybuzz:http_errors_by_endpoint:rate5m < bool 0.2', 1],
    ['13m', 'keybuzz:http_errors:rate5m > bool 0', 1],
    ['13m', 'keybuzz:http_200s:rate5m > bool 0.5', 1],
    ['13m', 'keybuzz:http_200s:rate5m < bool 0.9', 1]
  ),
  recorded(
    'a service without errors has none, which is not nothing, and no endpoint that fails',
    requests('0+30x240', '5x240', `${SHOP},path="/buy"`),
    ['8m', 'keybuzz:http_errors:rate5m', 0],
    ['8m', 'keybuzz:http_errors_by_endpoint:rate5m', null]
  ),
  recorded('a service that was never asked for errors has none', requests('0+30x240', '_x240'), [
    '8m',
    'keybuzz:http_errors:rate5m',
    0
  ]),
  recorded('a service that only fails has no good requests, which is not nothing', requests('_x240', '0+30x240'), [
    '8m',
    'keybuzz:http_200s:rate5m',
    0
  ]),
  recorded(
    'the start of a service is that of its youngest process',
    {
      [`process_start_time_seconds{${SHOP}}`]: '100x240',
      [`process_start_time_seconds{${SHOP.replace('a:1', 'b:1')}}`]: '300x240'
    },
    ['10m', 'keybuzz:process_start:timestamp', 300]
  ),

  row('an API of which an instance answers is up', 'api', up('1x240', '0x240'), ['10m']),
  row(
    'an API of which none does is down after a minute',
    'api',
    up('0x240', '0x240'),
    ['45s'],
    ['1m', API],
    ['50m', API]
  ),
  row('an API that Prometheus does not know is down', 'api', {}, ['45s'], ['1m', API]),
  row(
    'an API that goes out of sight while it is down is one alert',
    'api',
    up('1x8 0x12 stale', '1x8 0x12 stale'),
    ['3m'],
    ['4m', API],
    ['5m', API],
    ['5m15s', API],
    ['30m', API]
  ),
  row('the same job in another namespace is another API', 'api', up('1x240', '1x240', 'keybuzz-api-dev'), ['5m', API]),
  row('a target without a namespace is looked at', 'api', { 'up{job="keybuzz-api",instance="a:1"}': '1x240' }, ['5m']),

  row('a disk above 80 % fires after a minute', 'database', disk('81x240'), ['45s'], ['1m', DISK], ['50m', DISK]),
  row('a disk of 80 % does not', 'database', disk('80x240'), ['10m']),
  row(
    'a disk that two nodes mount is one',
    'database',
    { ...disk('85x240'), ...disk('84x240', 'data-postgres-0', 'b') },
    ['10m', DISK]
  ),
  row('a disk of no database is not looked at', 'database', disk('99x240', 'logs'), ['10m']),
  row(
    'queries of more than a second on average fire after a minute',
    'database',
    queries('0+41x240', '0+20x240'),
    ['1m'],
    ['1m15s', QUERIES],
    ['10m', QUERIES]
  ),
  row('queries of a second do not', 'database', queries('0+40x240', '0+20x240'), ['10m']),
  row('a database without a service is called database', 'database', queries('0+41x240', '0+20x240', ''), [
    '10m',
    ['KeyBuzzDatabaseSlowQueries', 'warning', 'db', 'database']
  ])
]
