import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { ROOT, temporaryFolder } from '../support/files.ts'
import { type RunningGuard, run, serveGuard, watching } from '../support/guard-process.ts'
import { askProcess, killed, nextMessage, startNode } from '../support/node-process.ts'
import type { PodOrder, PodStart } from '../support/pod-process.ts'
import { workloadWithPods } from '../support/pods.ts'
import { reporting, startService } from '../support/services.ts'
import { until } from '../support/until.ts'

const FILE = join(ROOT, 'test/support/pod-process.ts')
const NEW = { version: 'v2', gitSha: 'abc1234' }

async function startPod(t: TestContext, start: PodStart) {
  const child = startNode(t, { file: FILE, args: [JSON.stringify(start)] })
  const port = Number(await nextMessage(child))
  return { child, port, report: (order: PodOrder) => askProcess(child, order) }
}

/** Five processes as pods on loopback addresses: one that is right, one old, one dead, one slow, one with another SHA. */
async function fivePods(t: TestContext) {
  const right = await startPod(t, { address: '127.0.0.2', port: 0, report: NEW })
  const { port } = right
  const [old, dead, slow, other] = await Promise.all([
    startPod(t, { address: '127.0.0.3', port, report: { version: 'v1', gitSha: '0001111' } }),
    startPod(t, { address: '127.0.0.4', port, report: NEW }),
    startPod(t, { address: '127.0.0.5', port, report: NEW, isSlow: true }),
    startPod(t, { address: '127.0.0.6', port, report: { version: 'v2', gitSha: 'def5678' } })
  ])
  await killed(dead.child)
  return { port, right, old, slow, other }
}

const addresses = {
  'shop-dead': { ip: '127.0.0.4' },
  'shop-old': { ip: '127.0.0.3' },
  'shop-other': { ip: '127.0.0.6' },
  'shop-right': { ip: '127.0.0.2' },
  'shop-slow': { ip: '127.0.0.5' }
}

function write(t: TestContext, manifests: string): string {
  const path = join(temporaryFolder(t), 'workloads.json')
  writeFileSync(path, manifests)
  return path
}

interface Status {
  readonly status: string
  readonly message: string
  readonly uiVersion: string | null
  readonly pods: {
    readonly versions: number
    readonly results: Record<string, number>
    readonly asked: readonly { readonly name: string; readonly result: string; readonly version: string | null }[]
  } | null
}

async function statusOf(guard: RunningGuard): Promise<Status> {
  const answer = (await (await guard.get('/api/v1/status')).json()) as { services: readonly Status[] }
  const [service] = answer.services
  assert.ok(service)
  return service
}

const linesOf = (text: string, name: string) =>
  text
    .split('\n')
    .filter(line => line.startsWith(`${name}{`))
    .map(line => line.replace(/namespace="dev",service="shop",?/, ''))

