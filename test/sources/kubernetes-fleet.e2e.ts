import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import pLimit from 'p-limit'
import { createKubernetesSource } from '../../src/sources/kubernetes/kubernetes-source.ts'
import { deployment } from '../support/cluster-objects.ts'
import { needs } from '../support/component.ts'
import { controlPlaneMissing } from '../support/control-plane.ts'
import { workloadsOf } from '../support/facts.ts'
import { assertReadOnly, type GuardedCluster, startGuardedCluster, within } from '../support/guarded-cluster.ts'

const NAMESPACES = Array.from({ length: 50 }, (_, index) => `team-${index}`)
const OBJECTS = 5_000
const CHANGES = 2_000
/** Brings an object to the seven kilobytes that one has in a real cluster. */
const BALLAST = 'x'.repeat(6_000)
const MB = 1024 * 1024

const namespaceOf = (index: number): string => `team-${index % NAMESPACES.length}`
const pathOf = (index: number): string => `/apis/apps/v1/namespaces/${namespaceOf(index)}/deployments`

function manifestOf(index: number): object {
  const { metadata, spec, ...rest } = deployment(`app-${index}`, { image: 'app:v0', annotations: { ballast: BALLAST } })
  const labels = { app: `app-${index}` }
  const template = { metadata: { labels }, spec: spec.template.spec }
  return {
    ...rest,
    metadata: { name: metadata.name, annotations: metadata.annotations },
    spec: { replicas: 1, selector: { matchLabels: labels }, template }
  }
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

suite('kubernetes source on a fleet', needs(controlPlaneMissing), () => {
  let cluster: GuardedCluster
  let source: ReturnType<typeof createKubernetesSource>
  const images = () =>
    new Map(
      workloadsOf(source.snapshot()).map(({ namespace, name, containers }) => [
        `${namespace}/${name}`,
        containers[0]?.image
      ])
    )
  /** What kubectl sees, in the same terms. */
  const imagesOfKubectl = async () => {
    const columns =
      '{range .items[*]}{.metadata.namespace}/{.metadata.name} {.spec.template.spec.containers[0].image}{"\\n"}{end}'
    const output = await cluster.controlPlane.kubectl([
      'get',
      'deployments',
      '--all-namespaces',
      `-o=jsonpath=${columns}`
    ])
    const lines = output.split('\n').filter(line => line !== '')
    return new Map(lines.map(line => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]))
  }

  before(async () => {
    cluster = await startGuardedCluster(NAMESPACES)
    await cluster.admit()
    const limit = pLimit(32)
    const indexes = Array.from({ length: OBJECTS }, (_, index) => index)
    await Promise.all(indexes.map(index => limit(() => cluster.write('POST', pathOf(index), manifestOf(index)))))
  })
  after(async () => {
    await source?.close()
    await cluster?.close()
  })

  for (const [scope, namespaces, bound] of [
    // Three kinds; a page for each 250 Deployments; then three watches.
    ['all namespaces at once', [], OBJECTS / 250 + 2 + 3],
    ['each namespace by itself', NAMESPACES, NAMESPACES.length * 6]
  ] as const) {
    test(`reads ${OBJECTS} objects, ${scope}, and keeps little of them`, async t => {
      await source?.close()
      const before = heapUsed()
      const connections = cluster.proxy.connections()
      const startedAt = performance.now()
      const { loadKubeConfig } = cluster
      source = createKubernetesSource({
        environment: {},
        loadKubeConfig,
        namespaces,
        watchPods: false,
        clock: Date.now
      })
      await source.follow(() => {})
      t.diagnostic(`first sync in ${Math.round(performance.now() - startedAt)} ms`)

      await within(5_000, 'all is watched', () => source.health().up)
      assert.equal(workloadsOf(source.snapshot()).length, OBJECTS)
      const requests = cluster.proxy.connections() - connections
      assert.ok(requests <= bound, `${requests} requests, at most ${bound}`)
      const kept = heapUsed() - before
      t.diagnostic(`${requests} requests, ${(kept / MB).toFixed(1)} MB kept`)
      assert.ok(kept < 25 * MB, `${kept} bytes kept of ${OBJECTS * BALLAST.length}`)
    })
  }

  test(`misses and repeats none of ${CHANGES} changes at full speed`, async t => {
    const lastSeen = images()
    const limit = pLimit(32)
    const { loadKubeConfig } = cluster
    await source.close()
    source = createKubernetesSource({
      environment: {},
      loadKubeConfig,
      namespaces: NAMESPACES,
      watchPods: false,
      clock: Date.now
    })
    let announcements = 0
    let goneBack = 0
    await source.follow(() => {
      announcements += 1
      for (const [name, image = ''] of images()) {
        if (revisionOf(image) < revisionOf(lastSeen.get(name) ?? '')) goneBack += 1
        lastSeen.set(name, image)
      }
    })
    await within(5_000, 'all is watched', () => source.health().up)

    const connections = cluster.proxy.connections()
    const startedAt = performance.now()
    // A new image for each of 500 objects, three times over; 250 objects go and 250 come.
    const changes = Array.from({ length: CHANGES }, (_, index) => () => {
      const revision = Math.floor(index / 500) + 1
      const target = index % 500
      if (revision <= 3) {
        const containers = [{ name: 'app', image: `app:v${revision}` }]
        const patch = { spec: { template: { spec: { containers } } } }
        return cluster.write('PATCH', `${pathOf(target)}/app-${target}`, patch)
      }
      if (target < 250) return cluster.write('DELETE', `${pathOf(target)}/app-${target}`)
      return cluster.write('POST', pathOf(OBJECTS + target), manifestOf(OBJECTS + target))
    })
    for (let start = 0; start < CHANGES; start += 500) {
      await Promise.all(changes.slice(start, start + 500).map(change => limit(change)))
    }
    t.diagnostic(
      `${CHANGES} changes in ${Math.round(performance.now() - startedAt)} ms, ${announcements} announcements`
    )

    const truth = await imagesOfKubectl()
    assert.equal(truth.size, OBJECTS)
    await within(1_000, 'the last change is seen', () => images().size === truth.size)
    await within(1_000, 'as kubectl sees it', () => [...images()].every(([name, image]) => truth.get(name) === image))
    assert.equal(goneBack, 0)
    assert.equal(cluster.proxy.connections(), connections, 'by the watches alone')
  })

  test('has only read, as the audit log of the server says', () => assertReadOnly(cluster.controlPlane))
})

function revisionOf(image: string): number {
  return Number(/:v(\d+)$/.exec(image)?.[1] ?? 0)
}
