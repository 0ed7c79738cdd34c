// What 500 images cost: one list for each repository and one HEAD for each image in a pass, and no more.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { deployment, listOf } from '../support/cluster-objects.ts'
import { temporaryFolder } from '../support/files.ts'
import { type RunningGuard, serveGuard } from '../support/guard-process.ts'
import { startLabelledRegistry } from '../support/registry-labelled.ts'
import { until } from '../support/until.ts'

const REGISTRIES = 5
const REPOSITORIES = 100
const IMAGES = REGISTRIES * REPOSITORIES
const TAGS = Array.from({ length: 200 }, (_, n) => `1.${n}.0`)
// As much as what it replaces takes as a whole.
const MOST_MIB = 100

/** A guard that watches 500 images in five registries, and what these were asked. */
async function setUp(t: TestContext) {
  const registries = await Promise.all(Array.from({ length: REGISTRIES }, () => startLabelledRegistry(t, TAGS)))
  const workloads = registries.flatMap(({ host }, at) =>
    Array.from({ length: REPOSITORIES }, (_, n) =>
      // Half of them are the newest there is, half of them are behind.
      deployment(`app-${at}-${n}`, { namespace: 'prod', image: `${host}/shop/app-${n}:1.${n % 2 === 0 ? 199 : 7}.0` })
    )
  )
  const path = join(temporaryFolder(t), 'workloads.json')
  writeFileSync(path, JSON.stringify(listOf(workloads)))
  const common = { WORKLOAD_SOURCE: 'file', WORKLOADS_FILE: path, DISCOVERY: 'all' }
  const without = await serveGuard(t, common)
  const guard = await serveGuard(t, {
    ...common,
    IMAGE_UPDATES: 'all',
    IMAGE_CHECK_INTERVAL: '30s',
    REGISTRY_BUDGET: '100000',
    REGISTRY_INSECURE: registries.map(({ host }) => host).join(',')
  })
  /** How many requests there were by now. */
  const asked = () => {
    const lines = registries.flatMap(registry => registry.asked)
    const heads = lines.filter(line => line.startsWith('HEAD')).length
    const lists = lines.filter(line => line.includes('/tags/list')).length
    return { all: lines.length, heads, lists }
  }
  const bytes = () => registries.reduce((sum, registry) => sum + registry.bytesSent(), 0)
  return { guard, without, asked, bytes }
}

function peakMibOf({ child }: RunningGuard): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
}

suite('500 images in five registries', () => {
  test('cost two requests each in a pass, three more once for what is newer, and little memory', async t => {
    const { guard, without, asked, bytes } = await setUp(t)
    await until(async () =>
      assert.equal((await guard.metrics()).match(/^keybuzz_image_last_check_timestamp_seconds\{/gm)?.length, IMAGES)
    )
    const first = { ...asked(), bytes: bytes() }
    // A list and a HEAD each; for what is newer the HEAD, the manifest and the configuration of the newest.
    assert.equal(first.all, 2 * IMAGES + 3 * (IMAGES / 2))

    await until(() => assert.ok(asked().all >= first.all + 2 * IMAGES), { withinMs: 60_000 })
    const { all, heads, lists } = asked()
    assert.deepEqual([lists - first.lists, heads - first.heads, all - first.all], [IMAGES, IMAGES, 2 * IMAGES])
    const addedMib = peakMibOf(guard) - peakMibOf(without)
    t.diagnostic(`first pass: ${first.all} requests, ${Math.round(first.bytes / 1024)} KiB`)
    t.diagnostic(`each pass: ${all - first.all} requests, ${Math.round((bytes() - first.bytes) / 1024)} KiB`)
    t.diagnostic(`memory at its peak, above a guard that watches no images: ${Math.round(addedMib)} MiB`)
    assert.ok(addedMib < MOST_MIB, `${addedMib} MiB`)
  })
})
