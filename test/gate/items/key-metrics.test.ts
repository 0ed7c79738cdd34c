import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { KeyMetricFacts } from '../../../src/gate/live/live-facts.ts'
import {
  asked,
  CONFIG,
  judged,
  metricsOf,
  ofInstance,
  PARTIAL,
  PROMETHEUS,
  samples,
  textWith,
  unasked,
  type World
} from './live-world.ts'

const OPEN_METRICS = { contentType: 'application/openmetrics-text; version=1.0.0' }

function known(name: string, facts: Partial<KeyMetricFacts>): World {
  const before = PROMETHEUS.keyMetrics.get(name)
  if (before === undefined) throw new Error(`no such metric: ${name}`)
  return { prometheus: { keyMetrics: new Map([...PROMETHEUS.keyMetrics, [name, { ...before, ...facts }]]) } }
}

function textOf(...changes: readonly (readonly [from: string | RegExp, to: string])[]): World {
  return { service: { metrics: metricsOf(textWith(...changes)) } }
}

suite('a key metric', () => {
  for (const [rule, name, world, expected] of [
    [
      'passes as a counter',
      'orders_total',
      {},
      'PASS: counter, 1 series, value 5; in Prometheus 7 s old (query shop_orders_total, 3 ms)'
    ],
    [
      'passes as a gauge of several series',
      'queue',
      {},
      'PASS: gauge, 2 series, value 1; in Prometheus 7 s old (query shop_queue, 3 ms)'
    ],
    [
      'passes as a histogram',
      'latency_seconds',
      {},
      'PASS: histogram, 1 series; in Prometheus 7 s old (query shop_latency_seconds, 3 ms)'
    ],
    [
      'fails where it is not there',
      'queue',
      textOf([/.*queue.*\n/g, '']),
      'FAIL: shop_queue is not there\n→ Expose shop_queue'
    ],
    [
      'is not judged where it may stand behind what the gate reads',
      'queue',
      { service: { metrics: metricsOf(textWith([/.*queue.*\n/g, '']), { isTruncated: true }) } },
      'SKIP: shop_queue is not in what the gate reads of it: the answer is larger\n→ Make /metrics smaller'
    ],
    [
      'fails where it is only in HELP or TYPE lines',
      'queue',
      textOf([/shop_queue\{.*\n/g, '']),
      'FAIL: shop_queue is only in HELP or TYPE lines\n→ Expose shop_queue'
    ],
    [
      'says where it is without the prefix',
      'queue',
      textOf([/shop_queue/g, 'queue']),
      'FAIL: shop_queue is not there, but queue is\n→ Expose shop_queue'
    ],
    [
      'says that a name is meant without the prefix',
      'shop_queue',
      { config: { metrics: { ...CONFIG.metrics, required: { shop_queue: 'gauge' } } } },
      'FAIL: shop_shop_queue is not there, but shop_queue is\n→ Name queue in metrics.required of the gate file'
    ],
    [
      'says which metric a series of a histogram belongs to',
      'latency_seconds_bucket',
      { config: { metrics: { ...CONFIG.metrics, required: { latency_seconds_bucket: 'histogram' } } } },
      'FAIL: shop_latency_seconds_bucket is a part of a histogram\n→ Name latency_seconds as a histogram in metrics.required of the gate file'
    ],
    [
      'says which metric a count belongs to',
      'latency_seconds_count',
      { config: { metrics: { ...CONFIG.metrics, required: { latency_seconds_count: 'counter' } } } },
      'FAIL: shop_latency_seconds_count is a part of a histogram\n→ Name latency_seconds as a histogram in metrics.required of the gate file'
    ],
    [
      'says where a counter is with _total',
      'queue',
      {
        prometheus: null,
        config: { prometheus: null, metrics: { ...CONFIG.metrics, required: { queue: 'counter' } } },
        service: { metrics: metricsOf('# TYPE shop_queue counter\nshop_queue_total 5\n# EOF\n', OPEN_METRICS) }
      },
      'FAIL: shop_queue is only in HELP or TYPE lines, but shop_queue_total is there\n→ Name queue_total in metrics.required of the gate file'
    ],
    [
      'fails at another type',
      'queue',
      textOf(['shop_queue gauge', 'shop_queue counter']),
      'FAIL: shop_queue is a counter; expected a gauge\n→ Expose shop_queue as a gauge'
    ],
    [
      'takes the type from Prometheus where the service tells none',
      'queue',
      textOf(['# TYPE shop_queue gauge\n', '']),
      'PASS: gauge by (query x, 3 ms), 2 series, value 1; in Prometheus 7 s old (query shop_queue, 3 ms)'
    ],
    [
      'fails where nobody tells the type',
      'orders_total',
      textOf(['# TYPE shop_orders_total counter\n', '']),
      'FAIL: shop_orders_total has no type; expected a counter\n→ Expose shop_orders_total as a counter'
    ],
    [
      'takes untyped for no type',
      'orders_total',
      textOf(['shop_orders_total counter', 'shop_orders_total untyped']),
      'FAIL: shop_orders_total has no type; expected a counter\n→ Expose shop_orders_total as a counter'
    ],
    [
      'knows the type of a counter by OpenMetrics',
      'orders_total',
      { service: { metrics: metricsOf('# TYPE shop_orders counter\nshop_orders_total 5\n# EOF\n', OPEN_METRICS) } },
      'PASS: counter, 1 series, value 5; in Prometheus 7 s old (query shop_orders_total, 3 ms)'
    ],
    [
      'takes an info of OpenMetrics for a gauge, as the text format has it',
      'build_info',
      {
        prometheus: null,
        config: { prometheus: null, metrics: { ...CONFIG.metrics, required: { build_info: 'gauge' } } },
        service: { metrics: metricsOf('# TYPE shop_build info\nshop_build_info{v="1"} 1\n# EOF\n', OPEN_METRICS) }
      },
      'PASS: gauge, 1 series, value 1'
    ],
    [
      'takes a stateset of OpenMetrics for a gauge, as the text format has it',
      'queue',
      {
        service: {
          metrics: metricsOf('# TYPE shop_queue stateset\nshop_queue{shop_queue="a"} 1\n# EOF\n', OPEN_METRICS)
        }
      },
      'PASS: gauge, 1 series, value 1; in Prometheus 7 s old (query shop_queue, 3 ms)'
    ],
    [
      'is not sure of a sample from the future',
      'queue',
      known('queue', { series: asked({ count: 1, age: -3600 }) }),
      'SKIP: gauge, 2 series, value 1; in Prometheus 1 h in the future, so its age is unknown (query shop_queue, 3 ms)\n→ Correct the clocks of Prometheus and of its storage'
    ],
    [
      'fails where Prometheus has none',
      'queue',
      known('queue', { series: asked({ count: 0, age: null }) }),
      'FAIL: gauge, 2 series, value 1, but not in Prometheus (query shop_queue, 3 ms)\n→ Make Prometheus scrape it: it has no fresh shop_queue'
    ],
    [
      'asks for the same as the scrape does',
      'queue',
      {
        prometheus: {
          ...known('queue', { series: asked({ count: 0, age: null }) }).prometheus,
          up: samples(),
          targets: asked([])
        }
      },
      'FAIL: gauge, 2 series, value 1, but not in Prometheus (query shop_queue, 3 ms)\n→ Make Prometheus scrape it: add job shop with target shop:8080'
    ],
    [
      'fails where it is old in Prometheus',
      'queue',
      known('queue', { series: asked({ count: 1, age: 301 }) }),
      'FAIL: gauge, 2 series, value 1, but in Prometheus 5 m 1 s old (query shop_queue, 3 ms)\n→ Make Prometheus scrape it: it has no fresh shop_queue'
    ],
    [
      'takes five minutes',
      'queue',
      known('queue', { series: asked({ count: 1, age: 300 }) }),
      'PASS: gauge, 2 series, value 1; in Prometheus 5 m old (query shop_queue, 3 ms)'
    ],
    [
      'judges no absence from a partial answer',
      'queue',
      known('queue', { series: asked({ count: 0, age: null }, PARTIAL) }),
      'SKIP: the answer is partial, so what is missing from it proves nothing: store 10.0.0.1 did not answer (query x, 3 ms)\n→ Make Prometheus answer completely: store 10.0.0.1 did not answer'
    ],
    [
      'cannot see what Prometheus does not answer',
      'queue',
      known('queue', { series: unasked('refused', '503 timeout: query timed out') }),
      'SKIP: gauge, 2 series, value 1; query x: 503 timeout: query timed out, 3 ms\n→ Make Prometheus answer: 503 timeout: query timed out'
    ],
    [
      'passes by the service alone where Prometheus is down',
      'queue',
      { prometheus: { time: unasked('unreachable', 'no answer within 5 s') } },
      'PASS: gauge, 2 series, value 1; not looked up in Prometheus: http://prometheus:9090: query x: no answer within 5 s, 3 ms'
    ],
    [
      'takes nothing of another Prometheus',
      'queue',
      { prometheus: { startTimes: ofInstance(1) } },
      'PASS: gauge, 2 series, value 1; not looked up in Prometheus: another cluster\'s or another service\'s: the service started at 2026-03-31T11:00:00Z, and Prometheus has only 1970-01-01T00:00:01Z for {job="shop"} (query x, 3 ms)'
    ],
    [
      'passes by the service alone without Prometheus',
      'queue',
      { prometheus: null, config: { prometheus: null } },
      'PASS: gauge, 2 series, value 1'
    ],
    [
      'fails at what is no metrics',
      'queue',
      { service: { metrics: metricsOf('{}', { contentType: 'application/json' }) } },
      'FAIL: json, and no metrics\n→ Expose shop_queue'
    ],
    [
      'cannot judge protobuf',
      'queue',
      { service: { metrics: metricsOf('x', { contentType: 'application/vnd.google.protobuf' }) } },
      'SKIP: the service offers only protobuf, which the gate cannot read\n→ Make the service offer the text format too'
    ]
  ] as readonly (readonly [string, string, World, string])[]) {
    test(rule, () => assert.equal(judged(`key-metric-${name}`, world), expected))
  }
})
