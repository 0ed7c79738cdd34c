import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { readScrapeTimeoutMs } from '../../src/http/scrape-timeout.ts'

suite('scrape timeout', () => {
  for (const [rule, header, timeoutMs] of [
    ['is read in seconds', '10', 10_000],
    ['may be a fraction', '0.25', 250],
    ['is none without the header', undefined, undefined],
    ['is none when empty', '', undefined],
    ['is none when nothing', '0', undefined],
    ['is none when negative', '-3', undefined],
    ['is none when endless', 'Infinity', undefined],
    ['is none when beyond numbers', '1e308', undefined],
    ['is none when no number', '10s', undefined],
    ['is none when given as a list', ['10', '20'], undefined]
  ] as const) {
    test(rule, () => assert.equal(readScrapeTimeoutMs(typeof header === 'object' ? [...header] : header), timeoutMs))
  }
})
