import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { negotiateEncoding, negotiateFormat, readScrapeTimeoutMs } from '../../src/http/request-headers.ts'

const PROMETHEUS_2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
const PROMETHEUS_3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2'
const PROMETHEUS_3_PROTOBUF = `application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,${PROMETHEUS_3}`
const PROMETHEUS_3_TEXT_ONLY =
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3'
const CHROMIUM = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'

suite('negotiation of the format', () => {
  for (const [rule, accept, format] of [
    ['gives Prometheus 2 OpenMetrics', PROMETHEUS_2, 'openmetrics'],
    ['gives Prometheus 3 OpenMetrics, whatever escaping it offers', PROMETHEUS_3, 'openmetrics'],
    ['passes over protobuf, which it does not speak', PROMETHEUS_3_PROTOBUF, 'openmetrics'],
    ['gives text to a Prometheus 3 that asks for text', PROMETHEUS_3_TEXT_ONLY, 'text'],
    ['gives text without a header', undefined, 'text'],
    ['gives text for an empty header', '', 'text'],
    ['gives text for anything', '*/*', 'text'],
    ['gives text to a browser', CHROMIUM, 'text'],
    ['gives text for nonsense', ';;q=,=/,"', 'text'],
    ['gives text where nothing fits', 'application/json', 'text'],
    ['takes OpenMetrics without a version', 'application/openmetrics-text', 'openmetrics'],
    ['takes a quoted version and blanks', 'application/openmetrics-text ; version = "1.0.0"', 'openmetrics'],
    ['takes upper case', 'Application/OpenMetrics-Text', 'openmetrics'],
    ['takes no version that is quoted with blanks around', 'application/openmetrics-text ; version = "0.0.1"', 'text'],
    [
      'does not take another version of text',
      'text/plain;version=1.0.0,application/openmetrics-text;q=0.1',
      'openmetrics'
    ],
    ['takes any text before what is liked less', 'text/*,application/openmetrics-text;q=0.5', 'text'],
    ['takes anything before what is liked less', '*/*,application/openmetrics-text;q=0.5', 'text'],
    ['does not take a quality above one', 'application/openmetrics-text;q=1.5,text/plain;q=0.1', 'text'],
    ['does not take a quality far above one', 'application/openmetrics-text;q=10.5,text/plain;q=0.1', 'text'],
    ['does not take another version of OpenMetrics', 'application/openmetrics-text;version=0.0.1', 'text'],
    ['does not take OpenMetrics that is refused', 'application/openmetrics-text;q=0', 'text'],
    ['follows the quality, not the order', 'application/openmetrics-text;q=0.2,text/plain;q=0.7', 'text'],
    ['follows the order where the quality is the same', 'text/plain,application/openmetrics-text', 'text'],
    ['does not take a wildcard of another kind for text', 'image/*,application/openmetrics-text;q=0.1', 'openmetrics'],
    ['does not take a broken quality', 'application/openmetrics-text;q=high,text/plain;q=0.1', 'text']
  ] as const) {
    test(rule, () => assert.equal(negotiateFormat(accept), format))
  }
})

suite('negotiation of the encoding', () => {
  for (const [rule, acceptEncoding, encoding] of [
    ['compresses for Prometheus', 'gzip', 'gzip'],
    ['compresses for a browser', 'gzip, deflate, br, zstd', 'gzip'],
    ['takes the old name', 'x-gzip', 'gzip'],
    ['takes a wildcard', '*', 'gzip'],
    ['does not compress without a header', undefined, 'identity'],
    ['does not compress for an empty header', '', 'identity'],
    ['does not compress for another encoding', 'br', 'identity'],
    ['does not compress where gzip is refused', 'gzip;q=0', 'identity'],
    ['does not compress where gzip is refused and the rest is not', 'gzip;q=0.000, *', 'identity'],
    ['does not compress where it is refused by a wildcard', 'identity, *;q=0', 'identity'],
    ['does not compress where identity is liked better', 'gzip;q=0.5, identity', 'identity'],
    ['compresses where both are liked', 'identity, gzip', 'gzip'],
    ['compresses where gzip is liked a little, and nothing else is named', 'gzip;q=0.5', 'gzip']
  ] as const) {
    test(rule, () => assert.equal(negotiateEncoding(acceptEncoding), encoding))
  }
})

suite('scrape timeout', () => {
  for (const [rule, header, timeoutMs] of [
    ['is read in seconds', '10', 10_000],
    ['may be a fraction', '0.25', 250],
    ['may be less than a millisecond', '0.0005', 0.5],
    ['is none without the header', undefined, undefined],
    ['is none when empty', '', undefined],
    ['is none when nothing', '0', undefined],
    ['is none when negative', '-3', undefined],
    ['is none when endless', 'Infinity', undefined],
    ['is none when beyond numbers', '1e308', undefined],
    ['is none when no number', '10s', undefined],
    ['is none when given as a list', ['10', '20'], undefined],
    ['is none when given as a list of one', ['10'], undefined]
  ] as const) {
    test(rule, () => assert.equal(readScrapeTimeoutMs(typeof header === 'object' ? [...header] : header), timeoutMs))
  }
})
