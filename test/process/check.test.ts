import assert from 'node:assert/strict'
import { once } from 'node:events'
import { openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite, type TestContext, test } from 'node:test'
import { deployment } from '../support/cluster-objects.ts'
import { forbid, kubeconfigTextFor, startFakeApiServer } from '../support/fake-api-server.ts'
import { temporaryFolder } from '../support/files.ts'
import { run, startProgram } from '../support/guard-process.ts'
import { manifests, reporting, silent, startService } from '../support/services.ts'

const FINE = { version: 'v1', gitSha: 'abc1234' }
const TODAY = /^version_guard_\d{8}\.jsonl$/

/** The environment for a fleet with one Deployment `app:v1` for each endpoint that is given, and its folder. */
async function fleet(t: TestContext, endpoints: Readonly<Record<string, string>>) {
  const folder = temporaryFolder(t)
  const path = join(folder, 'workloads.json')
  const workloads = Object.entries(endpoints).map(([name, endpoint]) => [name, { image: 'app:v1', endpoint }])
  writeFileSync(path, manifests(Object.fromEntries(workloads)))
  return { folder, env: { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path, ENDPOINT_ALLOW: '127.0.0.0/8' } }
}

const one = async (t: TestContext, report: object) => fleet(t, { shop: await startService(t, reporting(report)) })
const parse = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

