import type { TestContext } from 'node:test'
import type { WorkloadSource } from '../../src/domain/ports.ts'
import { createKubernetesSource, type KubernetesSourceOptions } from '../../src/sources/kubernetes/kubernetes-source.ts'
import { DEFAULT_TIME_LIMITS, type TimeLimits } from '../../src/sources/kubernetes/time-limits.ts'
import { type FakeApiServer, kubeConfigFor, startFakeApiServer } from './fake-api-server.ts'

/** Pauses so short that a test sees many tries in a moment, and limits so long that even a busy machine keeps them. */
const TEST_TIME_LIMITS: TimeLimits = {
  ...DEFAULT_TIME_LIMITS,
  steadyMs: 0,
  believedMs: 0,
  backoff: { baseMs: 4, maxMs: 16 }
}

export interface FollowedSource {
  readonly source: WorkloadSource
  readonly server: FakeApiServer
  /** How often a change was announced. */
  changes(): number
  /** Resolves when, after an announced change or now, it is so. */
  until(isSo: (source: WorkloadSource) => boolean): Promise<void>
  follow(): Promise<void>
}

export type SourceWish = Partial<Omit<KubernetesSourceOptions, 'timeLimits'>> & {
  readonly timeLimits?: Partial<TimeLimits>
}

/** A source on a fake API server of its own; both end with the test. */
export async function sourceOnFake(t: TestContext, wish: SourceWish = {}): Promise<FollowedSource> {
  const server = await startFakeApiServer()
  const source = createKubernetesSource({
    environment: {},
    loadKubeConfig: () => kubeConfigFor(server),
    namespaces: ['shop'],
    watchPods: false,
    clock: Date.now,
    ...wish,
    timeLimits: { ...TEST_TIME_LIMITS, ...wish.timeLimits }
  })
  t.after(async () => {
    await source.close()
    await server.close()
  })

  let changes = 0
  const waiting = new Set<() => void>()
  return {
    source,
    server,
    changes: () => changes,
    follow: () =>
      source.follow(() => {
        changes += 1
        for (const look of waiting) look()
      }),
    until: isSo => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = (): void => {
        if (!isSo(source)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      return promise
    }
  }
}

/** The image of a Deployment's first container in the namespace `shop`; else why it is not known. */
export function imageOf(source: WorkloadSource, name: string, namespace = 'shop'): string {
  const found = source.snapshot().find({ namespace, kind: 'Deployment', name })
  return found.seen ? (found.value.workload.containers[0]?.image ?? '') : `${found.reason}: ${found.message}`
}

/** The lines of a source's problems. */
export function problemsOf(source: WorkloadSource): readonly string[] {
  return source.health().problems.map(({ message }) => message)
}
