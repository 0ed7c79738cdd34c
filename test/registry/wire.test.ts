import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { anyText, near } from '../fuzz/fuzz.ts'
import { serveTcp } from '../support/hostile-servers.ts'
import { repositoryOf, startClient } from '../support/registry-fake.ts'

const RUNS = Math.ceil(Number(process.env.FUZZ_RUNS ?? 1000) / 20)

const ANSWERS = [
  'HTTP/1.1 200 OK\r\ncontent-length: 29\r\nlink: <?last=a>; rel="next"\r\n\r\n{"name":"a/b","tags":["1.0"]}',
  'HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer realm="http://registry.test/token"\r\ncontent-length: 0\r\n\r\n',
  'HTTP/1.1 307 Temporary Redirect\r\nlocation: /v2/\r\ncontent-length: 0\r\n\r\n',
  'HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\nratelimit-remaining: 1;w=2\r\ncontent-length: 0\r\n\r\n',
  `HTTP/1.1 200 OK\r\ndocker-content-digest: sha256:${'a'.repeat(64)}\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`
]

suite('fuzzed answers of a registry', () => {
  test('end with a value or a reason, whatever bytes they are', async t => {
    let answer: Buffer = Buffer.alloc(0)
    const server = await serveTcp(socket => {
      socket.on('data', () => socket.end(answer))
    })
    t.after(server.close)
    const registry = { host: `registry.test:${server.port}`, questions: [] }
    const repository = repositoryOf(registry, { kind: 'basic', user: 'u', password: 'secret-password' })
    const bytes = fc.oneof(
      near(...ANSWERS).map(text => Buffer.from(text, 'latin1')),
      anyText.map(text => Buffer.from(text)),
      fc.uint8Array({ maxLength: 300 }).map(some => Buffer.from(some))
    )
    await fc.assert(
      fc.asyncProperty(bytes, async sent => {
        answer = sent
        // A new one each time, because it remembers hosts that fail.
        const client = startClient(t, [registry], { timeoutMs: 5000 })
        const digest = `sha256:${'a'.repeat(64)}`
        const found = [
          await client.listTags(repository),
          await client.digestOf(repository, '1.0'),
          await client.manifest(repository, digest),
          await client.labels(repository, { digest, platform: null })
        ]
        for (const one of found) {
          if (one.seen) continue
          assert.ok(one.message.isWellFormed() && one.message.length < 600, one.message)
          assert.ok(!one.message.includes('secret-password'))
        }
        await client.close()
      }),
      { numRuns: RUNS }
    )
  })
})
