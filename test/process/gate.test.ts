import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite, type TestContext, test } from 'node:test'
import type { GateReport } from '../../src/domain/gate.ts'
import { ROOT, temporaryFolder } from '../support/files.ts'
import { aRulesFile, aRunbook, folderWith } from '../support/gate-files.ts'
import { run, startProgram } from '../support/guard-process.ts'
import { silent, startService } from '../support/services.ts'

const METRICS = '# TYPE shop_orders_total counter\nshop_orders_total 5\n'

const healthy: RequestListener = (request, response) => {
  const isMetrics = request.url === '/metrics'
  response.setHeader('content-type', isMetrics ? 'text/plain; version=0.0.4' : 'application/json')
  response.end(isMetrics ? METRICS : '{"status":"ready","checks":{"database":{"status":"ok"}}}')
}

/** A gate file for a service of these answers. */
async function gateFor(t: TestContext, answer: RequestListener, more = ''): Promise<string> {
  const url = await startService(t, answer)
  return join(folderWith(t, { 'gate.yaml': `service: { name: shop, url: "${url}" }\n${more}` }), 'gate.yaml')
}

const lastLine = (output: string) => output.trimEnd().split('\n').at(-1) ?? ''

suite('gate', { concurrency: 3 }, () => {
  test('a service with nothing but metrics is GO', async t => {
    const file = await gateFor(t, healthy)
    const { code, stdout, stderr } = await run(t, ['gate', '--config', file], {})
    assert.deepEqual([code, lastLine(stdout), stderr], [0, 'GO: all required items passed (2)', ''])
  })

  test('an optional item that fails is GO with reservations', async t => {
    const file = await gateFor(t, healthy, 'documents: [report.md]\noptional: [document-report]\n')
    const { code, stdout } = await run(t, ['gate'], { GATE_CONFIG: file })
    assert.equal(code, 1)
    assert.match(stdout, /\n {2}- document-report is optional and FAIL: report\.md: no such file or directory\n/)
    assert.match(lastLine(stdout), /^GO with reservations: /)
  })

  test('a service that is down is NO-GO, though all items are optional', async t => {
    const gate = `service: { name: shop, url: "http://127.0.0.1:1" }
documents: [report.md]
optional: [metrics-endpoint-answers, metrics-format-valid, document-report]
`
    const folder = folderWith(t, { 'gate.yaml': gate, 'report.md': '# Shop' })
    const { code, stdout } = await run(t, ['gate', '--config', join(folder, 'gate.yaml')], {})
    assert.equal(code, 2)
    assert.match(stdout, /\n {2}- \[blocking\] Start the service: nothing answers at http:\/\/127\.0\.0\.1:1 /)
    assert.equal(lastLine(stdout), 'NO-GO: nothing shows that the service runs')
  })

  test('a required item that fails is NO-GO', async t => {
    const file = await gateFor(t, (_request, response) => response.writeHead(500).end())
    const { code, stdout } = await run(t, ['gate', '--config', file], {})
    assert.equal(code, 2)
    assert.match(lastLine(stdout), /^NO-GO: of 2 required items 1 failed and 1 could not be looked at$/)
  })

  test('only asks, and only by GET', async t => {
    const asked: string[] = []
    const file = await gateFor(
      t,
      (request, response) => {
        asked.push(`${request.method} ${request.url}`)
        healthy(request, response)
      },
      'health: { /readyz: { checks: [database] } }\n'
    )
    assert.equal((await run(t, ['gate', '--config', file], {})).code, 0)
    assert.deepEqual(asked.toSorted(), ['GET /metrics', 'GET /readyz'])
  })

  test('prints JSON with who gated what, as CI says or as options say', async t => {
    const file = await gateFor(t, healthy)
    const ci = { GITHUB_SHA: 'abc1234', CI_ENVIRONMENT_NAME: 'staging', GITLAB_USER_LOGIN: 'ada' }
    const said = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
      const { stdout } = await run(t, ['gate', '--config', file, '--format', 'json', ...args], env)
      const { commit, environment, validator }: GateReport = JSON.parse(stdout)
      return [commit, environment, validator]
    }
    assert.deepEqual(await said([], {}), [null, null, null])
    assert.deepEqual(await said([], ci), ['abc1234', 'staging', 'ada'])
    assert.deepEqual(await said(['--commit', 'x', '--environment', 'y', '--validator', 'z'], ci), ['x', 'y', 'z'])
  })

  for (const [format, start] of [
    ['markdown', /^# PROD gate of shop: GO\n/],
    ['junit', /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites>\n/]
  ] as const) {
    test(`prints ${format}`, async t => {
      const file = await gateFor(t, healthy)
      assert.match((await run(t, ['gate', '--config', file, '--format', format], {})).stdout, start)
    })
  }

  test('--wait looks again until it is GO, and prints one report', async t => {
    let looks = 0
    const file = await gateFor(t, (request, response) => {
      looks += 1
      if (looks > 2) healthy(request, response)
      else response.writeHead(503).end()
    })
    const { code, stdout, stderr } = await run(t, ['gate', '--config', file, '--wait', '10m', '--format', 'json'], {})
    assert.deepEqual([code, JSON.parse(stdout).verdict], [0, 'GO'])
    assert.match(
      stderr,
      /NO-GO: of 2 required items 1 failed and 1 could not be looked at; looking again for (?:10m|9m\d+s)\n$/
    )
  })

  test('--wait ends with the last report when its time is over', async t => {
    const file = await gateFor(t, (_request, response) => response.writeHead(503).end())
    const { code, stdout } = await run(t, ['gate', '--config', file, '--wait', '1ms'], {})
    assert.equal(code, 2)
    assert.match(lastLine(stdout), /^NO-GO/)
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} ends it with 3, and without a verdict`, async t => {
      const { promise: asked, resolve } = Promise.withResolvers<void>()
      const file = await gateFor(t, (request, response) => {
        resolve()
        silent(request, response)
      })
      const child = startProgram(t, ['gate', '--config', file])
      const outputs = Promise.all([child.stdout ? text(child.stdout) : '', child.stderr ? text(child.stderr) : ''])
      await asked
      child.kill(signal)
      assert.deepEqual(await once(child, 'close'), [3, null])
      assert.deepEqual(await outputs, ['', 'keybuzz-version-guard: interrupted: there is no verdict\n'])
    })
  }

  test('SIGTERM while it waits ends it with 3, and the report of the last complete look', async t => {
    const { promise: askedAgain, resolve } = Promise.withResolvers<void>()
    let looks = 0
    const file = await gateFor(t, (request, response) => {
      looks += 1
      if (looks === 1) return response.writeHead(503).end()
      resolve()
      return silent(request, response)
    })
    const child = startProgram(t, ['gate', '--config', file, '--wait', '1m'])
    const outputs = Promise.all([child.stdout ? text(child.stdout) : '', child.stderr ? text(child.stderr) : ''])
    await askedAgain
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'close'), [3, null])
    const [stdout, stderr] = await outputs
    assert.match(stdout, /\n {2}FAIL {2}metrics-endpoint-answers\n {8}GET \S+: 503, /)
    assert.match(lastLine(stdout), /^NO-GO: /)
    assert.equal(lastLine(stderr), 'keybuzz-version-guard: interrupted: the report is of the last complete look')
  })

  test('a wrong gate file ends it with 64, and every mistake', async t => {
    const file = join(folderWith(t, { 'gate.yaml': 'service: {}\nrule: {}\n' }), 'gate.yaml')
    const { code, stdout, stderr } = await run(t, ['gate', '--config', file], {})
    assert.deepEqual([code, stdout], [64, ''])
    assert.deepEqual(
      stderr
        .trimEnd()
        .split('\n')
        .map(line => line.replace(`keybuzz-version-guard: ${file}:`, '')),
      [
        '1: service.name: missing; it takes 1 to 128 printable characters',
        '1: service.url: missing; it takes an address without user, password, query and fragment, http://HOST or https://HOST',
        '2: rule: no such key; did you mean rules?'
      ]
    )
  })

  test('a drill that does not exist ends it with 64', async t => {
    const file = await gateFor(t, healthy)
    const { code, stderr } = await run(t, ['gate', '--config', file, '--drill', 'x'], {})
    assert.equal(code, 64)
    assert.match(stderr, /--drill: .*gate\.yaml has no drill "x"; it has none\n$/)
  })

  test('a gate file that is not there ends it with 74, and says how to get one', async t => {
    const file = join(temporaryFolder(t), 'gate.yaml')
    const { code, stderr } = await run(t, ['gate', '--config', file], {})
    assert.equal(code, 74)
    assert.match(
      stderr,
      /gate\.yaml: cannot be read: no such file or directory; name another with --config, or write one with gate --init\n$/
    )
  })

  test('--init writes a file with comments, and never over one that is there', async t => {
    const file = join(temporaryFolder(t), 'gate.yaml')
    const { code, stdout } = await run(t, ['gate', '--init', '--config', file], {})
    assert.deepEqual([code, stdout], [0, ''])
    const written = readFileSync(file, 'utf8')
    assert.equal((await run(t, ['gate', '--init'], {})).stdout, written)
    writeFileSync(file, 'mine')
    const again = await run(t, ['gate', '--init', '--config', file], {})
    assert.equal(again.code, 74)
    assert.match(again.stderr, /gate\.yaml: cannot be written: file already exists; name another with --config\n$/)
    assert.equal(readFileSync(file, 'utf8'), 'mine')
    assert.equal((await run(t, ['gate', '--config', file], {})).code, 64)
  })
})

suite('gate --drill', () => {
  const DRILL = `drills:
  database:
    break: docker compose stop db
    restore: docker compose start db
    timeout: 1m
    shows: [{ get: /readyz, status: 503 }]
`

  /** A gate with a drill, of a service that is broken and restored as the gate says. */
  async function startDrill(t: TestContext, args: readonly string[] = []) {
    let isBroken = false
    const file = await gateFor(
      t,
      (request, response) => {
        if (request.url === '/readyz' && isBroken) response.writeHead(503).end()
        else healthy(request, response)
      },
      DRILL
    )
    const child = startProgram(t, ['gate', '--config', file, '--drill', 'database', ...args])
    const closed = new AbortController()
    child.once('close', () => closed.abort(new Error(`the gate ended: ${told}`)))
    let told = ''
    const toldOf = async (words: string) => {
      while (!told.includes(words)) {
        assert.ok(child.stderr !== null)
        const [chunk] = await once(child.stderr, 'data', { signal: closed.signal })
        told += chunk
      }
    }
    const setBroken = (broken: boolean) => {
      isBroken = broken
    }
    const stdout = child.stdout === null ? '' : text(child.stdout)
    return { child, stdout, toldOf, setBroken }
  }

  test('prints what to break and what to restore, sees both, and requires the drill', async t => {
    const { child, stdout, toldOf, setBroken } = await startDrill(t, ['--format', 'json'])
    await toldOf('docker compose stop db')
    setBroken(true)
    await toldOf('docker compose start db')
    setBroken(false)
    assert.deepEqual(await once(child, 'close'), [0, null])
    const report: GateReport = JSON.parse(await stdout)
    const item = report.items.find(({ id }) => id === 'drill-database')
    assert.deepEqual([report.verdict, item?.status, item?.required], ['GO', 'PASS', true])
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} ends it with 3, the command that restores, and a report of what was seen`, async t => {
      const { child, stdout, toldOf, setBroken } = await startDrill(t, ['--format', 'json'])
      await toldOf('docker compose stop db')
      setBroken(true)
      await toldOf('docker compose start db')
      child.kill(signal)
      await toldOf('interrupted: the report has only what the drills saw')
      assert.equal(child.exitCode ?? (await once(child, 'close'))[0], 3)
      const { verdict, items, actions }: GateReport = JSON.parse(await stdout)
      const drill = items.find(({ id }) => id === 'drill-database')
      const others = items.filter(({ id }) => id !== 'drill-database')
      assert.equal(verdict, 'NO-GO')
      assert.match(drill?.evidence ?? '', /^interrupted; \+\d+ s seen: GET \/readyz: 503 /)
      assert.deepEqual([...new Set(others.map(({ status }) => status))], ['SKIP'])
      assert.ok(actions.some(({ action }) => action.startsWith('Restore it: docker compose start db; ')))
    })
  }

  test('ends with 3 when it is interrupted before anything was seen, after the command that restores', async t => {
    const { child, stdout, toldOf } = await startDrill(t)
    await toldOf('docker compose stop db')
    child.kill('SIGINT')
    await toldOf('docker compose start db')
    await toldOf('interrupted: ')
    assert.equal(child.exitCode ?? (await once(child, 'close'))[0], 3)
    assert.match(await stdout, /\[blocking\] Restore it: docker compose start db; then run the drill database again/)
  })
})

