import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createKubernetesSource } from '../../src/sources/kubernetes/kubernetes-source.ts'
import { DEFAULT_TIME_LIMITS } from '../../src/sources/kubernetes/time-limits.ts'
import { deployment } from '../support/cluster-objects.ts'
import { needs } from '../support/component.ts'
import { controlPlaneMissing } from '../support/control-plane.ts'
import { workloadsOf } from '../support/facts.ts'
import { imageOf, problemsOf } from '../support/followed-source.ts'
import { assertReadOnly, type GuardedCluster, startGuardedCluster, within } from '../support/guarded-cluster.ts'

/** As shipped, but for the two limits that a frozen server has to exceed. */
const TIME_LIMITS = { ...DEFAULT_TIME_LIMITS, silenceMs: 3_000, answerTimeoutMs: 1_000 }
const COLLECTIONS = 3

suite('kubernetes source through the faults of a real control plane', needs(controlPlaneMissing), () => {
  let cluster: GuardedCluster
  let source: ReturnType<typeof createKubernetesSource>
  let clockOffset = 0
  const clock = () => Date.now() + clockOffset
  const ageMs = () => clock() - (source.health().lastSyncAt ?? Number.NaN)
  const setImage = (image: string) =>
    cluster.controlPlane.kubectl(['set', 'image', 'deployment/web', `*=${image}`, '--namespace=shop'])

  /** The bound on requests: a few at once when something breaks, then at most one in 1.5 s for each collection. */
  async function countingRequests(what: string, fault: () => Promise<void>): Promise<void> {
    const startedAt = performance.now()
    const before = cluster.proxy.connections()
    await fault()
    const requests = cluster.proxy.connections() - before
    const bound = COLLECTIONS * (6 + (performance.now() - startedAt) / 1_500)
    assert.ok(requests <= bound, `${requests} requests, at most ${bound}: ${what}`)
  }

  before(async () => {
    cluster = await startGuardedCluster(['shop'])
    await cluster.admit()
    await cluster.controlPlane.kubectl(['create', 'deployment', 'web', '--image=web:v1', '--namespace=shop'])
    source = createKubernetesSource({
      environment: {},
      loadKubeConfig: cluster.loadKubeConfig,
      namespaces: [],
      watchPods: false,
      clock,
      timeLimits: TIME_LIMITS
    })
    await source.follow(() => {})
    assert.equal(imageOf(source, 'web'), 'web:v1')
  })
  after(async () => {
    await source?.close()
    await cluster?.close()
  })

  test('is right again after the API server was stopped and started', async () => {
    const { controlPlane } = cluster
    await countingRequests('stopped and started', async () => {
      await controlPlane.stopApiServer()
      await within(5_000, 'it is known to be gone', () => !source.health().up)
      assert.equal(imageOf(source, 'web'), 'web:v1')
      await pause(3_000)
      assert.ok(ageMs() > 3_000, 'the age grows')
      await controlPlane.startApiServer()
      await setImage('web:v2')
      await within(5_000, 'right again', () => source.health().up && imageOf(source, 'web') === 'web:v2')
      assert.ok(ageMs() < 5_000)
    })
  })

  test('is right again after the API server was frozen for longer than every timeout', async () => {
    const { controlPlane } = cluster
    await countingRequests('frozen', async () => {
      controlPlane.freeze()
      await within(15_000, 'it is known to be silent', () => !source.health().up)
      assert.ok(ageMs() >= TIME_LIMITS.silenceMs)
      assert.match(problemsOf(source).join(), /no answer within 1 s/)
      assert.equal(imageOf(source, 'web'), 'web:v2')
      await pause(5_000)
      controlPlane.thaw()
      await setImage('web:v3')
      await within(5_000, 'right again', () => source.health().up && imageOf(source, 'web') === 'web:v3')
    })
  })

  test('is right again after its connections were half open', async () => {
    await countingRequests('half open', async () => {
      cluster.proxy.stall()
      await setImage('web:v4')
      await within(15_000, 'it is known to be silent', () => !source.health().up)
      assert.equal(imageOf(source, 'web'), 'web:v3')
      cluster.proxy.resume()
      await within(5_000, 'right again', () => source.health().up && imageOf(source, 'web') === 'web:v4')
    })
  })

  test('is right again after its connections were cut in the middle of an event', async () => {
    await countingRequests('cut', async () => {
      for (const image of ['web:v5', 'web:v6', 'web:v7']) {
        cluster.proxy.cutInNextPiece()
        await setImage(image)
        await within(5_000, 'right again', () => source.health().up && imageOf(source, 'web') === image)
      }
    })
  })

  test('is right again after the history was compacted', async () => {
    await countingRequests('compacted', async () => {
      await cluster.controlPlane.compact()
      await setImage('web:v8')
      await within(5_000, 'right again', () => source.health().up && imageOf(source, 'web') === 'web:v8')
    })
  })

  test('knows the age of what it knows while its clock jumps both ways', async () => {
    await countingRequests('a clock that jumps', async () => {
      for (clockOffset of [-86_400_000, 86_400_000, 0]) {
        await setImage(`web:clock${clockOffset}`)
        await within(5_000, 'followed', () => imageOf(source, 'web') === `web:clock${clockOffset}`)
        assert.ok(ageMs() >= 0 && ageMs() < 5_000, `${ageMs()} ms after a jump of ${clockOffset} ms`)
      }
    })
  })

  test('is right again after the API server was killed and came back with an empty history', async () => {
    const { controlPlane } = cluster
    await assertReadOnly(controlPlane)
    // Resource versions beyond all that the new history will have had when it begins.
    for (let index = 0; index < 1_500; index++) {
      const name = `/apis/apps/v1/namespaces/shop/deployments/web`
      await cluster.write('PATCH', name, { metadata: { labels: { index: String(index) } } })
    }
    await countingRequests('emptied', async () => {
      await controlPlane.emptyEtcd()
      await cluster.admit()
      const path = '/apis/apps/v1/namespaces/shop/deployments'
      const spec = { selector: { matchLabels: { app: 'new' } } }
      const { metadata, ...rest } = deployment('new', { image: 'new:v1' })
      const template = { metadata: { labels: { app: 'new' } }, spec: rest.spec.template.spec }
      await cluster.write('POST', path, { ...rest, metadata: { name: metadata.name }, spec: { ...spec, template } })
      const isRight = () => imageOf(source, 'new') === 'new:v1' && imageOf(source, 'web').startsWith('not_found')
      await within(5_000, 'right again', () => source.health().up && isRight())

      await cluster.write('DELETE', `${path}/new`)
      await within(5_000, 'followed', () => workloadsOf(source.snapshot()).length === 0)
    })
  })

  test('has only read through it all, as the audit log of the server says', () => assertReadOnly(cluster.controlPlane))
})
