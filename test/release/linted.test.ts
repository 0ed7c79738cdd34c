import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { needs } from '../support/component.ts'
import { ROOT } from '../support/files.ts'

const FOLDER = process.env.LINTERS_BIN ?? ''
const missing = existsSync(join(FOLDER, 'hadolint'))
  ? undefined
  : 'no linters here; get them with: export LINTERS_BIN="$(test/release/fetch-linters)"'
const workflows = globSync('.github/workflows/*', { cwd: ROOT })

suite('what an image and a release are made by', needs(missing), () => {
  for (const [program, args] of [
    ['hadolint', ['Dockerfile']],
    ['actionlint', workflows],
    ['zizmor', ['--offline', '--no-progress', ...workflows, '.github/dependabot.yml']]
  ] as const) {
    test(`passes ${program}`, () => {
      const { status, stdout, stderr } = spawnSync(join(FOLDER, program), args, { cwd: ROOT, encoding: 'utf8' })
      assert.equal(status, 0, `${stdout}${stderr}`)
    })
  }
})
