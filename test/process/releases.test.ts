import assert from 'node:assert/strict'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { deployment, listOf } from '../support/cluster-objects.ts'
import { temporaryFolder } from '../support/files.ts'
import { run, serveGuard, watching } from '../support/guard-process.ts'
import { until } from '../support/until.ts'

/** A folder of releases, and manifests that deploy v1 of `shop`. */
function setUp(t: TestContext) {
  const folder = temporaryFolder(t)
  const releases = join(folder, 'deploy')
  mkdirSync(releases)
  const write = (release: string, text: string) => {
    mkdirSync(join(releases, 'releases', release), { recursive: true })
    writeFileSync(join(releases, 'releases', release, 'manifest.json'), text)
  }
  let links = 0
  const point = (release: string) => {
    links += 1
    const link = join(releases, `.link-${links}`)
    symlinkSync(join('releases', release), link)
    renameSync(link, join(releases, 'current'))
  }
  const workloads = join(folder, 'workloads.json')
  const annotations = { 'version-guard.keybuzz.io/enabled': 'true' }
  const one = deployment('shop', { image: 'shop:v1', annotations })
  writeFileSync(workloads, JSON.stringify(listOf([one])))
  const env = { ...watching(workloads), RELEASES_DIR: releases }
  return { env, write, point, releases }
}

suite('release manifests of a guard that serves', () => {
  test('are followed as the link is switched; a half-written one changes nothing but the reload', async t => {
    const { env, write, point } = setUp(t)
    write('one', '{"tag":"v1","gitSha":"abc1234","runner":"ci-7"}')
    write('two', '{"tag":"v2"}')
    write('half', '{"tag":"v')
    point('one')
    const guard = await serveGuard(t, env)
    const has = (...lines: readonly string[]) =>
      until(async () => {
        const all = (await guard.metrics()).split('\n')
        for (const line of lines) assert.ok(all.includes(line), line)
      })
    const declared = (version: string, gitSha: string) =>
      `keybuzz_declared_info{namespace="shop",service="shop",source="manifest",version="${version}",git_sha="${gitSha}"} 1`
    const status = (word: string) => `keybuzz_release_status{namespace="shop",service="shop",status="${word}"} 1`
    const reload = (value: number) => `keybuzz_version_guard_config_reload_success ${value}`

    await has(declared('v1', 'abc1234'), status('AGREES'), reload(1))
    point('two')
    await has(declared('v2', ''), status('DRIFTED'), reload(1))
    point('half')
    await has(declared('v2', ''), status('DRIFTED'), reload(0))
    assert.match(
      guard.written(),
      /current\/manifest\.json: not JSON.+RELEASES_DIR is refused; its last good version stays in use/
    )
    point('one')
    await has(declared('v1', 'abc1234'), status('AGREES'), reload(1))
  })

  test('are read whole, however often the link is switched meanwhile', async t => {
    const { env, write, point } = setUp(t)
    for (const release of ['a', 'b'])
      write(release, JSON.stringify({ tag: `v-${release}1`, runner: release.repeat(9_000) }))
    point('a')
    const guard = await serveGuard(t, env)
    for (let round = 0; round < 400; round += 1) {
      point(round % 2 === 0 ? 'b' : 'a')
      if (round % 40 === 0) assert.match(await guard.metrics(), /keybuzz_version_guard_config_reload_success 1/)
    }
    await until(async () => assert.match(await guard.metrics(), /source="manifest",version="v-a1"/))
    assert.doesNotMatch(guard.written(), /RELEASES_DIR is refused/)
  })

  test('end the start where their folder is not there', async t => {
    const { env, releases } = setUp(t)
    const { code, stderr } = await run(t, ['serve'], { ...env, RELEASES_DIR: `${releases}/none` })
    assert.equal(code, 74)
    assert.match(stderr, /deploy\/none: cannot be read: no such file or directory/)
  })
})
