import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { RUNBOOKS } from '../../src/domain/links.ts'
import { needs } from '../support/component.ts'
import { PROMTOOLS, runPromtool } from './promtool.ts'
import { readAllRules, ruleFile } from './shipped-rules.ts'
import { TRAFFIC_ROWS } from './traffic-rows.ts'

const descriptions = new Map(readAllRules().alerts.map(({ alert, annotations }) => [alert, annotations.description]))

const NO_VERSION = { image_tag: '', ui_version: '', git_sha: '' }
/** What annotations are where nobody knows, by file. */
const UNKNOWN = {
  traffic: { ...NO_VERSION, workload: '', page_url: '', dashboard_url: '' },
  api: NO_VERSION,
  database: {}
}

for (const { name, program, missing } of PROMTOOLS) {
  suite(`alerts on traffic, APIs and databases, by the ${name} promtool`, needs(missing), () => {
    for (const { rule, file, input_series, promql_expr_test } of TRAFFIC_ROWS) {
      test(rule, t => {
        const rules = ruleFile(file)
        assert.equal(runPromtool(t, [{ input_series, promql_expr_test }], { program, rules }), '')
      })
    }

    const shop = 'namespace="prod",service="shop"'
    const of = (series: string, values: string) => ({ series, values })
    for (const [alert, file, series, labels, texts] of [
      [
        'KeyBuzzHigh5xxRate',
        'traffic',
        [
          of(`http_requests_total{${shop},code="200"}`, '0+15x40'),
          of(`http_requests_total{${shop},code="500"}`, '0+5x40'),
          of(`keybuzz_version_info{${shop},image_tag="v2",ui_version="v1",git_sha="abc1234"}`, '1x40')
        ],
        { severity: 'critical', namespace: 'prod', service: 'shop' },
        {
          summary: 'shop fails 25% of its requests (prod)',
          message: '25% of requests end in 5xx',
          image_tag: 'v2',
          ui_version: 'v1',
          git_sha: 'abc1234'
        }
      ],
      [
        'KeyBuzzHigh5xxVolume',
        'traffic',
        [of(`http_requests_total{${shop},code="500"}`, '0+300x40')],
        { severity: 'warning', namespace: 'prod', service: 'shop' },
        { summary: 'shop fails 20 requests a second (prod)', message: '20 requests a second end in 5xx' }
      ],
      [
        'KeyBuzzHighLatencyP95',
        'traffic',
        [
          of(`http_requests_total{${shop},code="200"}`, '0+20x40'),
          of(`http_request_duration_seconds_bucket{${shop},le="1"}`, '0x40'),
          of(`http_request_duration_seconds_bucket{${shop},le="2"}`, '0+20x40'),
          of(`http_request_duration_seconds_bucket{${shop},le="+Inf"}`, '0+20x40')
        ],
        { severity: 'warning', namespace: 'prod', service: 'shop' },
        { summary: 'shop is slow: p95 is 1.95s (prod)', message: 'p95 is 1.95s' }
      ],
      [
        'KeyBuzzApiDown',
        'api',
        [
          of('up{job="keybuzz-api",instance="a:1",namespace="keybuzz-api-prod"}', '0x40'),
          of('keybuzz_version_info{namespace="keybuzz-api-prod",service="keybuzz-api",image_tag="v2"}', '1x40')
        ],
        { severity: 'critical', namespace: 'keybuzz-api-prod', service: 'keybuzz-api' },
        {
          summary: 'keybuzz-api is down (keybuzz-api-prod)',
          message: 'No target of job keybuzz-api answers Prometheus',
          image_tag: 'v2'
        }
      ],
      [
        'KeyBuzzApiDown',
        'api',
        [],
        { severity: 'critical', namespace: 'keybuzz-api-prod', service: 'keybuzz-api' },
        {
          summary: 'keybuzz-api is down (keybuzz-api-prod)',
          message: 'Prometheus has no target of job keybuzz-api'
        }
      ],
      [
        'KeyBuzzDatabaseDiskHigh',
        'database',
        [
          of('kubelet_volume_stats_used_bytes{namespace="db",persistentvolumeclaim="data-postgres-0"}', '85x40'),
          of('kubelet_volume_stats_capacity_bytes{namespace="db",persistentvolumeclaim="data-postgres-0"}', '100x40')
        ],
        { severity: 'warning', namespace: 'db', service: 'data-postgres-0' },
        { summary: 'The disk data-postgres-0 is 85% full (db)', message: '85% of the disk is used' }
      ],
      [
        'KeyBuzzDatabaseSlowQueries',
        'database',
        [
          of('pg_stat_statements_seconds_total{namespace="db",service="postgres"}', '0+30x40'),
          of('pg_stat_statements_calls_total{namespace="db",service="postgres"}', '0+20x40')
        ],
        { severity: 'warning', namespace: 'db', service: 'postgres' },
        { summary: 'Queries of postgres take 1.5s on average (db)', message: 'A query takes 1.5s on average' }
      ],
      [
        'KeyBuzzHigh5xxRate',
        'traffic',
        [of('http_requests_total{service="shop",code="500"}', '0+20x40')],
        { severity: 'critical', service: 'shop' },
        { summary: 'shop fails 100% of its requests', message: '100% of requests end in 5xx' }
      ],
      [
        'KeyBuzzDatabaseSlowQueries',
        'database',
        [of('pg_stat_statements_seconds_total', '0+40x40'), of('pg_stat_statements_calls_total', '0+20x40')],
        { severity: 'warning', service: 'database' },
        { summary: 'Queries of database take 2s on average', message: 'A query takes 2s on average' }
      ]
    ] as const) {
      test(`${alert} says exactly: ${texts.message}`, t => {
        const exp_annotations = {
          ...UNKNOWN[file],
          ...texts,
          description: descriptions.get(alert),
          runbook_url: `${RUNBOOKS}/${alert}.md`
        }
        const exp_alerts = [{ exp_labels: labels, exp_annotations }]
        const scenario = {
          input_series: series,
          alert_rule_test: [{ eval_time: '8m', alertname: alert, exp_alerts }]
        }
        assert.equal(runPromtool(t, [scenario], { program, rules: ruleFile(file) }), '')
      })
    }
  })
}