suite('check', { concurrency: 3 }, () => {
  for (const [rule, report, code, status] of [
    ['exits with 0 when all is OK', FINE, 0, 'OK'],
    ['exits with 1 on a mismatch', { ...FINE, version: 'v2' }, 1, 'MISMATCH'],
    ['exits with 1 on a missing SHA', { version: 'v1', gitSha: 'unknown' }, 1, 'WARNING'],
    ['exits with 2 when an endpoint fails', {}, 2, 'ERROR']
  ] as const) {
    test(rule, async t => {
      const { env } = await one(t, report)
      const outcome = await run(t, ['check'], env)
      assert.deepEqual(
        [outcome.code, parse(outcome.stdout).map(line => line.status), outcome.stderr],
        [code, [status], '']
      )
    })
  }

  test('reads a cluster once, with the optional facts that workloads ask for', async t => {
    const api = await startFakeApiServer()
    t.after(api.close)
    const prefix = 'version-guard.keybuzz.io'
    const annotations = {
      [`${prefix}/endpoint`]: await startService(t, reporting(FINE)),
      [`${prefix}/required-configmaps`]: 'settings'
    }
    api.put(deployment('shop', { image: 'app:v1', annotations }))
    const kubeconfig = join(temporaryFolder(t), 'kubeconfig')
    writeFileSync(kubeconfig, kubeconfigTextFor(api))
    const outcome = await run(t, ['check'], { KUBECONFIG: kubeconfig, ENDPOINT_ALLOW: '127.0.0.0/8' })
    assert.deepEqual([outcome.code, parse(outcome.stdout).map(line => line.status)], [0, ['OK']], outcome.stderr)
  })

  test('exits with 3 when it cannot read all workloads, but for services that are named', async t => {
    const api = await startFakeApiServer()
    t.after(api.close)
    const annotations = { 'version-guard.keybuzz.io/endpoint': await startService(t, reporting(FINE)) }
    api.put(deployment('shop', { image: 'app:v1', annotations }))
    const where = 'at the cluster scope'
    api.misbehave(({ path }, answer) => path.endsWith('/statefulsets') && forbid(answer, 'statefulsets.apps', where))
    const kubeconfig = join(temporaryFolder(t), 'kubeconfig')
    writeFileSync(kubeconfig, kubeconfigTextFor(api))
    const env = { KUBECONFIG: kubeconfig, ENDPOINT_ALLOW: '127.0.0.0/8' }
    const whole = await run(t, ['check'], env)
    assert.deepEqual([whole.code, parse(whole.stdout).map(line => line.status)], [3, ['OK']])
    assert.match(whole.stderr, /cannot list statefulsets/)
    assert.equal((await run(t, ['check', 'shop'], env)).code, 0)
  })

  test('prints one line of JSON for each target, with the keys in their order, and nothing else', async t => {
    const { env } = await one(t, FINE)
    const { stdout } = await run(t, ['check'], env)
    assert.match(
      stdout,
      /^\{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"info","message":"Version consistency OK","service":"shop","namespace":"dev","image":"app:v1","ui_version":"v1","git_sha":"abc1234","status":"OK"\}\n$/
    )
  })

  test('exits with 3 when the workload is unknown', async t => {
    const { folder, env } = await one(t, FINE)
    const targets = join(folder, 'targets.yaml')
    const endpoint = await startService(t, reporting(FINE))
    writeFileSync(targets, `targets: [{ service: lost, namespace: dev, endpoint: ${endpoint}/ }]`)
    const outcome = await run(t, ['check'], { ...env, TARGETS_FILE: targets })
    assert.equal(outcome.code, 3)
    assert.match(outcome.stdout, /Deployed image unknown: Deployment lost in namespace dev is not in /)
  })

  test('exits with 3 when there is nothing to check, and says how to change that', async t => {
    const { env } = await fleet(t, {})
    const outcome = await run(t, ['check'], env)
    assert.equal(outcome.code, 3)
    assert.equal(outcome.stdout, '')
    assert.match(outcome.stderr, /nothing to check: name targets in TARGETS_FILE, or annotate/)
    const { stderr } = await run(t, ['check'], { ...env, DISCOVERY: 'false' })
    assert.match(stderr, /nothing to check: name targets in TARGETS_FILE, or set DISCOVERY=true and annotate/)
  })

  for (const args of [['check'], ['check', '--images']])
    test(`does not ask for other targets where ${args.join(' ')} could read nothing`, async t => {
      const env = { WORKLOAD_SOURCE: 'docker', DOCKER_HOST: 'unix:///nowhere/docker.sock' }
      const { code, stderr } = await run(t, args, env)
      assert.equal(code, 3)
      assert.equal(
        stderr,
        `keybuzz-version-guard: Docker at unix:///nowhere/docker.sock: there is no such socket; mount it, or set DOCKER_HOST
keybuzz-version-guard: nothing to check: workloads have never been read
`
      )
    })

  test('checks the targets of its shard alone, and says so', async t => {
    const endpoint = await startService(t, reporting(FINE))
    const names = Array.from({ length: 12 }, (_, n) => `app-${n}`)
    const { env } = await fleet(t, Object.fromEntries(names.map(name => [name, endpoint])))
    const shards = await Promise.all(
      ['guard-0', '1'].map(SHARD => run(t, ['check'], { ...env, SHARD, TOTAL_SHARDS: '2' }))
    )
    for (const [shard, { code, stderr }] of shards.entries()) {
      const said = `this is shard ${shard} of 2 (0 to 1): services of the other shards are not checked here`
      assert.deepEqual([code, stderr], [0, `keybuzz-version-guard: ${said}\n`])
    }
    const checked = shards.map(({ stdout }) => parse(stdout).map(({ service }) => service))
    assert.ok(checked.every(services => services.length > 0))
    assert.deepEqual(checked.flat().sort(), names.sort())
  })

  test('lets the worst decide', async t => {
    const endpoints = {
      a: await startService(t, reporting(FINE)),
      b: await startService(t, reporting({ ...FINE, version: 'v2' })),
      c: await startService(t, (_request, response) => response.writeHead(500).end())
    }
    const { env } = await fleet(t, endpoints)
    const outcome = await run(t, ['check'], env)
    assert.equal(outcome.code, 2)
    assert.deepEqual(
      parse(outcome.stdout).map(({ service }) => service),
      ['c', 'b', 'a']
    )
  })

  test('prints a table for people, without colour where it is no terminal', async t => {
    const { env } = await one(t, FINE)
    const { stdout } = await run(t, ['check', '--format', 'table'], env)
    assert.deepEqual(
      stdout.split('\n').map(line => line.split(/ {2,}/)),
      [
        ['STATUS', 'NAMESPACE', 'SERVICE', 'DEPLOYED', 'REPORTED', 'GIT SHA', 'MESSAGE'],
        ['OK', 'dev', 'shop', 'v1', 'v1', 'abc1234', 'Version consistency OK'],
        ['1 service: 1 OK'],
        ['']
      ]
    )
  })

  test('paints the table where colour is forced', async t => {
    const { env } = await one(t, FINE)
    const { stdout } = await run(t, ['check', '--format', 'table'], { ...env, FORCE_COLOR: '1' })
    assert.ok(stdout.includes('\u001b[32mOK'))
  })

  test('ends at its deadline, and counts as a timeout what has not answered', async t => {
    const { env } = await fleet(t, { shop: await startService(t, silent) })
    const outcome = await run(t, ['check'], { ...env, CHECK_DEADLINE: '2s', CHECK_TIMEOUT: '1h' })
    assert.equal(outcome.code, 2)
    assert.match(outcome.stdout, /Endpoint error: no answer within [\d.]+ m?s/)
  })

  test('says the same when it runs again and again', async t => {
    const { env } = await one(t, FINE)
    const withoutTime = (stdout: string) => parse(stdout).map(({ timestamp, ...line }) => line)
    const first = await run(t, ['check'], env)
    for (let round = 0; round < 3; round += 1) {
      const again = await run(t, ['check'], env)
      assert.deepEqual([again.code, withoutTime(again.stdout)], [first.code, withoutTime(first.stdout)])
    }
  })

  test('appends to the daily file, also when it runs twice at once', async t => {
    const { folder, env } = await one(t, FINE)
    const logs = join(folder, 'logs')
    const both = await Promise.all([1, 2].map(() => run(t, ['check'], { ...env, LOG_DIR: logs })))
    const names = readdirSync(logs)
    assert.ok(
      names.every(name => TODAY.test(name)),
      `${names}`
    )
    const written = names.map(name => readFileSync(join(logs, name), 'utf8')).join('')
    assert.deepEqual(
      written.split('\n').sort(),
      both
        .map(({ stdout }) => stdout)
        .join('')
        .split('\n')
        .sort()
    )
  })

  test('writes the gauges by rename, and leaves no other file', async t => {
    const { folder, env } = await one(t, FINE)
    const path = join(folder, 'guard.prom')
    writeFileSync(path, 'old')
    const before = openSync(path, 'r')
    const { code } = await run(t, ['check', '--textfile', path], env)
    assert.equal(code, 0)
    assert.match(readFileSync(path, 'utf8'), /^keybuzz_version_consistent\{namespace="dev",service="shop"\} 1$/m)
    assert.equal(readFileSync(before, 'utf8'), 'old')
    assert.deepEqual(readdirSync(folder).sort(), ['guard.prom', 'workloads.json'])
  })

  test('says at the start what it may not write, all of it at once, and asks nobody', async t => {
    const { folder, env } = await one(t, FINE)
    const LOG_DIR = join(folder, 'workloads.json')
    const outcome = await run(t, ['check', '--textfile', join(folder, 'missing', 'guard.prom')], { ...env, LOG_DIR })
    assert.deepEqual([outcome.code, outcome.stdout], [74, ''])
    assert.match(outcome.stderr, /LOG_DIR: cannot write to .*workloads\.json: not a directory/)
    assert.match(outcome.stderr, /--textfile: cannot write .*guard\.prom: no such file or directory/)
  })

  test('says why it could not log, and prints all the same', async t => {
    const { folder, env } = await one(t, FINE)
    const withoutSpace: [string, ...string[]] = ['sh', '-c', 'ulimit -f 0 && exec "$@"', 'sh']
    const child = startProgram(t, ['check'], { env: { ...env, LOG_DIR: folder }, through: withoutSpace })
    assert.ok(child.stdout !== null && child.stderr !== null)
    const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
    assert.equal(code, 74)
    assert.match(stdout, /Version consistency OK/)
    assert.match(stderr, /LOG_DIR: cannot write to .*: file too large/)
  })

  test('says that standard output is full, and writes all else', async t => {
    const { folder, env } = await one(t, FINE)
    const textfile = join(folder, 'guard.prom')
    const args = ['check', '--textfile', textfile]
    const outcome = await run(t, args, env, ['ignore', openSync('/dev/full', 'w'), 'pipe'])
    assert.equal(outcome.code, 74)
    assert.match(readFileSync(textfile, 'utf8'), /^keybuzz_version_consistent/m)
    assert.match(outcome.stderr, /cannot write to standard output: no space left on device/)
  })

  test('takes no offence at a reader who has seen enough', async t => {
    const { env } = await one(t, { ...FINE, version: 'v2' })
    const child = startProgram(t, ['check'], { env })
    child.stdout?.destroy()
    let complaints = ''
    child.stderr?.on('data', chunk => {
      complaints += chunk
    })
    const [code] = await once(child, 'close')
    assert.deepEqual([code, complaints], [1, ''])
  })
})