suite('a service that is asked pod by pod', { concurrency: 2 }, () => {
  test('is a mismatch that names the odd pods, with one old, one dead, one slow, one of another SHA', async t => {
    const { port, slow, old, other } = await fivePods(t)
    const annotations = { 'endpoint-scope': 'pods', 'endpoint-port': String(port) }
    const manifests = workloadWithPods('shop', annotations, {
      ...addresses,
      'shop-leaving': { ip: '127.0.0.2', isLeaving: true },
      'shop-node': { ip: '127.0.0.8', isOnHostNetwork: true },
      'shop-starting': { ip: '127.0.0.2', isReady: false }
    })
    const guard = await serveGuard(t, {
      ...watching(write(t, manifests)),
      // The address of the one on the host's network is not among them.
      ENDPOINT_ALLOW: '127.0.0.0/29',
      CHECK_INTERVAL: '200ms',
      CHECK_TIMEOUT: '60s'
    })
    // The slow one keeps nobody waiting for what the others say.
    await until(async () => assert.equal((await statusOf(guard)).status, 'MISMATCH'))
    await slow.report({ report: NEW })
    const status = await until(async () => {
      const status = await statusOf(guard)
      assert.equal(status.pods?.results.agrees, 2)
      return status
    })
    assert.equal(
      status.message,
      '2 of 4 pods differ from what is deployed (v2) or from each other: shop-old reports v1 (0001111), ' +
        'shop-other reports v2 (def5678); the others: v2 (abc1234); 1 of 5 pods gives no report: shop-dead (connection to 127.0.0.4 refused)'
    )
    assert.deepEqual(status.pods?.results, { agrees: 2, differs: 2, failed: 1, refused: 1, not_asked: 2 })
    assert.deepEqual(
      status.pods?.asked.map(({ name, result, version }) => [name, result, version]),
      [
        ['shop-old', 'differs', 'v1'],
        ['shop-other', 'differs', 'v2'],
        ['shop-dead', 'failed', null],
        ['shop-node', 'refused', null],
        ['shop-right', 'agrees', 'v2'],
        ['shop-slow', 'agrees', 'v2']
      ]
    )
    const metrics = await guard.metrics()
    assert.deepEqual(linesOf(metrics, 'keybuzz_workload_reported_versions'), ['keybuzz_workload_reported_versions{} 3'])
    assert.deepEqual(linesOf(metrics, 'keybuzz_pod_reports'), [
      'keybuzz_pod_reports{result="agrees"} 2',
      'keybuzz_pod_reports{result="differs"} 2',
      'keybuzz_pod_reports{result="failed"} 1',
      'keybuzz_pod_reports{result="refused"} 1',
      'keybuzz_pod_reports{result="not_asked"} 2'
    ])
    assert.deepEqual(linesOf(metrics, 'keybuzz_version_consistent'), ['keybuzz_version_consistent{} 0'])
    const page = await (await guard.get('/')).text()
    assert.match(page, /<details class="pods" open>.*<code>shop-old<\/code> different: <code>v1</s)

    // The odd ones come round, and the dead one comes back.
    await startPod(t, { address: '127.0.0.4', port, report: NEW })
    await Promise.all([old.report({ report: NEW }), other.report({ report: NEW })])
    const well = await until(async () => {
      const status = await statusOf(guard)
      assert.equal(status.status, 'OK')
      return status
    })
    assert.deepEqual([well.message, well.uiVersion], ['Version consistency OK', 'v2'])
    assert.match(await guard.metrics(), /^keybuzz_workload_reported_versions\{.*\} 1$/m)
  })

  test('is UNKNOWN where its pods are not seen, and says what is missing', async t => {
    const manifests = workloadWithPods('shop', { 'endpoint-scope': 'pods' }, {})
    const { code, stdout } = await run(t, ['check'], watching(write(t, manifests)))
    assert.equal(code, 3)
    const { status, message } = JSON.parse(stdout)
    assert.match(`${status}: ${message}`, /^UNKNOWN: Pods cannot be asked: .* has no objects of kind Pod$/)
  })

  test('is UNKNOWN where no pod can be asked, and no fault of the service', async t => {
    const annotations = { 'endpoint-scope': 'pods', 'endpoint-port': '1' }
    const manifests = workloadWithPods('shop', annotations, { a: { ip: '127.0.0.2' }, b: { ip: '127.0.0.3' } })
    const { code, stdout } = await run(t, ['check'], watching(write(t, manifests)))
    assert.equal(code, 3)
    assert.match(
      JSON.parse(stdout).message,
      /^Pods cannot be asked: none of 2 gives a report at port 1 \(a: connection to 127\.0\.0\.2 refused\)$/
    )
  })

  test('asks no pod at an address that ENDPOINT_ALLOW does not admit, whoever named the service', async t => {
    let reached = 0
    const secret = await startService(t, (request, response) => {
      reached += 1
      reporting(NEW)(request, response)
    })
    const port = Number(new URL(secret).port)
    const pods = Object.fromEntries(
      ['127.0.0.1', '0.0.0.0', '::ffff:127.0.0.1', 'localhost', '127.1', '2130706433', `127.0.0.1:${port}/?`].map(
        (ip, index) => [`pod-${index}`, { ip }]
      )
    )
    const folder = temporaryFolder(t)
    const workloads = join(folder, 'workloads.json')
    const targets = join(folder, 'targets.json')
    writeFileSync(workloads, workloadWithPods('shop', { 'endpoint-scope': 'pods', 'endpoint-port': `${port}` }, pods))
    writeFileSync(
      targets,
      JSON.stringify({
        targets: [
          { service: 'own', namespace: 'dev', workload: { name: 'shop' }, endpointScope: 'pods', endpointPort: port }
        ]
      })
    )
    const env = { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: workloads, TARGETS_FILE: targets }
    const { code, stdout } = await run(t, ['check'], env)
    assert.deepEqual([code, reached], [3, 0])
    for (const line of stdout.trim().split('\n')) {
      assert.match(
        JSON.parse(line).message,
        /^Pods cannot be asked: none of 7 gives a report at port \d+ \(pod-0: 127\.0\.0\.1 may not be reached/
      )
    }
  })
})
