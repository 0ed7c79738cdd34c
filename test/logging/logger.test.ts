import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createLogger, isLogged, LOG_LEVELS, type LogLevel } from '../../src/logging/logger.ts'

function setUp(level: LogLevel) {
  const lines: Record<string, unknown>[] = []
  const logger = createLogger(level, { write: text => lines.push(JSON.parse(text)) })
  return { lines, logger }
}

suite('logger', () => {
  test("writes the check lines' keys", () => {
    const { lines, logger } = setUp('info')
    logger.info({ port: 9877 }, 'listening')
    const { timestamp, ...rest } = lines[0] ?? {}
    assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(rest, { level: 'info', port: 9877, message: 'listening' })
  })

  test('calls levels as findings do', () => {
    const { lines, logger } = setUp('info')
    logger.warn('a')
    logger.error('b')
    logger.fatal('c')
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['warning', 'error', 'critical']
    )
  })

  for (const [level, expected] of [
    ['trace', 4],
    ['info', 4],
    ['warn', 3],
    ['warning', 3],
    ['error', 2],
    ['fatal', 1],
    ['critical', 1],
    ['silent', 0]
  ] as const) {
    test(`passes ${expected} of info, warn, error and fatal at ${level}`, () => {
      const { lines, logger } = setUp(level)
      logger.info('')
      logger.warn('')
      logger.error('')
      logger.fatal('')
      assert.equal(lines.length, expected)
    })
  }

  test('passes findings by the same levels', () => {
    const passing = (finding: 'info' | 'warning' | 'critical') => LOG_LEVELS.filter(level => isLogged(finding, level))
    assert.deepEqual(passing('info'), ['trace', 'debug', 'info'])
    assert.deepEqual(passing('warning'), ['trace', 'debug', 'info', 'warn', 'warning'])
    assert.deepEqual(passing('critical'), LOG_LEVELS.slice(0, -1))
  })

  test('keeps what a URL may carry out of errors, their stacks and their causes', () => {
    const { lines, logger } = setUp('info')
    const cause = new Error('GET https://user:canary@shop.example/a?token=canary#canary failed')
    logger.error({ err: new Error('postgres://:canary@db/x: no answer', { cause }) }, 'broken')
    assert.doesNotMatch(JSON.stringify(lines), /canary/)
    assert.match(JSON.stringify(lines), /GET https:\/\/shop\.example\/a failed/)
  })

  test('leaves out what a URL in any of its texts may carry', () => {
    const { lines, logger } = setUp('info')
    logger.warn({ problem: 'the proxy http://user:canary@proxy.example said no', other: 7 }, 'seen')
    assert.doesNotMatch(JSON.stringify(lines), /canary/)
    assert.match(JSON.stringify(lines), /"problem":"the proxy http:\/\/proxy\.example said no","other":7/)
  })
})
