import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { accessSync, constants, cpSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { parse } from 'yaml'
import { ROOT, temporaryFolder } from '../support/files.ts'

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
const SCRIPT = /^(?:\w+=\$\()?((?:\.ci|tools\/release|test)\/[\w/-]+)/

/** The script of this repository that a step runs; none in `echo "$(SCRIPT)"`, which ends well when the script fails. */
function scriptOf(run: string): string | undefined {
  return SCRIPT.exec(run)?.[1]
}

// What runs what a package brings along: npm itself, a build, any program of ours that imports one.
const RUNS_PACKAGES =
  /\bnpm\b|\bnpx\b|\bdocker (?:buildx )?(?:build|run)\b|tools\/build|node_modules|\bnode (?!-p )|\.ci\/run/

/** A step with the text of every script of this repository that it leads to. */
function withScripts(run: string): string {
  const named = run.match(/(?:\.ci|tools\/release|test)\/[\w/-]+/g) ?? []
  return [run, ...named.map(path => withoutComments(readFileSync(join(ROOT, path), 'utf8')).replaceAll(path, ''))]
    .map((text, index) => (index === 0 ? text : withScripts(text)))
    .join('\n')
}

function withoutComments(script: string): string {
  return script.replace(/^\s*#.*$/gm, '')
}

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

    test("runs packages' own code in no job that can write", () => {
      for (const [name, job] of Object.entries(jobs)) {
        if (!Object.values(job.permissions ?? {}).includes('write')) continue
        const runs = (job.steps ?? []).flatMap(({ run }) => run ?? [])
        assert.ok(runs.length > 0, name)
        for (const run of runs) assert.doesNotMatch(withScripts(run), RUNS_PACKAGES, name)
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
        const script = scriptOf(run)
        assert.ok(script !== undefined, run)
        accessSync(join(ROOT, script), constants.X_OK)
      }
    })
  })
}

suite('the workflows', () => {
  test('end with a script that fails, and do not hide it in an echo', () => {
    assert.equal(
      scriptOf('echo "digest=$(tools/release/push-image image.tar "$REPOSITORY")" >>"$GITHUB_OUTPUT"'),
      undefined
    )
    assert.equal(
      scriptOf('digest=$(tools/release/push-image image.tar "$REPOSITORY")\necho "digest=$digest"'),
      'tools/release/push-image'
    )
  })

  test('fetch again what another version of a script has put into the cache', () => {
    const text = readFileSync(join(ROOT, '.github/workflows/ci.yaml'), 'utf8')
    const [, patterns = ''] = /key: tools-\$\{\{ hashFiles\((.+)\) \}\}/.exec(text) ?? []
    const hashed = globSync(
      [...patterns.matchAll(/'(.+?)'/g)].map(([, pattern = '']) => pattern),
      { cwd: ROOT }
    )
    const scripts = globSync('test/**/*', { cwd: ROOT, withFileTypes: true })
      .filter(entry => entry.isFile() && !entry.name.includes('.'))
      .map(entry => join(entry.parentPath, entry.name))
      .filter(path => readFileSync(path, 'utf8').includes('XDG_CACHE_HOME'))
    assert.ok(scripts.length >= 5)
    for (const path of scripts) assert.ok(hashed.includes(relative(ROOT, path)), path)
  })

  test('are not all that is pinned and kept fresh: Dependabot sees to actions, base images and packages', () => {
    const { updates } = parse(readFileSync(join(ROOT, '.github/dependabot.yml'), 'utf8'))
    const kinds = updates.map((each: Readonly<Record<string, string>>) => each['package-ecosystem'])
    assert.deepEqual(kinds, ['github-actions', 'docker', 'npm'])
  })

  test('run what gets every right on a machine by its digest', () => {
    const [, image = ''] =
      /--privileged --rm \\\n\s+(\S+)/.exec(readFileSync(join(ROOT, 'tools/release/image'), 'utf8')) ?? []
    assert.match(image, /@sha256:[0-9a-f]{64}$/)
  })
})

suite('tools/release/check-tag', () => {
  function check(t: TestContext, tag: string, changelog: string) {
    const folder = temporaryFolder(t)
    cpSync(join(ROOT, 'tools/release'), join(folder, 'tools/release'), { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "version": "1.2.3" }')
    writeFileSync(join(folder, 'CHANGELOG.md'), changelog)
    const { status, stderr } = spawnSync(join(folder, 'tools/release/check-tag'), [tag], { encoding: 'utf8' })
    return { status, stderr }
  }

  for (const heading of ['## 1.2.3', '## 1.2.3 / 2026-11-21']) {
    test(`lets the package's version pass, of which the changelog tells: ${heading}`, t => {
      assert.deepEqual(check(t, 'v1.2.3', `${heading}\n\n* More\n`), { status: 0, stderr: '' })
    })
  }

  test('lets no other version pass', t => {
    const stderr = 'The tag is v99.0.0, but package.json is of version 1.2.3.\n'
    assert.deepEqual(check(t, 'v99.0.0', '## 1.2.3\n\n* More\n'), { status: 1, stderr })
  })

  for (const [what, changelog] of [
    ['nothing', '## Unreleased\n\n* More\n'],
    ['an empty part', '## 1.2.3\n\n## 1.2.2\n\n* More\n'],
    ['a longer version alone', '## 1.2.30\n\n* More\n'],
    ['another version that a pattern would take', '## 1x2.3\n\n* More\n']
  ] as const) {
    test(`stops before anything is published where the changelog has ${what}`, t => {
      const stderr = 'CHANGELOG.md has nothing under ## 1.2.3.\n'
      assert.deepEqual(check(t, 'v1.2.3', changelog), { status: 1, stderr })
    })
  }
})
