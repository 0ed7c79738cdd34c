import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Runs what prints two variables, in a folder with this .env. */
function print(t: TestContext, prepare: (path: string) => void, env: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder(t)
  prepare(join(folder, '.env'))
  const args = ['--import', join(ROOT, 'src/env-file.ts'), '-p', 'process.env.PORT + " " + process.env.HOST']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' })
  return [status, stdout.trim(), stderr.trim()]
}

suite('.env', () => {
  test('is where variables of npm start and npm run check may be', t => {
    const write = (path: string) => writeFileSync(path, '# ours\nPORT=1\nHOST="::1" # here\n')
    assert.deepEqual(print(t, write), [0, '1 ::1', ''])
    assert.deepEqual(print(t, write, { PORT: '2' }), [0, '2 ::1', ''])
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    for (const script of [scripts.start, scripts.check]) assert.match(script, /--import \.\/src\/env-file\.ts/)
  })

  test('is missed by nobody', t =>
    assert.deepEqual(
      print(t, () => {}),
      [0, 'undefined undefined', '']
    ))

  test('is told where it cannot be read', t => {
    const words = 'keybuzz-version-guard: .env: cannot be read: not a regular file'
    assert.deepEqual(
      print(t, path => mkdirSync(path)),
      [74, '', words]
    )
    const notText = (path: string) => writeFileSync(path, Uint8Array.of(0xff))
    assert.deepEqual(print(t, notText), [64, '', 'keybuzz-version-guard: .env: not UTF-8 text'])
  })
})
