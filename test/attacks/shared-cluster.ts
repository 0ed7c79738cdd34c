import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { deployment } from '../support/cluster-objects.ts'
import { type FakeApiServer, kubeconfigTextFor, startFakeApiServer } from '../support/fake-api-server.ts'
import { temporaryFolder } from '../support/files.ts'
import { type RunningGuard, serveGuard, untilReady } from '../support/guard-process.ts'
import { nextMessage, startNode } from '../support/node-process.ts'
import { until } from '../support/until.ts'
import { limitMemory, type MemoryLimit } from './memory.ts'
import { neighboursOf } from './neighbours.ts'

export const PREFIX = 'version-guard.keybuzz.io'
export const HOSTILE = 'hostile'
const NAMESPACES = 49
const SERVICES = 2 * NAMESPACES
const INTERVAL_SECONDS = 2
// Far more than it takes even on a busy machine, and far less than the 40 to 75 s that one namespace once caused.
const MOST_SECONDS = 15
const CHART_LIMIT = 512 * 1024 * 1024

interface Service {
  readonly service: string
  readonly namespace: string
  readonly status: string
  readonly checkedAt: string | null
}

/** A cluster that 49 honest namespaces share with a hostile one, and a guard that has the memory that the chart gives. */
export interface SharedCluster {
  readonly api: FakeApiServer
  readonly guard: RunningGuard
  readonly limit: MemoryLimit
  /** Of the endpoints: `/hostile/never` and the like are the hostile ones. */
  readonly origin: string
  /** One of the honest ones as it is in the cluster, with this image. */
  honest(index: number, image?: string): object
  /**
   * Watches while the hostile namespace changes to what `turn` gives, each half second. Fails if an honest
   * service is not well or was checked long ago, or if a liveness probe or a scrape fails. Gives the worst that was seen.
   */
  watch(seconds: number, turn?: (number: number) => readonly object[]): Promise<Cost>
}

/** What the honest ones had to bear. */
interface Cost {
  readonly oldestSeconds: number
  /** Of memory. */
  readonly mostMi: number
}

/** Resolves when every honest service was found to be well, beside these workloads of the hostile namespace. */
export async function shareCluster(
  t: TestContext,
  hostile: (origin: string) => readonly object[],
  env: Readonly<Record<string, string>> = {}
): Promise<SharedCluster> {
  const file = join(import.meta.dirname, '../../tools/soak/fleet-process.ts')
  const origin = `http://127.0.0.1:${await nextMessage(startNode(t, { file, args: [`${SERVICES + 1}`, `${SERVICES}`] }))}`
  const api = await startFakeApiServer()
  t.after(api.close)
  const honest = (index: number, image = 'app:v1') =>
    deployment(`service-${index}`, { namespace: `team-${index % NAMESPACES}`, image, endpoint: `${origin}/${index}` })
  for (let index = 0; index < SERVICES; index += 1) api.put(honest(index))
  for (const object of hostile(origin)) api.put(object)
  const KUBECONFIG = join(temporaryFolder(t), 'kubeconfig')
  writeFileSync(KUBECONFIG, kubeconfigTextFor(api))
  const limit = limitMemory(t, CHART_LIMIT)
  const guard = await serveGuard(
    t,
    { KUBECONFIG, ENDPOINT_ALLOW: '127.0.0.0/8', CHECK_INTERVAL: `${INTERVAL_SECONDS}s`, ...env },
    limit.through
  )

  async function services(): Promise<readonly Service[]> {
    const { services } = (await (await guard.get('/api/v1/status')).json()) as { services: readonly Service[] }
    return services.filter(({ namespace }) => namespace !== HOSTILE)
  }

  async function look(): Promise<number> {
    const seen = await services()
    const bad = seen.filter(({ status }) => status !== 'OK').map(({ service, status }) => `${service}: ${status}`)
    assert.deepEqual([seen.length, bad], [SERVICES, []])
    const oldest = Math.max(...seen.map(({ checkedAt }) => (Date.now() - Date.parse(checkedAt ?? '')) / 1000))
    assert.ok(oldest <= MOST_SECONDS, `the oldest check of an honest service was ${oldest} s ago`)
    return oldest
  }

  const neighbours = neighboursOf(t, guard.url)
  await untilReady(guard.url, { withinMs: 60_000 })
  await until(look, { withinMs: 60_000 })
  return {
    api,
    guard,
    limit,
    origin,
    honest,
    watch: async (seconds, turn = () => []) => {
      let oldestSeconds = 0
      const end = performance.now() + 1000 * seconds
      for (let number = 1; performance.now() < end; number += 1) {
        for (const object of turn(number)) api.put(object)
        await neighbours.ask(1)
        oldestSeconds = Math.max(oldestSeconds, await look())
        await wait(500)
      }
      assert.deepEqual([guard.child.exitCode, guard.child.signalCode], [null, null])
      const cost = { oldestSeconds, mostMi: limit.most() / 1024 / 1024 }
      t.diagnostic(
        `the oldest check of an honest service: ${oldestSeconds.toFixed(1)} s; memory: ${cost.mostMi.toFixed()} Mi`
      )
      return cost
    }
  }
}
