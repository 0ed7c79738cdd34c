import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite, type TestContext, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { run, startProgram, watching } from '../support/guard-process.ts'
import { manifests, reporting, startService } from '../support/services.ts'

const GAUGES = /^keybuzz_version_consistent\{namespace="dev",service="shop"\} 1$/m

async function setUp(t: TestContext) {
  const folder = temporaryFolder(t)
  const endpoint = await startService(t, reporting({ version: 'v1', gitSha: 'abc1234' }))
  const path = join(folder, 'workloads.json')
  writeFileSync(path, manifests({ shop: { image: 'app:v1', endpoint } }))
  return { folder, env: watching(path) }
}

suite('--textfile', () => {
  test('says at the start that no collector reads a file of another name, and writes it all the same', async t => {
    const { folder, env } = await setUp(t)
    const path = join(folder, 'guard.txt')
    const { code, stderr } = await run(t, ['check', '--textfile', path], env)
    const words = `--textfile: no textfile collector reads ${path}: its name must end in .prom`
    assert.deepEqual([code, stderr], [0, `keybuzz-version-guard: ${words}\n`])
    assert.match(readFileSync(path, 'utf8'), GAUGES)
  })

  test('follows a symbolic link, and minds no name but the last', async t => {
    const { folder, env } = await setUp(t)
    symlinkSync('real', join(folder, 'guard.prom'))
    const { code, stderr } = await run(t, ['check', '--textfile', join(folder, 'guard.prom')], env)
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(readFileSync(join(folder, 'real'), 'utf8'), GAUGES)
  })

  for (const path of ['/dev/stdout', '-']) {
    test(`${path} is standard output: the gauges come behind the lines`, async t => {
      const { env } = await setUp(t)
      const { code, stdout, stderr } = await run(t, ['check', '--textfile', path], env)
      assert.deepEqual([code, stderr], [0, ''])
      const [line = '', ...gauges] = stdout.split('\n')
      assert.equal(JSON.parse(line).status, 'OK')
      assert.match(gauges.join('\n'), GAUGES)
    })
  }

  test('writes into a pipe that somebody reads', async t => {
    const { folder, env } = await setUp(t)
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const besideCat: [string, ...string[]] = ['sh', '-c', 'cat "$0" & exec "$@"', path]
    const child = startProgram(t, ['check', '--textfile', path], { env, through: besideCat })
    assert.ok(child.stdout !== null)
    assert.match(await text(child.stdout), GAUGES)
  })
})
