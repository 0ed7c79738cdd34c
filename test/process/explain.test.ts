import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { temporaryFolder } from '../support/files.ts'
import { listening, run, startGuard } from '../support/guard-process.ts'
import { manifests, reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const FINE = { version: 'v1', gitSha: 'abc1234' }

/** The environment for a fleet with one Deployment `app:v1` for each report, and which services were asked. */
async function fleet(t: TestContext, reports: Readonly<Record<string, object>>) {
  const asked: string[] = []
  const workloads: Record<string, { image: string; endpoint: string }> = {}
  for (const [name, report] of Object.entries(reports)) {
    const answer = reporting(report)
    const endpoint = await startService(t, (request, response) => {
      asked.push(name)
      answer(request, response)
    })
    workloads[name] = { image: 'app:v1', endpoint }
  }
  const path = join(temporaryFolder(t), 'workloads.json')
  writeFileSync(path, manifests(workloads))
  return { asked, env: { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path, ENDPOINT_ALLOW: '127.0.0.0/8' } }
}

suite('explain', { concurrency: 3 }, () => {
  for (const [report, code, status] of [
    [FINE, 0, 'OK'],
    [{ ...FINE, version: 'v2' }, 1, 'MISMATCH'],
    [{}, 2, 'ERROR']
  ] as const) {
    test(`asks one service alone, and exits with ${code} on ${status}`, async t => {
      const { asked, env } = await fleet(t, { shop: report, other: {} })
      const outcome = await run(t, ['explain', 'shop'], env)
      assert.deepEqual([outcome.code, outcome.stderr], [code, ''])
      assert.match(outcome.stdout, new RegExp(`^${status}  \\S+/shop\n`))
      assert.deepEqual([...new Set(asked)], ['shop'])
    })
  }

  test('prints JSON, as the guard serves it', async t => {
    const { env } = await fleet(t, { shop: FINE })
    const { stdout } = await run(t, ['explain', 'shop', '--format', 'json'], env)
    const explanation = JSON.parse(stdout)
    const { namespace, service, probe } = explanation
    assert.deepEqual([service, probe.steps.at(-1).text], ['shop', 'version v1 at /version, git SHA abc1234 at /gitSha'])
    const url = await listening(startGuard(t, { env }))
    const served = await until(async () => {
      const answer = await fetch(`${url}/api/v1/services/${namespace}/shop`)
      const now = (await answer.json()) as typeof explanation
      assert.equal(now.verdict?.status, 'OK')
      return now
    })
    assert.deepEqual(Object.keys(served), Object.keys(explanation))
    assert.deepEqual(served.commands, explanation.commands)
  })

  test('says which service may be meant, and exits with 3', async t => {
    const { asked, env } = await fleet(t, { shop: FINE })
    const outcome = await run(t, ['explain', 'shpo'], env)
    assert.deepEqual([outcome.code, outcome.stdout], [3, ''])
    assert.match(outcome.stderr, /there is no service shpo; did you mean \S+\/shop\?\n$/)
    assert.deepEqual(asked, [])
  })

  test('wants one service', async t => {
    const outcome = await run(t, ['explain'], {})
    assert.equal(outcome.code, 64)
    assert.match(outcome.stderr, /SERVICE: missing; it takes a service, as NAME or NAMESPACE\/NAME/)
  })
})
