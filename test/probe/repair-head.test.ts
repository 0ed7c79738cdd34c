import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createHeadRepair } from '../../src/probe/repair-head.ts'

const STRICT = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\r\n\r\n'
const CODED = 'HTTP/1.1 200 OK\r\nX: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const BODY = '{\n \n\t"a": "HTTP/1.1 100 \u00e9"\n\n}'

/** What is passed on of an answer that comes in these chunks; `null` for a chunk after which nothing is. */
function passedOn(...chunks: readonly string[]): (string | null)[] {
  const repair = createHeadRepair()
  return chunks.map(chunk => repair(Buffer.from(chunk, 'latin1'))?.toString('latin1') ?? null)
}

suite('the head of an answer', () => {
  for (const [rule, given, expected] of [
    ['is passed on as it is', STRICT, STRICT],
    ['gets the carriage returns that its lines lack', STRICT.replaceAll('\r', ''), STRICT],
    ['gets those that only some of its lines lack', STRICT.replace('2\r', '2'), STRICT],
    [
      'has a header that goes on in one line',
      STRICT.replace('X: a', 'X: a,\r\n \t b,\r\n c'),
      STRICT.replace('X: a', 'X: a, b, c')
    ],
    [
      'is no 100 where the parser takes none',
      STRICT.replace('200 OK', '100 Go on'),
      STRICT.replace('200 OK', '102 Go on')
    ],
    ['is no 100 of a server that gives no reason', 'HTTP/1.1 100\r\n\r\n', 'HTTP/1.1 102\r\n\r\n'],
    ['loses a header whose name none can have', STRICT.replace('X: a', 'X: a\r\nX Y: b\r\n: c\r\nX\u00e9: d'), STRICT],
    ['loses the space behind a name', STRICT.replace('Length:', 'Length \t:'), STRICT],
    ['has spaces for control characters', STRICT.replace(': a', ': a\u0001\u007fb'), STRICT.replace(': a', ': a  b')],
    [
      'keeps a null and a carriage return in a value',
      STRICT.replace(': a', ': a\u0000b\rc'),
      STRICT.replace(': a', ': a\u0000b\rc')
    ],
    ['loses white space behind a value', STRICT.replace(': 2\r', ': 2 \t\r'), STRICT],
    [
      'loses spaces behind a value, and all of them where it has none',
      STRICT.replace(': 2', ': 2  \r\nY: '),
      `${STRICT.slice(0, -8)}Y:\r\nX: a\r\n\r\n`
    ],
    [
      'keeps a tab in a value, and what is not ASCII',
      STRICT.replace(': a', ':\ta\t\u00e9'),
      STRICT.replace(': a', ':\ta\t\u00e9')
    ],
    ['keeps a line that is no header', STRICT.replace('X:', 'X'), STRICT.replace('X:', 'X')],
    ['has a length once', STRICT.replace('X', 'content-length:2\r\nX'), STRICT],
    ['has a length once that came as a list', STRICT.replace(': 2', ': 2, 2'), STRICT],
    ['has a length without a plus sign', STRICT.replace(': 2', ': +2'), STRICT],
    ['keeps a length that is only a sign', STRICT.replace(': 2', ': +'), STRICT.replace(': 2', ': +')],
    ['keeps lengths that differ', STRICT.replace(': 2', ': 2, 3'), STRICT.replace(': 2', ': 2, 3')],
    ['keeps lengths that are none', STRICT.replace(': 2', ': -2, -2'), STRICT.replace(': 2', ': -2, -2')],
    ['has no length beside a coding', `${CODED.slice(0, -2)}Content-Length: 2\r\n\r\n`, CODED],
    ['has no length in front of a coding', CODED.replace('X', 'Content-Length: 2\r\nX'), CODED],
    ['keeps several codings', CODED.replace(': c', ': gzip, c'), CODED.replace(': c', ': gzip, c')],
    ['loses a coding that is none', STRICT.replace('X', 'Transfer-Encoding: Identity\r\nX'), STRICT],
    [
      'keeps a header that only ends like a coding',
      STRICT.replace('X:', 'Content-Length: 2\r\nX-Transfer-Encoding: identity\r\nX:'),
      STRICT.replace('X:', 'X-Transfer-Encoding: identity\r\nX:')
    ],
    [
      'is no interim one by what a header says',
      `${STRICT.replace(': a', ': HTTP/1.1 103 a')}HTTP/1.1 200 OK\nA: b\n\n`,
      `${STRICT.replace(': a', ': HTTP/1.1 103 a')}HTTP/1.1 200 OK\nA: b\n\n`
    ],
    ['keeps what is not HTTP/1', 'SSH-2.0-x\n\n', 'SSH-2.0-x\n\n'],
    ['keeps what is no text', '\u0015\u0003\u0003\n\n', '\u0015\u0003\u0003\n\n']
  ] as const) {
    test(rule, () => assert.deepEqual(passedOn(given + BODY), [expected + BODY]))
  }

  test('is waited for until its end', () => {
    assert.deepEqual(passedOn('HTTP/1.1 20', '0 OK\nContent-', 'Length: 2\nX: a\n', '\n{', '}\n'), [
      null,
      null,
      null,
      `${STRICT}{`,
      '}\n'
    ])
  })

  test('is repaired wherever it was cut', () => {
    const answer = STRICT.replaceAll('\r', '') + BODY
    for (let cut = 1; cut < answer.length; cut += 1) {
      assert.equal(passedOn(answer.slice(0, cut), answer.slice(cut)).join(''), STRICT + BODY, `after ${cut} bytes`)
    }
  })

  test('is waited for where it begins with a 100', () => {
    const [line, end] = ['HTTP/1.1 100 Continue\r\n', '\r\n']
    assert.deepEqual(passedOn(line, end), [null, 'HTTP/1.1 102 Continue\r\n\r\n'])
  })

  const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
  const BARE = STRICT.replaceAll('\r', '')

  test('is repaired after an interim one', () => {
    assert.deepEqual(passedOn(HINTS + BARE + BODY), [HINTS + STRICT + BODY])
    assert.deepEqual(passedOn(HINTS + HINTS.replaceAll('\r', ''), BARE + BODY), [HINTS + HINTS, STRICT + BODY])
    const [begin, end] = [HINTS.slice(0, 30), HINTS.slice(30)]
    assert.deepEqual(passedOn(begin, `${end}${BARE.slice(0, 20)}`, BARE.slice(20)), [null, HINTS, STRICT])
  })

  test('is left as it is after eight interim ones, and after a change of the protocol', () => {
    const bare = HINTS.replaceAll('\r', '')
    assert.deepEqual(passedOn(bare.repeat(10)), [HINTS.repeat(9) + bare])
    const change = HINTS.replace('103', '101')
    assert.deepEqual(passedOn(change + BARE), [change + BARE])
  })

  test('is waited for no longer than 64 pieces', () => {
    const passed = passedOn('HTTP/1.1 200 OK\n', ...Array.from({ length: 70 }, () => 'X'))
    assert.equal(
      passed.findIndex(one => one !== null),
      63
    )
  })

  test('is waited for no longer than 16 KiB', () => {
    const line = `X: ${'x'.repeat(1020)}\n`
    const passed = passedOn('HTTP/1.1 200 OK\n', ...Array.from({ length: 17 }, () => line))
    assert.equal(
      passed.findIndex(one => one !== null),
      16
    )
  })
})
