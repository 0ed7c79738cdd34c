import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { createDailyFiles, type DailyFiles, dailyFile } from '../../src/logging/daily-files.ts'
import { temporaryFolder } from '../support/files.ts'

const MIDNIGHT = Date.parse('2026-11-04T00:00:00.000Z')

function setUp(t: TestContext) {
  const folder = temporaryFolder(t)
  const events: string[] = []
  const files = createDailyFiles(folder, {
    onError: (error, lost) => events.push(`${error instanceof Error && 'code' in error ? error.code : error}: ${lost}`),
    onRecovery: () => events.push('recovered')
  })
  return { folder, files, events, read: (name: string) => readFileSync(join(folder, name), 'utf8') }
}

suite('daily files', () => {
  test('turn at midnight UTC', async t => {
    const { folder, files, read } = setUp(t)
    files.write(MIDNIGHT - 1, 'yesterday')
    files.write(MIDNIGHT, 'today')
    files.write(MIDNIGHT - 1, 'late')
    await files.flush()
    assert.deepEqual(readdirSync(folder).sort(), ['version_guard_20261103.jsonl', 'version_guard_20261104.jsonl'])
    assert.equal(read('version_guard_20261103.jsonl'), 'yesterday\nlate\n')
    assert.equal(read('version_guard_20261104.jsonl'), 'today\n')
  })

  test('are appended to, also by two writers at once, without mixing lines', async t => {
    const { folder, read } = setUp(t)
    const silent = { onError: assert.fail, onRecovery: () => {} }
    const writers = [createDailyFiles(folder, silent), createDailyFiles(folder, silent)]
    const line = (writer: number, index: number) => `${writer}-${index}-${'x'.repeat(500)}`
    for (let index = 0; index < 1000; index += 1) {
      for (const [number, writer] of writers.entries()) writer.write(MIDNIGHT, line(number, index))
    }
    await Promise.all(writers.map(writer => writer.flush()))
    const lines = read('version_guard_20261104.jsonl').trimEnd().split('\n')
    assert.equal(lines.length, 2000)
    const ownLines = lines.filter(text => text.startsWith('1-'))
    assert.deepEqual(
      ownLines,
      Array.from({ length: 1000 }, (_, index) => line(1, index))
    )
  })

  test('say once that they cannot be written, how much was lost, and when it is over', async t => {
    const { folder, files, events, read } = setUp(t)
    const name = 'version_guard_20261104.jsonl'
    mkdirSync(join(folder, name))
    for (const line of ['lost', 'lost too']) {
      files.write(MIDNIGHT, line)
      await files.flush()
    }
    assert.deepEqual(events, ['EISDIR: 1'])
    rmdirSync(join(folder, name))
    files.write(MIDNIGHT, 'kept')
    await files.flush()
    assert.deepEqual(events, ['EISDIR: 1', 'recovered'])
    assert.equal(read(name).trim(), 'kept')
  })

  // A full disk cuts a line anywhere, and the process that wrote it, from cron, has ended.
  test('get a new line where another process has left half of one', async t => {
    const { folder, files, read } = setUp(t)
    const name = 'version_guard_20261104.jsonl'
    writeFileSync(join(folder, name), 'whole\nha')
    files.write(MIDNIGHT, 'one')
    await files.flush()
    files.write(MIDNIGHT, 'two')
    await files.flush()
    assert.equal(read(name), 'whole\nha\none\ntwo\n')
  })

  test('are no links that somebody put there, and no pipes', async t => {
    const { folder, files, events } = setUp(t)
    writeFileSync(join(folder, 'victim'), 'as it was')
    symlinkSync('victim', join(folder, 'version_guard_20261103.jsonl'))
    execFileSync('mkfifo', [join(folder, 'version_guard_20261104.jsonl')])
    files.write(MIDNIGHT - 1, 'to a link')
    await files.flush()
    assert.deepEqual(events, ['Error: version_guard_20261103.jsonl is a symbolic link, which is not followed: 1'])
    files.write(MIDNIGHT, 'to a pipe')
    await files.flush()
    assert.equal(readFileSync(join(folder, 'victim'), 'utf8'), 'as it was')
  })

  test('are in a folder that may be a link, because the operator has named it', async t => {
    const { folder, read } = setUp(t)
    const link = join(folder, 'link')
    symlinkSync('.', link)
    const files = createDailyFiles(link, { onError: assert.fail, onRecovery: () => {} })
    await files.open()
    files.write(MIDNIGHT, 'kept')
    await files.flush()
    assert.equal(read('version_guard_20261104.jsonl'), 'kept\n')
  })

  test('say in words what is there in place of a file', async t => {
    const { folder, files } = setUp(t)
    const now = dailyFile(folder, Date.now())
    symlinkSync('/nowhere/else', now)
    await assert.rejects(files.open(), /^Error: version_guard_\d+\.jsonl is a symbolic link, which is not followed$/)
    rmSync(now)
    execFileSync('mkfifo', [now])
    await assert.rejects(files.open(), /ENXIO/)
    const reader = spawn('cat', [now], { stdio: 'ignore' })
    t.after(() => reader.kill())
    await assert.rejects(untilRead(files), /^Error: version_guard_\d+\.jsonl is not a regular file$/)
  })

  test('have names that sort by day', () => {
    assert.equal(dailyFile('/logs', MIDNIGHT - 1), '/logs/version_guard_20261103.jsonl')
  })
})

// Until cat has opened the pipe, nobody reads it.
async function untilRead(files: DailyFiles): Promise<void> {
  for (;;) {
    try {
      return await files.open()
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENXIO')) throw error
    }
  }
}
