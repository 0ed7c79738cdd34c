import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { startServer } from './child.ts'
import { temporaryFolder } from './files.ts'
import { listening, startGuard } from './guard-process.ts'

const node = (code: string) => ({ program: process.execPath, args: ['--eval', code] })
const neverReady = async () => false

suite('a server that a test starts', () => {
  test('is not waited for once it has ended, and its last words are told', async () => {
    const start = startServer(node('console.log("no room"); process.exit(3)'), neverReady)
    await assert.rejects(start, /ended\. It said last:\nno room$/)
  })

  test('is ended when nobody waits for it any longer', async t => {
    const file = join(temporaryFolder(t), 'pid')
    const waiting = new AbortController()
    let pid = ''
    const isReady = async () => {
      pid = readFileSync(file, 'utf8')
      if (pid !== '') waiting.abort()
      return false
    }
    const code = `fs.writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1e6)`
    await assert.rejects(startServer(node(code), isReady, { signal: waiting.signal }), { name: 'AbortError' })
    assert.throws(() => process.kill(Number(pid), 0), { code: 'ESRCH' })
  })

  test('counts as ended where there is no such program', async () => {
    await assert.rejects(startServer({ program: '/no/such/program', args: [] }, neverReady), /ENOENT/)
  })
})

suite('a guard that a test starts', () => {
  test('is not waited for once it has ended, and what it said is told', async t => {
    await assert.rejects(listening(startGuard(t, { env: { PORT: 'none' } })), /the guard ended with 64: .*PORT/)
  })
})
