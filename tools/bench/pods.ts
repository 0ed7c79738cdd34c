import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { type Stage, withStage } from '../../test/support/stage.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { startEndpoints } from './fleet.ts'
import { startInstrumentedGuard } from './guard.ts'
import { cpuMs, peakMb } from './process-cost.ts'
import type { Row, Subject, Unit } from './subject.ts'

const DEPLOYMENTS = 10_000
const PODS = 3
/** In a young cluster, and after ten releases: by default Kubernetes keeps ten old ones. */
const REPLICA_SETS = [2, 11]
const ROUNDS = 2
const POLL_MS = 20

/** What WATCH_PODS costs in a large cluster. */
export const pods: Subject = {
  name: 'pods',
  title: 'Following 10,000 Deployments of 7 KB and 30,000 pods of 8 KB',
  peer: '',
  peerVersion: () => '',
  notes:
    'The whole guard with WATCH_PODS=true, until it follows Deployments, pods and ReplicaSets. These come as metadata; ' +
    'ten old ones are what Kubernetes keeps of a Deployment by default. CPU time and heap are what the large cluster ' +
    'adds to the same process on an empty one; the heap is what garbage collection leaves.',
  missing: () => [],
  measure: async (stage, tell) => {
    const port = await startEndpoints(stage, { delayMs: 0, kept: true })
    const rows: Row[] = []
    for (const replicaSets of REPLICA_SETS) {
      tell(`${replicaSets} ReplicaSets each`)
      rows.push(...(await withStage(within => measureClusters(within, { port, replicaSets }))))
    }
    return rows
  }
}

async function measureClusters(
  stage: Stage,
  { port, replicaSets }: { readonly port: number; readonly replicaSets: number }
): Promise<readonly Row[]> {
  const wish = { port, asked: 'last', owned: { pods: PODS, replicaSets } } as const
  const empty = await startCluster(stage, { ...wish, deployments: 0 })
  const large = await startCluster(stage, { ...wish, deployments: DEPLOYMENTS })
  const runs: (readonly [Following, Following])[] = []
  for (let round = 0; round < ROUNDS; round += 1) runs.push([await follow(large), await follow(empty)])
  const row = (what: string, unit: Unit, figure: (of: Following, bare: Following) => number): Row => ({
    what: `${replicaSets} ReplicaSets each: ${what}`,
    unit,
    better: 'less',
    ours: runs.map(run => figure(...run)),
    peer: [],
    limit: ''
  })
  return [
    row('CPU time of the sync', 'ms', (one, none) => one.startCpuMs - none.startCpuMs),
    row('peak memory', 'MB', one => one.peakMb),
    row('heap kept', 'MB', (one, none) => one.heapMb - none.heapMb)
  ]
}

interface Following {
  readonly startCpuMs: number
  readonly peakMb: number
  readonly heapMb: number
}

function follow(cluster: Cluster): Promise<Following> {
  return withStage(async (stage: Stage) => {
    const watched = await cluster.untilWatched()
    const guard = await startInstrumentedGuard(stage, {
      KUBECONFIG: cluster.kubeconfig,
      ENDPOINT_ALLOW: '127.0.0.0/8',
      CHECK_INTERVAL: '1h',
      WATCH_PODS: 'true'
    })
    await watched.all
    // When the last service's pods are in the metrics, all pods are known and judged.
    const isShown = async () => gunzipSync(await guard.scrape()).includes('keybuzz_workload_pods{')
    while (cluster.deployments > 0 && !(await isShown())) await wait(POLL_MS)
    return { startCpuMs: cpuMs(guard), peakMb: peakMb(guard), heapMb: await guard.heapMb() }
  })
}