suite("the source report's own situation", () => {
  const SECTIONS = ['Signal', 'Hypothèses', 'Vérifications', 'Actions']
  const GROUPS = { veza_backend_critical: 8, veza_backend_errors: 2, veza_backend_latency: 2, veza_backend_health: 2 }
  const STATUSES: Readonly<Record<string, 'PASS' | 'FAIL' | 'SKIP'>> = {
    'metrics-endpoint-answers': 'FAIL',
    'metrics-have-prefix': 'SKIP',
    'metrics-format-valid': 'SKIP',
    'scrape-job-configured': 'SKIP',
    'scrape-target-up': 'SKIP',
    'metrics-in-prometheus': 'SKIP',
    'rules-file-present': 'PASS',
    'rules-loaded': 'SKIP',
    'rules-syntax-valid': 'PASS',
    'rules-evaluated': 'SKIP',
    'rule-groups-complete': 'PASS',
    'alert-rule-visible': 'SKIP',
    'alert-runbook-exists': 'PASS',
    'alert-runbook-complete': 'PASS',
    'alert-triggered': 'SKIP',
    'alert-pending-or-firing': 'SKIP',
    'alert-has-runbook-annotation': 'PASS',
    'key-metric-db_pool_open_connections': 'SKIP',
    'key-metric-db_pool_in_use': 'SKIP',
    'key-metric-db_pool_wait_count_total': 'SKIP',
    'key-metric-circuit_breaker_state': 'SKIP',
    'key-metric-circuit_breaker_requests_total': 'SKIP',
    'key-metric-gin_http_requests_total': 'SKIP',
    'key-metric-gin_http_request_duration_seconds': 'SKIP',
    'health-endpoint-health': 'FAIL',
    'health-endpoint-readyz': 'FAIL',
    'health-endpoint-live': 'FAIL',
    'drill-database-down': 'SKIP',
    'drill-circuit-breaker': 'SKIP',
    'runbooks-present': 'PASS',
    'runbooks-actionable': 'PASS',
    'document-hardening-report': 'PASS',
    'document-prometheus': 'PASS'
  }

  test('is NO-GO: 10 PASS, 4 FAIL, 19 SKIP, and four actions', async t => {
    const runbook = aRunbook(SECTIONS)
    const rules = aRulesFile(GROUPS, { runbook: 'docs/runbooks/db_down.md' })
    const example = readFileSync(join(ROOT, 'docs/examples/gate-veza.yaml'), 'utf8')
    const folder = folderWith(t, {
      // Nobody has started anything: nothing listens on these ports.
      'gate.yaml': example
        .replace('url: http://localhost:8080', 'url: http://127.0.0.1:1')
        .replace('url: http://localhost:9090', 'url: http://127.0.0.1:2'),
      'ops/prometheus/alerts.yml': rules.replace('veza_backend_critical-1', 'VezaDatabaseDown'),
      'ops/prometheus/README.md': '# Prometheus',
      'docs/runbooks/db_down.md': runbook,
      'docs/runbooks/redis_down.md': runbook,
      'docs/runbooks/circuit_breaker.md': runbook,
      'docs/PROD_WEEK1_HARDENING_REPORT.md': '# Report'
    })
    const { code, stdout } = await run(t, ['gate', '--config', join(folder, 'gate.yaml'), '--format', 'json'], {})
    const report: GateReport = JSON.parse(stdout)
    assert.deepEqual([code, report.verdict], [2, 'NO-GO'])
    assert.deepEqual(Object.fromEntries(report.items.map(({ id, status }) => [id, status])), STATUSES)
    assert.deepEqual(
      report.sections.map(({ total, pass, fail, skip }) => [total, pass, fail, skip]),
      [
        [6, 0, 1, 5],
        [5, 3, 0, 2],
        [6, 3, 0, 3],
        [7, 0, 0, 7],
        [3, 0, 3, 0],
        [2, 0, 0, 2],
        [4, 4, 0, 0]
      ]
    )
    assert.deepEqual(
      report.actions.map(({ action, blocking }) => [action.split(':')[0], blocking]),
      [
        ['Start the service', true],
        ['Make Prometheus scrape it', true],
        ['Run the gate again', true],
        ['Run the drills', false]
      ]
    )
  })
})
