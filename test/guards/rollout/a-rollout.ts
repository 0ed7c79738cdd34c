import assert from 'node:assert/strict'
import type { RolloutFinding } from '../../../src/domain/finding.ts'
import type { HelmRelease } from '../../../src/domain/helm-release.ts'
import { type Observed, seen, unseen } from '../../../src/domain/observation.ts'
import type { PodsUnseen } from '../../../src/domain/ports.ts'
import type { Target } from '../../../src/domain/target.ts'
import type { KubernetesKind, Pod, Revision, Strategy, Workload, WorkloadStatus } from '../../../src/domain/workload.ts'
import { createRolloutGuard } from '../../../src/guards/rollout/rollout.ts'
import { aPod, aTarget, aWorkload, theFacts } from '../../support/facts.ts'

/** The moment of every test, unless it says otherwise. */
export const NOW = Date.parse('2026-11-03T03:04:05Z')

export const MINUTE_MS = 60_000

/** ROLLOUT_DEADLINE of every test. */
const DEADLINE_MS = 10 * MINUTE_MS

export function ago(minutes: number): number {
  return NOW - minutes * MINUTE_MS
}

/** A workload whose template is `v2`, after `v1`; healthy but for what the wish changes. */
export interface Wish {
  readonly kind?: KubernetesKind
  readonly workload?: Partial<Workload>
  readonly strategy?: Partial<Strategy>
  readonly status?: Partial<WorkloadStatus>
  /** `null`: neither pods nor revisions are seen. */
  readonly pods?: readonly Pod[] | null
  readonly revisions?: readonly Revision[] | null
  readonly target?: Partial<Target>
  /** Its release by Helm's records; absent: they are not read. */
  readonly helm?: HelmRelease
}

export interface Circumstances {
  readonly now?: number
  readonly earlier?: RolloutFinding | undefined
}

const STRATEGY: Strategy = {
  type: 'RollingUpdate',
  partition: 0,
  isPaused: false,
  isOrdered: false,
  minReadyMs: 0,
  progressDeadlineMs: null
}

const STATUS: WorkloadStatus = {
  observedGeneration: 2,
  replicas: 3,
  desired: 3,
  updated: 3,
  ready: 3,
  available: 3,
  currentRevision: '',
  updateRevision: '',
  progress: null,
  failure: ''
}

const OF_KIND: Readonly<Record<KubernetesKind, { strategy?: Partial<Strategy>; status?: Partial<WorkloadStatus> }>> = {
  Deployment: {
    strategy: { progressDeadlineMs: 10 * MINUTE_MS },
    status: { progress: { reason: 'NewReplicaSetAvailable', updatedAt: ago(60) } }
  },
  StatefulSet: {
    strategy: { isOrdered: true },
    status: { currentRevision: 'web-1', updateRevision: 'web-2' }
  },
  DaemonSet: {}
}

export function judge(wish: Wish = {}, { now = NOW, earlier }: Circumstances = {}): RolloutFinding {
  const { kind = 'Deployment', workload, strategy, status, pods = [], target, helm } = wish
  const { revisions = pods === null ? null : [revision(1), revision(2)] } = wish
  const facts = theFacts({
    workload: seen(
      aWorkload({
        namespace: 'shop',
        kind,
        name: 'web',
        generation: 2,
        templateId: 'v2',
        containers: [{ name: 'app', image: imageOf(2) }],
        strategy: { ...STRATEGY, ...OF_KIND[kind].strategy, ...strategy },
        status: seen({ ...STATUS, ...OF_KIND[kind].status, ...status }),
        ...workload
      })
    ),
    pods: observed(pods),
    revisions: observed(revisions),
    helm: helm === undefined ? null : seen(helm)
  })
  const judged = aTarget({ service: 'web', namespace: 'shop', workload: { kind, name: 'web' }, ...target })
  const known = earlier === undefined ? [] : [earlier]
  const findings = createRolloutGuard(DEADLINE_MS).judge(judged, facts, { now, earlier: known })
  const [judgement] = findings
  assert.ok(judgement !== undefined && findings.length === 1)
  return { ...judgement, guard: 'rollout', since: now, isSinceStart: false }
}

/** A guard that looks on: what it finds in each of these, one after the other, and remembers. */
export function follow(...steps: readonly (Wish & { readonly now?: number })[]): RolloutFinding[] {
  const findings: RolloutFinding[] = []
  for (const { now = NOW, ...wish } of steps) findings.push(judge(wish, { now, earlier: findings.at(-1) }))
  return findings
}

function observed<Value>(values: readonly Value[] | null): Observed<readonly Value[], PodsUnseen> {
  return values === null ? unseen('not_watched', 'WATCH_PODS is false') : seen(values)
}

function imageOf(number: number): string {
  return `ghcr.io/shop/web:v${number}`
}

/** The ReplicaSet or ControllerRevision `web-N` with the template `vN`; the second was made an hour ago, each ten minutes after the one before. */
export function revision(number: number, changes: Partial<Revision> & { readonly image?: string } = {}): Revision {
  const { image = imageOf(number), ...others } = changes
  return {
    name: `web-${number}`,
    number,
    createdAt: ago(60 + 10 * (2 - number)),
    template: { templateId: `v${number}`, containers: [{ name: 'app', image }] },
    ...others
  }
}

/** A pod of the revision `web-N` that has been ready since a minute after it was made, an hour ago. */
export function pod(number: number, changes: Parameters<typeof aPod>[0] & { readonly madeAt?: number } = {}): Pod {
  const { madeAt = ago(60), containers = [{}], ...others } = changes
  return aPod({
    name: `web-${number}-${madeAt}`,
    revision: `web-${number}`,
    architecture: '',
    createdAt: madeAt,
    startedAt: madeAt,
    readyChangedAt: madeAt + MINUTE_MS,
    containers: containers.map(container => ({ image: imageOf(number), ...container })),
    ...others
  })
}

/** The same, but it has never become ready. */
export function unreadyPod(number: number, changes: Parameters<typeof pod>[1] = {}): Pod {
  const { madeAt = ago(60), containers = [{}], ...others } = changes
  return pod(number, {
    madeAt,
    isReady: false,
    readyChangedAt: madeAt,
    notReadyReason: 'ContainersNotReady',
    containers: containers.map(container => ({ isReady: false, waitingReason: 'CrashLoopBackOff', ...container })),
    ...others
  })
}

export function pods(count: number, make: (index: number) => Pod): Pod[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
