import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { createLogger, isLogged, LOG_LEVELS, type LogLevel, withoutUrlSecrets } from '../../src/logging/logger.ts'

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

  for (const [text, expected] of [
    ['https://shop.example/a', 'https://shop.example/a'],
    ['https://u@shop.example/', 'https://shop.example/'],
    ['https://u:p@shop.example:8443/a/b?c=d', 'https://shop.example:8443/a/b'],
    ['at file:///srv/app.ts:12:3', 'at file:///srv/app.ts:12:3'],
    ['at file:///srv/@scope/app.ts:12:3', 'at file:///srv/@scope/app.ts:12:3'],
    ['file:///srv/app.ts?token=canary', 'file:///srv/app.ts'],
    ['https://u:p@ss@shop.example/', 'https://shop.example/'],
    ['https://u:p"\'<>`@shop.example/', 'https://shop.example/'],
    ['postgres://u:p/ss@db/x and more', 'postgres://[redacted] and more'],
    ['https://u:p?ss@shop.example/', 'https://[redacted]'],
    ['https://u:p#ss@shop.example/', 'https://[redacted]'],
    ['https://shop.example/?token=a"b\'c<d>e&f=g h', 'https://shop.example/ h'],
    ['https://shop.example/a#token=a"b h', 'https://shop.example/a h'],
    ['https://u@[::1]:8443/', 'https://[::1]:8443/'],
    ['https://', 'https://'],
    ['https://@shop.example', 'https://shop.example'],
    ['mail a@b.example', 'mail a@b.example'],
    [`${'x'.repeat(40)}://u:p@shop.example`, `${'x'.repeat(40)}://shop.example`]
  ] as const) {
    test(`strips ${text}`, () => assert.equal(withoutUrlSecrets(text), expected))
  }

  test('strips a password of any length and punctuation', () => {
    const passwords = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 300 }).map(text => `${text}canary`)
    fc.assert(
      fc.property(passwords, password => {
        const stripped = withoutUrlSecrets(`at https://user:${password.replace(/\s/g, '_')}@shop.example/a failed`)
        assert.match(stripped, /^at https:\/\/(?:shop\.example\/a|\[redacted\]) failed$/)
      }),
      { numRuns: 1_000 }
    )
  })

  for (const part of ['a', 'a-', 'http://', 'a:/', 'a@']) {
    test(`strips a megabyte of ${part}`, () => {
      const text = `${part.repeat(2 ** 20 / part.length)} https://u:p@shop.example`
      assert.ok(withoutUrlSecrets(text).endsWith(' https://shop.example'))
    })
  }
})
