import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { askProcess, nextMessage, startNode } from '../../test/support/node-process.ts'
import type { Stage } from '../../test/support/stage.ts'
import type { ApiQuestion } from './processes/api-server.ts'
import type { Owned } from './whole-pod.ts'

export interface ClusterWish {
  readonly deployments: number
  /** The port of the endpoints; each Deployment has a loopback address of its own. */
  readonly port: number
  /** Which Deployments name an endpoint. */
  readonly asked: 'all' | 'last'
  /** What each Deployment owns; by default nothing. */
  readonly owned?: Owned
}

/** A stand-in for an API server, in a process of its own, with Deployments of about 7 KB. */
export interface Cluster {
  readonly deployments: number
  readonly kubeconfig: string
  /** Changes the image tag of all Deployments or of the last one; resolves when it is written, not when it is seen. */
  change(wish: { readonly change: 'all' | 'last'; readonly tag: string }): Promise<void>
  /** Resolves when it waits for the next follower; `syncMs`: how long that one takes from its list to its watch. */
  nextSyncMs(): Promise<{ readonly syncMs: Promise<number> }>
  /** Resolves when it waits for the next follower; `all`: that one watches Deployments, pods and ReplicaSets. */
  untilWatched(): Promise<{ readonly all: Promise<unknown> }>
}

const NOTHING: Owned = { pods: 0, replicaSets: 0 }

export async function startCluster(stage: Stage, wish: ClusterWish): Promise<Cluster> {
  const { deployments, port, asked, owned = NOTHING } = wish
  const api: ChildProcess = startNode(stage, {
    file: join(import.meta.dirname, 'processes/api-server.ts'),
    args: [String(deployments), String(port), asked, stage.folder, JSON.stringify(owned)],
    execArgv: ['--max-old-space-size=4096']
  })
  const ask = (question: ApiQuestion) => askProcess(api, question)
  const { kubeconfig } = (await nextMessage(api)) as { kubeconfig: string }
  return {
    deployments,
    kubeconfig,
    change: async wish => {
      await ask(wish)
    },
    nextSyncMs: async () => {
      await ask({ await: 'sync' })
      return { syncMs: nextMessage(api).then(answer => (answer as { syncMs: number }).syncMs) }
    },
    untilWatched: async () => {
      await ask({ await: 'watches' })
      return { all: nextMessage(api) }
    }
  }
}
