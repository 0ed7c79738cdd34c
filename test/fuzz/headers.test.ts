import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { serveTcp } from '../support/hostile-servers.ts'
import { during, startProbing } from '../support/probing.ts'
import { anyText, near } from './fuzz.ts'

const RUNS = Math.ceil(Number(process.env.FUZZ_RUNS ?? 1000) / 20)

const ANSWERS = [
  'HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{"version":"v1"}',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{"version":"v1"}\r\n0\r\nx: y\r\n\r\n',
  'HTTP/1.1 302 Found\r\nlocation: /again\r\nlocation: http://localhost/\r\ncontent-length: 0\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.0 204 No Content\r\nconnection: close\r\n\r\n',
  'HTTP/1.1 200 OK\r\ncontent-encoding: gzip, br\r\ncontent-type: \u00ff\r\nset-cookie: a\r\n\r\n{}'
]

suite('fuzzed answers on the wire', () => {
  test('end with a report or a reason, whatever bytes they are, and leave the next one alone', async t => {
    let answer: Buffer = Buffer.alloc(0)
    const server = await during(
      t,
      serveTcp(socket => {
        socket.on('data', () => socket.end(answer))
      })
    )
    const probing = startProbing(t)
    const bytes = fc.oneof(
      near(...ANSWERS).map(text => Buffer.from(text, 'latin1')),
      anyText.map(text => Buffer.from(text)),
      fc.uint8Array({ maxLength: 300 }).map(some => Buffer.from(some))
    )
    await fc.assert(
      fc.asyncProperty(bytes, async sent => {
        answer = sent
        const { report } = await probing.probe(`http://127.0.0.1:${server.port}/`)
        if (!report.seen) assert.ok(report.message.isWellFormed() && report.message.length < 600)
        answer = Buffer.from(ANSWERS[0] ?? '')
        const next = await probing.probe(`http://127.0.0.1:${server.port}/`)
        assert.ok(next.report.seen, JSON.stringify(next.report))
      }),
      { numRuns: RUNS }
    )
  })
})
