import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { accessSync, constants, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { parse } from 'yaml'
import { ROOT } from '../image/dockerfile.ts'

interface Step {
  readonly uses?: string
  readonly run?: string
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly steps?: readonly Step[]
}

const ABOUT_THE_MACHINE = /^(git config|docker login|helm registry login) /
const SCRIPT = /(?:^|\$\()((?:\.ci|release|test)\/[\w/-]+)/

for (const path of globSync('.github/workflows/*.yaml', { cwd: ROOT })) {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const { jobs, permissions } = parse(text) as { jobs: Readonly<Record<string, Job>>; permissions: object }
  const steps = Object.values(jobs).flatMap(job => job.steps ?? [])

  suite(path, () => {
    test('gives no job more than it says, nor for ever', () => {
      assert.deepEqual(permissions, {})
      for (const [name, job] of Object.entries(jobs)) {
        assert.ok(job.permissions?.contents, name)
        if (job.steps !== undefined) assert.ok((job['timeout-minutes'] ?? Number.POSITIVE_INFINITY) <= 90, name)
      }
    })

    test('takes every action by a commit, and says its version', () => {
      const used = text.split('\n').filter(line => /uses: (?!\.\/)/.test(line))
      assert.equal(used.length, steps.filter(step => step.uses !== undefined).length)
      for (const line of used) assert.match(line, /uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    })

    test('runs nothing but scripts of this repository, which anybody can run by hand', () => {
      for (const { run } of steps) {
        if (run === undefined || ABOUT_THE_MACHINE.test(run)) continue
        const [, script = ''] = SCRIPT.exec(run.replace('echo "digest=', '')) ?? []
        assert.notEqual(script, '', run)
        // Comes with the chart.
        if (script !== 'test/helm/on-kind') accessSync(join(ROOT, script), constants.X_OK)
      }
    })
  })
}

suite('release/check-tag', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const check = (tag: string) => spawnSync(join(ROOT, 'release/check-tag'), [tag], { encoding: 'utf8' })

  test("lets the package's version pass, and no other", () => {
    assert.equal(check(`v${version}`).status, 0)
    const { status, stderr } = check('v99.0.0')
    assert.equal(status, 1)
    assert.equal(stderr, `The tag is v99.0.0, but package.json is of version ${version}.\n`)
  })
})
