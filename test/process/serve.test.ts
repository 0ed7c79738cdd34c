import assert from 'node:assert/strict'
import { once } from 'node:events'
import { openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { replaceFile, temporaryFolder } from '../support/files.ts'
import { serveGuard, startGuard } from '../support/guard-process.ts'
import { manifests, reporting, silent, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const FINE = { version: 'v1', gitSha: 'abc1234' }

interface World {
  /** Requests that the service has had. */
  asked: number
  deploy(workloads: Parameters<typeof manifests>[0]): void
  readonly env: Record<string, string>
  readonly endpoint: string
  readonly folder: string
}

/** A service that says FINE, and a file that deploys it as `shop`. */
async function world(t: TestContext, answer = reporting(FINE)): Promise<World> {
  const folder = temporaryFolder(t)
  const path = join(folder, 'workloads.json')
  const endpoint = await startService(t, (request, response) => {
    here.asked += 1
    answer(request, response)
  })
  const here: World = {
    asked: 0,
    endpoint,
    folder,
    deploy: workloads => replaceFile(path, manifests(workloads)),
    env: {
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: path,
      ENDPOINT_ALLOW: '127.0.0.0/8',
      CHECK_INTERVAL: '1h'
    }
  }
  here.deploy({ shop: { image: 'app:v1', endpoint } })
  return here
}

const CONSISTENT = 'keybuzz_version_consistent{namespace="dev",service="shop"}'

suite('serve', { concurrency: 2 }, () => {
  test('checks at once, and is ready when the first cycle is done', async t => {
    const { env } = await world(t)
    const guard = await serveGuard(t, env)
    await until(async () => assert.equal((await guard.get('/readyz')).status, 200))
    assert.ok((await guard.metrics()).includes(`${CONSISTENT} 1\n`))
    assert.ok(guard.lines().some(line => line.service === 'shop' && line.status === 'OK'))
    assert.match(await guard.metrics(), /^keybuzz_version_guard_cycle_duration_seconds_count 1$/m)
  })

  test('is alive but not ready before, and says why; page and metrics answer all the same', async t => {
    const { env } = await world(t, silent)
    const guard = await serveGuard(t, env)
    const readiness = await guard.get('/readyz')
    assert.equal(readiness.status, 503)
    assert.deepEqual(await readiness.json(), {
      status: 'not_ready',
      checks: { file: { status: 'ok' }, first_cycle: { status: 'error', message: 'not done yet' } }
    })
    for (const path of ['/health', '/', '/metrics', '/api/v1/status', '/debug/version']) {
      assert.equal((await guard.get(path)).status, 200, path)
    }
  })

  test('checks before its time when somebody asks for it', async t => {
    const { env } = await world(t)
    const guard = await serveGuard(t, env)
    const cycles = async (count: number) =>
      assert.match(
        await guard.metrics(),
        new RegExp(`^keybuzz_version_guard_cycle_duration_seconds_count ${count}$`, 'm')
      )
    await until(() => cycles(1))
    assert.equal((await guard.get('/check-now')).status, 202)
    await until(() => cycles(2))
    assert.equal((await guard.get('/check-now')).status, 429)
  })

  test('judges a changed workload with the last observation, without asking again', async t => {
    const here = await world(t)
    const guard = await serveGuard(t, here.env)
    await until(async () => assert.ok((await guard.metrics()).includes(`${CONSISTENT} 1\n`)))
    here.deploy({ shop: { image: 'app:v2', endpoint: here.endpoint } })
    await until(async () => assert.ok((await guard.metrics()).includes(`${CONSISTENT} 0\n`)))
    assert.equal(here.asked, 1)
    await until(() => assert.ok(guard.lines().some(({ status }) => status === 'MISMATCH')))
  })

  test('asks a target that appears between two cycles', async t => {
    const here = await world(t)
    const guard = await serveGuard(t, here.env)
    await until(async () => assert.ok((await guard.metrics()).includes(`${CONSISTENT} 1\n`)))
    here.deploy({
      shop: { image: 'app:v1', endpoint: here.endpoint },
      web: { image: 'app:v1', endpoint: here.endpoint }
    })
    await until(async () =>
      assert.ok((await guard.metrics()).includes('keybuzz_version_consistent{namespace="dev",service="web"} 1\n'))
    )
    assert.equal(here.asked, 2)
  })

  test('leaves nothing of a target that goes', async t => {
    const here = await world(t)
    const guard = await serveGuard(t, here.env)
    await until(async () => assert.ok((await guard.metrics()).includes('service="shop"')))
    here.deploy({})
    await until(async () => assert.ok(!(await guard.metrics()).includes('service="shop"')))
    assert.match(await guard.metrics(), /^keybuzz_version_guard_targets 0$/m)
  })

  test('refuses a broken file, names the line, keeps the last good one, and takes it when mended', async t => {
    const here = await world(t)
    const targets = join(here.folder, 'targets.yaml')
    const good = `targets: [{ service: named, namespace: dev, endpoint: ${here.endpoint}/, workload: { name: shop } }]`
    writeFileSync(targets, good)
    const guard = await serveGuard(t, { ...here.env, TARGETS_FILE: targets })
    const reload = /^keybuzz_version_guard_config_reload_success 1$/m
    await until(async () => assert.match(await guard.metrics(), /service="named"/))
    assert.match(await guard.metrics(), reload)

    writeFileSync(targets, 'targets:\n  - servise: named\n')
    await until(async () => assert.doesNotMatch(await guard.metrics(), reload))
    assert.match(await guard.metrics(), /service="named"/)
    const refusals = guard
      .lines()
      .filter(({ message }) => message === 'TARGETS_FILE is refused; its last good version stays in use')
    assert.ok(refusals.some(({ level, mistake }) => level === 'error' && String(mistake).includes('targets.yaml:2')))

    writeFileSync(targets, 'targets: []')
    await until(async () => assert.doesNotMatch(await guard.metrics(), /service="named"/))
    assert.match(await guard.metrics(), reload)
    const mended = guard.lines().filter(({ message }) => message === 'TARGETS_FILE is good again; it is in use')
    assert.equal(mended.length, 1)
  })

  test('checks on each scrape in scrape mode', async t => {
    const here = await world(t)
    const guard = await serveGuard(t, { ...here.env, CHECK_MODE: 'scrape' })
    await until(async () => assert.equal((await guard.get('/readyz')).status, 200))
    assert.equal(here.asked, 1)
    await guard.metrics()
    assert.equal(here.asked, 2)
  })

  test('shares a cycle among scrapes at once', async t => {
    const waiting: (() => void)[] = []
    const here = await world(t, (_request, response) => {
      waiting.push(() => response.end(JSON.stringify(FINE)))
    })
    const guard = await serveGuard(t, { ...here.env, CHECK_MODE: 'scrape' })
    await until(() => assert.equal(waiting.length, 1))
    const scrapes = [guard.metrics(), guard.metrics(), guard.metrics()]
    // A page that is answered after them: they wait for the cycle by now.
    await guard.get('/health')
    waiting[0]?.()
    for (const text of await Promise.all(scrapes)) assert.ok(text.includes(`${CONSISTENT} 1\n`))
    assert.equal(here.asked, 1)
  })

  test("answers within the scrape's own timeout, however slow an endpoint is", async t => {
    const here = await world(t, silent)
    const guard = await serveGuard(t, { ...here.env, CHECK_MODE: 'scrape', CHECK_TIMEOUT: '1h' })
    const text = await guard.metrics({ 'x-prometheus-scrape-timeout-seconds': '0.5' })
    assert.match(text, /^keybuzz_version_status\{namespace="dev",service="shop",status="UNKNOWN"\} 1$/m)
  })

  test('stops on SIGTERM in the middle of a cycle, flushes, and exits with 0', async t => {
    const here = await world(t, silent)
    const logs = join(here.folder, 'logs')
    const guard = await serveGuard(t, { ...here.env, CHECK_TIMEOUT: '1h', LOG_DIR: logs })
    await until(() => assert.equal(here.asked, 1))
    guard.child.kill('SIGTERM')
    const [code] = await once(guard.child, 'close')
    assert.equal(code, 0)
    assert.deepEqual(
      guard.lines().map(({ message }) => message),
      ['Listening', 'Stopping', 'Stopped']
    )
  })

  test('writes every check to the daily file, and prints only changes', async t => {
    const here = await world(t)
    const logs = join(here.folder, 'logs')
    const guard = await serveGuard(t, { ...here.env, CHECK_INTERVAL: '10ms', LOG_DIR: logs })
    const written = () =>
      readdirSync(logs).flatMap(name => readFileSync(join(logs, name), 'utf8').trimEnd().split('\n'))
    await until(() => assert.ok(written().length >= 3))
    assert.equal(guard.lines().filter(({ service }) => service === 'shop').length, 1)
    assert.equal(JSON.parse(written()[0] ?? '').status, 'OK')
  })

  test('tells at LOG_LEVEL=debug how each probe went, and no query', async t => {
    const here = await world(t)
    here.deploy({ shop: { image: 'app:v1', endpoint: `${here.endpoint}?token=canary` } })
    const guard = await serveGuard(t, { ...here.env, CHECK_INTERVAL: '10ms', LOG_LEVEL: 'debug' })
    const probes = () => guard.lines().filter(({ message }) => message === 'Probed')
    await until(() => assert.ok(probes().length > 1))
    const [first, second] = probes()
    assert.deepEqual([first?.level, first?.service, first?.outcome], ['debug', 'shop', 'report'])
    const told = [first, second].map(
      line => line?.requests as { address: string; connection: string; status: number }[]
    )
    assert.deepEqual(
      told.map(([asked]) => [asked?.address, asked?.connection, asked?.status]),
      [
        [`${here.endpoint}/`, 'new', 200],
        [`${here.endpoint}/`, 'kept', 200]
      ]
    )
  })

  test('goes on, and answers, when nobody reads its log; says how much was lost', async t => {
    const here = await world(t, reporting({ version: '😀'.repeat(128), gitSha: 'abc1234' }))
    const names = Array.from({ length: 1500 }, (_, index) => `shop-${index}`)
    here.deploy(Object.fromEntries(names.map(name => [name, { image: 'app:v1', endpoint: here.endpoint }])))
    const guard = await serveGuard(t, { ...here.env, CHECK_INTERVAL: '10ms', LOG_CHECKS: 'all' })
    let complaints = ''
    guard.child.stderr?.on('data', chunk => {
      complaints += chunk
    })
    guard.child.stdout?.pause()
    // A million characters a cycle: in the end more than is kept for its reader, and fewer lines than a target may have.
    const { asked } = here
    await until(() => assert.ok(here.asked > asked + 1500 * 16), { withinMs: 120_000 })
    assert.equal((await guard.get('/health')).status, 200)
    // So that a slow reader catches up.
    here.deploy({ shop: { image: 'app:v1', endpoint: here.endpoint } })
    guard.child.stdout?.resume()
    await until(() =>
      assert.match(complaints, /nobody read the log from standard output for a while: \d+ lines are lost/)
    )
  })

  test('keeps the memory for what is short-lived small, however much it checks', async t => {
    const here = await world(t)
    const names = Array.from({ length: 1000 }, (_, index) => `shop-${index}`)
    here.deploy(Object.fromEntries(names.map(name => [name, { image: 'app:v1', endpoint: here.endpoint }])))
    const guard = await serveGuard(t, { ...here.env, CHECK_INTERVAL: '10ms' })
    await until(() => assert.ok(here.asked > 15_000), { withinMs: 120_000 })
    const [, bytes] = /^nodejs_heap_space_size_total_bytes\{space="new"\} (\S+)$/m.exec(await guard.metrics()) ?? []
    // Left to itself, V8 takes 128 MiB.
    assert.ok(Number(bytes) < 48 * 1024 * 1024, `${bytes} bytes`)
  })

  test('loses no line of a large first cycle to a reader that reads', async t => {
    const here = await world(t)
    const names = Array.from({ length: 5000 }, (_, index) => `shop-${index}`)
    const endpoint = 'http://127.0.0.1:1/nobody-listens'
    const image = `registry.example/${'long/'.repeat(20)}app:v1`
    here.deploy(Object.fromEntries(names.map(name => [name, { image, endpoint }])))
    const guard = await serveGuard(t, here.env)
    const failed = () => guard.lines().filter(({ status }) => status === 'ERROR')
    await until(() => assert.equal(failed().length, names.length), { withinMs: 120_000 })
  })

  test('goes on when its log has no reader any more', async t => {
    const here = await world(t)
    const guard = await serveGuard(t, { ...here.env, CHECK_INTERVAL: '10ms', LOG_CHECKS: 'all' })
    guard.child.stdout?.destroy()
    const { asked } = here
    await until(() => assert.ok(here.asked > asked + 3))
    assert.equal((await guard.get('/readyz')).status, 200)
  })

  test('goes on when the disk of its log is full, and says so once', async t => {
    const here = await world(t)
    const child = startGuard(t, {
      env: { ...here.env, CHECK_INTERVAL: '10ms', LOG_CHECKS: 'all' },
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe']
    })
    let complaints = ''
    child.stderr?.on('data', chunk => {
      complaints += chunk
    })
    await until(() => assert.ok(here.asked > 3, complaints))
    assert.equal(complaints.split('\n').length, 2, complaints)
    assert.match(complaints, /cannot write the log to standard output: ENOSPC/)
  })
})
