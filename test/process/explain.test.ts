import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { deployment } from '../support/cluster-objects.ts'
import { kubeconfigTextFor, startFakeApiServer } from '../support/fake-api-server.ts'
import { temporaryFolder } from '../support/files.ts'
import { listening, run, startGuard, watching } from '../support/guard-process.ts'
import { manifests, reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const FINE = { version: 'v1', gitSha: 'abc1234' }

interface Explained {
  readonly revisions: {
    readonly items: readonly {
      readonly images: readonly string[]
      readonly from: string | null
      readonly to: string | null
    }[]
  }
}

function replicaSet(hash: string, { image, number, createdAt }: { image: string; number: number; createdAt: string }) {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `shop-${hash}`,
      namespace: 'shop',
      creationTimestamp: createdAt,
      annotations: { 'deployment.kubernetes.io/revision': String(number) },
      ownerReferences: [{ kind: 'Deployment', name: 'shop', controller: true }]
    },
    spec: { template: { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'app', image }] } } }
  }
}

/** The environment for a fleet with one Deployment `app:v1` for each report, and which services were asked. */
async function fleet(t: TestContext, reports: Readonly<Record<string, object>>) {
  const asked: string[] = []
  const workloads: Record<string, { image: string; endpoint: string }> = {}
  for (const [name, report] of Object.entries(reports)) {
    const answer = reporting(report)
    // A guard of another test may still ask at a port that was given to this one: only this test knows the path.
    const path = `/${randomUUID()}`
    const origin = await startService(t, (request, response) => {
      if (request.url === path) asked.push(name)
      answer(request, response)
    })
    workloads[name] = { image: 'app:v1', endpoint: `${origin}${path}` }
  }
  const path = join(temporaryFolder(t), 'workloads.json')
  writeFileSync(path, manifests(workloads))
  return { asked, env: watching(path) }
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
      assert.deepEqual([outcome.code, outcome.stderr], [code, ''], outcome.stdout)
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
    const { stderr } = await run(t, ['explain', 'unlike'], env)
    assert.match(stderr, /there is no service unlike; known are \S+\/shop\n$/)
  })

  test('tells what was live when: images of old revisions are read when somebody looks', async t => {
    const api = await startFakeApiServer()
    t.after(api.close)
    const annotations = { 'version-guard.keybuzz.io/enabled': 'true' }
    api.put(deployment('shop', { image: 'web:v2', annotations, rolledOutAt: Date.parse('2026-11-03T04:05:00Z') }))
    api.put(replicaSet('one', { image: 'web:v1', number: 1, createdAt: '2026-11-01T00:00:00Z' }))
    api.put(replicaSet('two', { image: 'web:v2', number: 2, createdAt: '2026-11-03T03:04:05Z' }))
    const kubeconfig = join(temporaryFolder(t), 'kubeconfig')
    writeFileSync(kubeconfig, kubeconfigTextFor(api))
    const env = { KUBECONFIG: kubeconfig, WATCH_PODS: 'true' }
    const lives = [
      ['web:v2', '2026-11-03T03:04:05.000Z', null],
      ['web:v1', '2026-11-01T00:00:00.000Z', '2026-11-03T03:04:05.000Z']
    ]
    const livesOf = ({ revisions }: Explained) => revisions.items.map(({ images, from, to }) => [...images, from, to])

    const outcome = await run(t, ['explain', 'shop/shop', '--format', 'json'], env)
    assert.deepEqual([outcome.code, livesOf(JSON.parse(outcome.stdout))], [0, lives])
    const url = await listening(startGuard(t, { env }))
    await until(async () => {
      const answer = await fetch(`${url}/api/v1/services/shop/shop`)
      assert.deepEqual(livesOf((await answer.json()) as Explained), lives)
    })
    const methods = new Set(api.requests.map(({ method }) => method))
    assert.deepEqual([...methods], ['GET'])
  })

  test('wants one service', async t => {
    const outcome = await run(t, ['explain'], {})
    assert.equal(outcome.code, 64)
    assert.match(outcome.stderr, /SERVICE: missing; it takes a service, as NAME or NAMESPACE\/NAME/)
  })
})
