import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import type { GateReport } from '../../src/domain/gate.ts'
import { replaceFile, temporaryFolder } from '../support/files.ts'
import { run, serveGuard } from '../support/guard-process.ts'
import { manifests } from '../support/services.ts'
import { until } from '../support/until.ts'

const METRICS = '# TYPE shop_up gauge\nshop_up 1\n'

/** A service with metrics, by a real server; and a gate that asks it, again and again. */
async function setUp(t: TestContext, answer: RequestListener = (_request, response) => void response.end(METRICS)) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  const folder = temporaryFolder(t)
  const write = (name: string, text: string) => {
    replaceFile(join(folder, name), text)
    return join(folder, name)
  }
  const service = { name: 'shop-api', namespace: 'shop', url: `http://127.0.0.1:${port}` }
  const gate = (more: object = {}) => write('gate.yaml', JSON.stringify({ service, ...more }))
  const env = {
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: write('workloads.json', manifests({})),
    GATE_CONFIG: gate(),
    GATE_INTERVAL: '1s'
  }
  return { asked, write, gate, service, env, close: () => server.closeAllConnections() }
}

type Guard = Awaited<ReturnType<typeof serveGuard>>

interface Standing {
  readonly report: GateReport | null
  readonly refusals: readonly string[]
}

const standingOf = async (guard: Guard) => (await (await guard.get('/api/v1/gate')).json()) as Standing

/** A later report than this one. */
async function nextReport(guard: Guard, before = '') {
  return until(async () => {
    const { report } = await standingOf(guard)
    assert.ok(report !== null && report.date > before)
    return report
  })
}

suite('a guard with a gate', () => {
  test('runs it again and again, and shows it everywhere', async t => {
    const { asked, env } = await setUp(t)
    const guard = await serveGuard(t, env)
    const first = await nextReport(guard)
    await nextReport(guard, first.date)
    const status = (id: string) => first.items.find(item => item.id === id)?.status
    assert.equal(status('metrics-endpoint-answers'), 'PASS')
    assert.ok(
      asked.every(line => line === 'GET /metrics'),
      asked.join()
    )
    const metrics = await guard.metrics()
    const labels = 'namespace="shop",service="shop-api"'
    assert.match(metrics, new RegExp(`^keybuzz_gate_go\\{${labels}\\} [01]$`, 'm'))
    assert.match(
      metrics,
      new RegExp(
        `^keybuzz_gate_item\\{${labels},section="Prometheus scrape",item="metrics-endpoint-answers",status="PASS"\\} 1$`,
        'm'
      )
    )
    assert.match(await (await guard.get('/gate')).text(), /shop\/shop-api: (NO-)?GO/)
    assert.match(await (await guard.get('/')).text(), /href="gate"/)
  })

  test('logs a verdict when it changes, and no more', async t => {
    const { env } = await setUp(t)
    const guard = await serveGuard(t, env)
    let { date } = await nextReport(guard)
    for (let runs = 0; runs < 3; runs += 1) date = (await nextReport(guard, date)).date
    const said = guard.lines().filter(({ message }) => String(message).startsWith('The gate says'))
    assert.equal(said.length, 1)
  })

  test('runs a changed file at once, and keeps the last good one when it is broken', async t => {
    const { gate, write, env } = await setUp(t)
    const guard = await serveGuard(t, { ...env, GATE_INTERVAL: '1h' })
    await nextReport(guard)
    gate({ health: { '/health': {} } })
    await until(async () => {
      const { report } = await standingOf(guard)
      assert.ok(report?.items.some(({ id }) => id === 'health-endpoint-health'))
    })
    write('gate.yaml', '{ servce: {} }')
    await until(async () => {
      const { refusals, report } = await standingOf(guard)
      assert.match(refusals.join(), /gate\.yaml:1: .*did you mean service\?/)
      assert.ok(report?.items.some(({ id }) => id === 'health-endpoint-health'))
    })
    assert.match(await guard.metrics(), /^keybuzz_version_guard_config_reload_success 0$/m)
    assert.ok(
      guard.lines().some(({ message }) => message === 'GATE_CONFIG is refused; its last good version stays in use')
    )
  })

  test('runs no more often while its file is refused', async t => {
    const { asked, gate, env } = await setUp(t)
    const guard = await serveGuard(t, { ...env, GATE_INTERVAL: '1h' })
    await nextReport(guard)
    gate({ servce: {} })
    await until(async () => assert.equal((await standingOf(guard)).refusals.length > 0, true))
    // Time for many runs, if one led to the next.
    for (let turn = 0; turn < 100; turn += 1) await guard.get('/live')
    assert.ok(asked.length <= 2, asked.join())
    const refusals = () => guard.lines().filter(({ message }) => /^GATE_CONFIG is refused/.test(String(message))).length
    assert.equal(refusals(), 1)
    gate()
    await until(async () => assert.deepEqual((await standingOf(guard)).refusals, []))
    gate({ servce: {} })
    await until(() => assert.equal(refusals(), 2))
  })

  test('takes a file whose secret came later', async t => {
    const { write, service, env } = await setUp(t)
    const guard = await serveGuard(t, env)
    const headers = { Authorization: { file: 'token' } }
    write('gate.yaml', JSON.stringify({ service: { ...service, headers } }))
    await until(async () => assert.match((await standingOf(guard)).refusals.join(), /token: /))
    write('token', 'a-secret-token')
    await until(async () => assert.deepEqual((await standingOf(guard)).refusals, []))
    assert.ok(!guard.written().includes('a-secret-token'))
  })

  test('does not run it on another shard than the first', async t => {
    const { asked, env } = await setUp(t)
    const guard = await serveGuard(t, { ...env, SHARD: '1', TOTAL_SHARDS: '2' })
    await until(async () => assert.ok((await guard.get('/readyz')).ok))
    assert.equal((await guard.get('/gate')).status, 404)
    assert.doesNotMatch(await guard.metrics(), /keybuzz_gate/)
    assert.deepEqual(asked, [])
  })

  test('goes on checking, and stops in good order, while the service hangs', async t => {
    const arrived = Promise.withResolvers<void>()
    const { env } = await setUp(t, () => arrived.resolve())
    const guard = await serveGuard(t, env)
    await arrived.promise
    await until(async () => assert.ok((await guard.get('/readyz')).ok))
    assert.equal((await standingOf(guard)).report, null)
    assert.match(await (await guard.get('/gate')).text(), /the gate has not run yet/)
    guard.child.kill('SIGTERM')
    assert.deepEqual(await once(guard.child, 'exit'), [0, null])
    assert.doesNotMatch(guard.written(), /could not be run/)
  })

  test('does not start with a file that is wrong, and says so with everything else', async t => {
    const { write, env } = await setUp(t)
    write('gate.yaml', '{ servce: {} }')
    const { code, stderr } = await run(t, ['serve'], { ...env, GATE_INTERVAL: '5 m', CHECK_MODE: 'x' })
    assert.equal(code, 64)
    assert.match(stderr, /gate\.yaml:1: servce: no such key; did you mean service\?/)
    assert.match(stderr, /GATE_INTERVAL: "5 m" is not a duration/)
    assert.match(stderr, /CHECK_MODE/)
  })
})
