import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { replaceFile, temporaryFolder } from '../support/files.ts'
import { run, serveGuard } from '../support/guard-process.ts'
import { manifests, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

/** A service that takes the last of the tokens only, and the files of a guard that has the first. */
async function world(t: TestContext, token: string | null) {
  const folder = temporaryFolder(t)
  const asked: (string | undefined)[] = []
  const origin = await startService(t, (request, response) => {
    asked.push(request.headers.authorization)
    response.end(JSON.stringify({ version: 'v1', gitSha: 'abc1234', headers: request.headers }))
  })
  const tokenFile = join(folder, 'token')
  if (token !== null) writeFileSync(tokenFile, `${token}\n`)
  const headers = { Authorization: { prefix: 'Bearer ', file: 'token' } }
  const targets = [{ service: 'shop', namespace: 'dev', endpoint: origin, headers }]
  writeFileSync(join(folder, 'targets.json'), JSON.stringify({ targets }))
  writeFileSync(join(folder, 'workloads.json'), manifests({ shop: { image: 'app:v1' } }))
  const env = {
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: join(folder, 'workloads.json'),
    TARGETS_FILE: join(folder, 'targets.json'),
    CHECK_INTERVAL: '100ms'
  }
  return { asked, tokenFile, env }
}

const RELOADED = 'keybuzz_version_guard_config_reload_success'

suite('secret headers', { concurrency: true }, () => {
  test('are rotated with their file; while it is gone the last good one stays, and nothing is asked without', async t => {
    const { asked, tokenFile, env } = await world(t, 'canary-first')
    const guard = await serveGuard(t, env)
    await until(() => assert.equal(asked.at(-1), 'Bearer canary-first'))

    replaceFile(tokenFile, 'canary-second')
    await until(() => assert.equal(asked.at(-1), 'Bearer canary-second'))

    rmSync(tokenFile)
    await until(async () => assert.match(await guard.metrics(), new RegExp(`^${RELOADED} 0$`, 'm')))
    const before = asked.length
    await until(() => assert.ok(asked.length > before + 1))
    assert.equal(asked.at(-1), 'Bearer canary-second')
    assert.ok(
      guard.lines().some(({ level, message, mistake }) => {
        const isTold = message === 'A header file of TARGETS_FILE is refused; its last good version stays in use'
        return isTold && level === 'error' && mistake === `${tokenFile}: cannot be read: no such file or directory`
      })
    )

    writeFileSync(tokenFile, 'canary-third')
    await until(() => assert.equal(asked.at(-1), 'Bearer canary-third'))
    await until(async () => assert.match(await guard.metrics(), new RegExp(`^${RELOADED} 1$`, 'm')))
    assert.ok(asked.every(authorization => authorization?.startsWith('Bearer canary-')))
  })

  test('over plain http are warned of, once', async t => {
    const { asked, env } = await world(t, 'canary-first')
    const guard = await serveGuard(t, env)
    await until(() => assert.ok(asked.length > 5))
    const warnings = guard.lines().filter(({ warning }) => String(warning).includes('plain http'))
    assert.deepEqual(
      warnings.map(({ level, warning }) => [level, warning]),
      [['warning', 'dev/shop: a secret header goes over plain http, where everybody on the way can read it; use https']]
    )
  })

  for (const [rule, token, code, line] of [
    ['cannot be read', null, 74, 'cannot be read: no such file or directory'],
    [
      'holds none',
      'canary\ncanary',
      64,
      'not a secret for a header; it takes one line of 8 to 8192 printable ASCII characters'
    ]
  ] as const) {
    test(`keep the guard from starting when the file ${rule}`, async t => {
      const { tokenFile, env } = await world(t, token)
      for (const command of ['serve', 'check']) {
        const outcome = await run(t, [command], env)
        assert.equal(outcome.code, code)
        assert.equal(outcome.stderr, `keybuzz-version-guard: ${tokenFile}: ${line}\n`)
      }
    })
  }
})
