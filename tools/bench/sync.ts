import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { askProcess, nextMessage, startNode } from '../../test/support/node-process.ts'
import { type Stage, withStage } from '../../test/support/stage.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { nameOf, startEndpoints } from './fleet.ts'
import { startInstrumentedGuard } from './guard.ts'
import { versionOf } from './machine.ts'
import { cpuMs, peakMb } from './process-cost.ts'
import type { Row, Subject, Unit } from './subject.ts'

const DEPLOYMENTS = 10_000
const ROUNDS = 3
const POLL_MS = 20
const NEW_TAG = 'v9.9.9'

/** Following a large cluster, beside the client library's own informer. */
export const sync: Subject = {
  name: 'sync',
  title: 'Following 10,000 Deployments of 7 KB',
  peer: 'the stock informer',
  peerVersion: () => `@kubernetes/client-node ${versionOf('@kubernetes/client-node')}`,
  notes:
    'The whole guard, with metrics and pages, beside a process that has the informer and nothing else. Sync: from the ' +
    'first list that the API server is asked for to the watch that follows. CPU time and heap are what 10,000 Deployments ' +
    'add to the same process on an empty cluster; the heap is what garbage collection leaves. A burst changes the image ' +
    'of each Deployment at once; it ends when the last change is in `/metrics`, or with the informer’s last event.',
  missing: () => [],
  measure: async (stage, tell) => {
    const port = await startEndpoints(stage, { delayMs: 0, kept: true })
    tell('an empty cluster and a large one')
    const empty = await startCluster(stage, { deployments: 0, port, asked: 'last' })
    const large = await startCluster(stage, { deployments: DEPLOYMENTS, port, asked: 'last' })
    const both = async (start: StartFollower) => [await follow(large, start), await follow(empty, start)] as const
    const ours: (readonly [Following, Following])[] = []
    const peer: (readonly [Following, Following])[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      tell(`round ${round + 1} of ${ROUNDS}`)
      ours.push(await both(startOurs))
      peer.push(await both(startInformer))
    }
    const row = (what: string, unit: Unit, figure: (of: Following, bare: Following) => number): Row => ({
      what,
      unit,
      better: 'less',
      ours: ours.map(one => figure(...one)),
      peer: peer.map(one => figure(...one)),
      limit: ''
    })
    return [
      row('sync', 'ms', one => one.syncMs),
      row('CPU time of the sync', 'ms', (one, none) => one.startCpuMs - none.startCpuMs),
      row('peak memory', 'MB', one => one.peakMb),
      row('heap kept', 'MB', (one, none) => one.heapMb - none.heapMb),
      row('a burst of 10,000 events', 'ms', one => one.burstMs),
      row('CPU time of the burst', 'ms', one => one.burstCpuMs),
      row('one event, until it shows', 'ms', one => one.eventMs)
    ]
  }
}

/** The figures of one process that followed the cluster. */
interface Following {
  readonly syncMs: number
  readonly startCpuMs: number
  readonly peakMb: number
  readonly heapMb: number
  readonly burstMs: number
  readonly burstCpuMs: number
  readonly eventMs: number
}

interface Follower {
  readonly pid: number | undefined
  heapMb(): Promise<number>
  /** Resolves when it knows that the last Deployment has this tag. */
  untilTag(tag: string): Promise<void>
}

type StartFollower = (stage: Stage, kubeconfig: string) => Promise<Follower>

function follow(cluster: Cluster, start: StartFollower): Promise<Following> {
  return withStage(async stage => {
    const sync = await cluster.nextSyncMs()
    const follower = await start(stage, cluster.kubeconfig)
    const syncMs = await sync.syncMs
    const startCpuMs = cpuMs(follower)
    const peak = peakMb(follower)
    const heapMb = await follower.heapMb()
    const common = { syncMs, startCpuMs, peakMb: peak, heapMb }
    if (cluster.deployments === 0) return { ...common, burstMs: 0, burstCpuMs: 0, eventMs: 0 }

    const before = cpuMs(follower)
    const burstMs = await untilShown(cluster, follower, { change: 'all', tag: NEW_TAG })
    const burstCpuMs = cpuMs(follower) - before
    const eventMs = await untilShown(cluster, follower, { change: 'last', tag: 'v1.2.3' })
    return { ...common, burstMs, burstCpuMs, eventMs }
  })
}

async function untilShown(
  cluster: Cluster,
  follower: Follower,
  wish: Parameters<Cluster['change']>[0]
): Promise<number> {
  const start = performance.now()
  const shown = follower.untilTag(wish.tag)
  await cluster.change(wish)
  await shown
  return performance.now() - start
}

const startOurs: StartFollower = async (stage, kubeconfig) => {
  const guard = await startInstrumentedGuard(stage, {
    KUBECONFIG: kubeconfig,
    ENDPOINT_ALLOW: '127.0.0.0/8',
    CHECK_INTERVAL: '1h'
  })
  return {
    pid: guard.pid,
    heapMb: guard.heapMb,
    untilTag: async tag => {
      while (!gunzipSync(await guard.scrape()).includes(`image_tag="${tag}"`)) await wait(POLL_MS)
    }
  }
}

const startInformer: StartFollower = async (stage, kubeconfig) => {
  const child = startNode(stage, {
    file: join(import.meta.dirname, 'processes/informer.ts'),
    env: { KUBECONFIG: kubeconfig },
    execArgv: ['--expose-gc', '--import', join(import.meta.dirname, 'processes/instrument.mjs')]
  })
  await nextMessage(child)
  return {
    pid: child.pid,
    heapMb: async () => ((await askProcess(child, { instrument: 'heap' })) as { heapMb: number }).heapMb,
    untilTag: async tag => {
      await askProcess(child, { awaitTag: tag, of: nameOf(DEPLOYMENTS - 1) })
    }
  }
}
