import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { WorkloadSource } from '../../src/domain/ports.ts'
import type { WorkloadRef } from '../../src/domain/workload.ts'
import { deployment } from '../support/cluster-objects.ts'
import { workloadsOf } from '../support/facts.ts'

/** A source and the world that it reads; each promise resolves once the world is so, whether or not the source knows. */
export interface SourceHarness {
  readonly source: WorkloadSource
  /** Creates or replaces a workload, given as a Kubernetes object. */
  put(workload: object): Promise<void>
  remove(workload: object): Promise<void>
  /** From now on nothing can be read. */
  break(): Promise<void>
  mend(): Promise<void>
}

function imageOf(source: WorkloadSource, ref: WorkloadRef): string {
  const found = source.snapshot().find(ref)
  return found.seen ? (found.value.workload.containers[0]?.image ?? 'no container') : found.reason
}

function namesIn(source: WorkloadSource): string[] {
  return workloadsOf(source.snapshot())
    .map(({ name }) => name)
    .toSorted()
}

// Follows a source; `until` resolves when, now or after an announced change, it is so.
function watch(source: WorkloadSource) {
  const waiting = new Set<() => void>()
  let calls = 0
  return {
    calls: () => calls,
    follow: () =>
      source.follow(() => {
        calls += 1
        for (const look of waiting) look()
      }),
    until: (isSo: () => boolean) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = () => {
        if (isSo()) resolve()
      }
      waiting.add(look)
      look()
      return promise
    }
  }
}

/** What every source of workloads must do. `kind`: as it calls the workloads; those of Kubernetes have a pod template. */
export function describeSource(
  name: string,
  create: (t: TestContext) => Promise<SourceHarness>,
  kind: 'Deployment' | 'Container' = 'Deployment'
): void {
  const WEB: WorkloadRef = { namespace: 'shop', kind, name: 'web' }
  const API: WorkloadRef = { ...WEB, name: 'api' }
  suite(`${name}, as every source`, () => {
    async function following(t: TestContext) {
      const harness = await create(t)
      t.after(() => harness.source.close())
      await harness.put(deployment('web'))
      const watched = watch(harness.source)
      await watched.follow()
      return { ...harness, ...watched }
    }

    test('knows nothing, and says so, before it has read', async t => {
      const { source } = await create(t)
      t.after(() => source.close())
      const found = source.snapshot().find(WEB)
      assert.deepEqual([found.seen, workloadsOf(source.snapshot())], [false, []])
      assert.ok(!found.seen && found.reason === 'never_read' && found.message !== '')
      const { up, lastSyncAt, problems } = source.health()
      assert.deepEqual([up, lastSyncAt], [false, null])
      assert.ok(problems.length > 0)
    })

    test('reads once, and then tells what is there from what is not', async t => {
      const { source, put } = await create(t)
      t.after(() => source.close())
      await put(deployment('web'))
      await source.read(AbortSignal.timeout(60_000))
      assert.deepEqual([imageOf(source, WEB), imageOf(source, API)], ['web:v1', 'not_found'])
      const { up, lastSyncAt, problems } = source.health()
      assert.deepEqual([up, problems], [true, []])
      assert.equal(typeof lastSyncAt, 'number')
    })

    test('does not reject where nothing can be read, and blames no workload', async t => {
      const harness = await create(t)
      t.after(() => harness.source.close())
      await harness.put(deployment('web'))
      await harness.break()
      await harness.source.read(AbortSignal.timeout(60_000))
      assert.equal(imageOf(harness.source, WEB), 'never_read')
      const { up, lastSyncAt, problems } = harness.source.health()
      assert.deepEqual([up, lastSyncAt], [false, null])
      assert.ok(problems.length > 0)
    })

    test('has read when following has begun', async t => {
      const { source } = await following(t)
      assert.deepEqual([imageOf(source, WEB), namesIn(source)], ['web:v1', ['web']])
    })

    test('announces what comes and what changes', async t => {
      const { source, put, until } = await following(t)
      await put(deployment('api'))
      await until(() => imageOf(source, API) === 'web:v1')
      await put(deployment('api', { image: 'api:v2' }))
      await until(() => imageOf(source, API) === 'api:v2')
      assert.deepEqual(namesIn(source), ['api', 'web'])
    })

    test('leaves nothing of a workload that goes', async t => {
      const { source, put, remove, until } = await following(t)
      await put(deployment('api'))
      await until(() => imageOf(source, API) === 'web:v1')
      await remove(deployment('web'))
      await until(() => imageOf(source, WEB) === 'not_found')
      assert.deepEqual(namesIn(source), ['api'])
    })

    test('never changes a snapshot that it has given', async t => {
      const { source, put, until } = await following(t)
      const before = source.snapshot()
      const workloads = structuredClone(before.known)
      await put(deployment('web', { image: 'web:v2' }))
      await put(deployment('api'))
      await until(() => imageOf(source, WEB) === 'web:v2' && imageOf(source, API) === 'web:v1')
      assert.deepEqual(before.known, workloads)
      const found = before.find(WEB)
      assert.equal(found.seen && found.value.workload.containers[0]?.image, 'web:v1')
      assert.equal(before.find(API).seen, false)
    })

    // A container has no template above it.
    if (kind === 'Deployment') {
      test('warns of annotations of ours on the pod template, where people look for them', async t => {
        const { source, put, until } = await following(t)
        const template = deployment('api').spec.template
        const annotations = { 'version-guard.keybuzz.io/endpoint': 'https://api.example/' }
        await put({ ...deployment('api'), spec: { replicas: 1, template: { ...template, metadata: { annotations } } } })
        await until(() => imageOf(source, API) === 'web:v1')
        const found = source.snapshot().find(API)
        assert.match(
          (found.seen && found.value.workload.warnings[0]) || '',
          /annotation has no effect on the pod template/
        )
      })
    }

    test('keeps what it knows through an outage, and tells that it is old', async t => {
      const harness = await following(t)
      const { source, until } = harness
      await harness.break()
      await until(() => !source.health().up)
      assert.deepEqual([imageOf(source, WEB), imageOf(source, API)], ['web:v1', 'not_found'])
      assert.ok(source.health().problems.length > 0)
      assert.notEqual(source.health().lastSyncAt, null)

      await harness.mend()
      await until(() => source.health().up)
      assert.deepEqual(source.health().problems, [])
      await harness.put(deployment('web', { image: 'web:v2' }))
      await until(() => imageOf(source, WEB) === 'web:v2')
    })

    test('announces nothing after it was closed, and keeps its last snapshot', async t => {
      const { source, put, calls } = await following(t)
      await source.close()
      const before = calls()
      await put(deployment('api'))
      assert.deepEqual([calls(), imageOf(source, WEB), imageOf(source, API)], [before, 'web:v1', 'not_found'])
    })

    test('may be closed before it was followed, and twice', async t => {
      const { source } = await create(t)
      await source.close()
      await source.close()
    })
  })
}
