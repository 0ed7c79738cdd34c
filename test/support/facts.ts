import { type Judged, judgeService } from '../../src/check/judge.ts'
import { NO_LABELS } from '../../src/check/label-history.ts'
import type { AnyGuard, FactSources, Facts } from '../../src/domain/guard.ts'
import { type Observed, seen, unseen } from '../../src/domain/observation.ts'
import type { KnownWorkload, SourceHealth, WorkloadSnapshot, WorkloadUnseen } from '../../src/domain/ports.ts'
import type { DebugReport, FailureReason, Observation, Probe } from '../../src/domain/probe.ts'
import type { Report, ServiceReport } from '../../src/domain/report.ts'
import {
  DEFAULT_GIT_SHA_POINTERS,
  DEFAULT_VERSION_POINTERS,
  type ProbedTarget,
  type Question,
  type Target
} from '../../src/domain/target.ts'
import { type Pod, type PodContainer, type Workload, workloadKey } from '../../src/domain/workload.ts'
import { versionGuard } from '../../src/guards/version.ts'

/** Facts for tests: complete and ordinary, but for what a test is about. */
export function aTarget(changes: Partial<Question> = {}): Target {
  const service = changes.service ?? 'shop'
  return {
    service,
    namespace: 'dev',
    endpoint: `https://${service}.example/debug/version`,
    workload: { kind: 'Deployment', name: service },
    versionPointers: DEFAULT_VERSION_POINTERS,
    gitShaPointers: DEFAULT_GIT_SHA_POINTERS,
    versionMatch: 'exact',
    origin: 'file',
    ...changes
  }
}

/** The target of a targets file at this address. */
export function targetAt(endpoint: string, changes: Partial<Question> = {}): ProbedTarget {
  return { ...aTarget(changes), endpoint }
}

export function aWorkload(changes: Partial<Workload> & { image?: string } = {}): Workload {
  const { image = 'ghcr.io/keybuzzio/shop:v1', ...rest } = changes
  return {
    namespace: 'dev',
    kind: 'Deployment',
    name: 'shop',
    annotations: {},
    warnings: [],
    managedBy: { manager: '', release: '', releaseNamespace: '' },
    releaseLabels: { version: '', chart: '' },
    containers: [{ name: 'app', image }],
    generation: 1,
    templateId: image,
    strategy: {
      type: 'RollingUpdate',
      partition: 0,
      isPaused: false,
      isOrdered: false,
      minReadyMs: 0,
      progressDeadlineMs: 600_000
    },
    status: seen({
      observedGeneration: 1,
      replicas: 1,
      desired: 1,
      updated: 1,
      ready: 1,
      available: 1,
      currentRevision: '',
      updateRevision: '',
      progress: { reason: 'NewReplicaSetAvailable', updatedAt: 0 },
      failure: ''
    }),
    ...rest
  }
}

type PodChanges = Partial<Omit<Pod, 'containers'>> & { readonly containers?: readonly Partial<PodContainer>[] }

/** A pod that is ready, of the first revision. */
export function aPod({ containers = [{}], ...changes }: PodChanges = {}): Pod {
  return {
    name: 'shop-1',
    revision: 'shop-1',
    node: 'node-1',
    createdAt: 0,
    architecture: 'amd64',
    terminatesAt: null,
    isReady: true,
    readyChangedAt: 0,
    notReadyReason: '',
    startedAt: 0,
    ip: '10.0.0.1',
    isOnHostNetwork: false,
    containers: containers.map(container => ({
      name: 'app',
      image: 'ghcr.io/keybuzzio/shop:v1',
      digest: `sha256:${'0'.repeat(64)}`,
      runtime: 'containerd',
      isReady: true,
      waitingReason: '',
      ...container
    })),
    ...changes
  }
}

export function aProbe(report: Observed<DebugReport, FailureReason>, changes: Partial<Probe> = {}): Probe {
  return { report, httpStatus: 200, durationMs: 12.5, ...changes }
}

export function aReport(
  version: string | null = 'v1',
  gitSha: string | null = 'abc1234'
): Observed<DebugReport, FailureReason> {
  return seen({ version, gitSha })
}

export function anObservation(
  report: Observed<DebugReport, FailureReason>,
  changes: Partial<Observation> = {}
): Observation {
  return { ...aProbe(report), target: aTarget(), checkedAt: 1_700_000_000_123, ...changes }
}

/** All that is known of a service that is well, but for the changes. */
export function theFacts(changes: Partial<Facts> = {}): Facts {
  return {
    workload: seen(aWorkload()),
    pods: NOT_WATCHED,
    revisions: NOT_WATCHED,
    images: null,
    manifest: null,
    helm: null,
    objects: null,
    observation: anObservation(aReport()),
    podReports: [],
    ...changes
  }
}

export const NO_FACT_SOURCES: FactSources = { images: null, manifest: null, helm: null, objects: null }

const NOT_WATCHED = unseen('not_watched', 'WATCH_PODS is false')

/** A service as it is reported. */
export function judgeOne(
  changes: { readonly target?: Target; readonly facts?: Partial<Facts>; readonly guards?: readonly AnyGuard[] } = {},
  { now = 0, earlier }: { readonly now?: number; readonly earlier?: Judged | undefined } = {}
): Judged {
  const { target = aTarget(), facts = {}, guards = [versionGuard] } = changes
  const labels = earlier?.labels ?? { image: NO_LABELS, version: NO_LABELS }
  return judgeService({ target, facts: theFacts(facts) }, guards, { now, earlier, labels })
}

/** A report of these services. */
export function reportOf(services: readonly ServiceReport[], changes: Partial<Report> = {}): Report {
  return {
    generatedAt: 0,
    services,
    fleet: [],
    source: HEALTHY,
    warnings: [],
    held: services.filter(({ held }) => held.image || held.version),
    tooNew: new Set(),
    leftOut: null,
    validUntil: Number.POSITIVE_INFINITY,
    ...changes
  }
}

export const HEALTHY: SourceHealth = { up: true, lastSyncAt: 0, problems: [] }

/** What a source knows, without what belongs to it. */
export function workloadsOf({ known }: WorkloadSnapshot): readonly Workload[] {
  return known.map(({ workload }) => workload)
}

/** The same object for the same workload, as a source gives it. */
export function knownWorkload(workload: Workload): KnownWorkload {
  const known = KNOWN.get(workload) ?? { workload, pods: NOT_WATCHED, revisions: NOT_WATCHED }
  KNOWN.set(workload, known)
  return known
}

const KNOWN = new WeakMap<Workload, KnownWorkload>()

/** A source's view of just these workloads. */
export function aSnapshot(workloads: readonly Workload[], changes: Partial<WorkloadSnapshot> = {}): WorkloadSnapshot {
  const known = workloads.map(knownWorkload)
  const byKey = new Map(known.map(one => [workloadKey(one.workload), one]))
  return {
    known,
    warnings: [],
    find: (ref): Observed<KnownWorkload, WorkloadUnseen> => {
      const found = byKey.get(workloadKey(ref))
      if (found !== undefined) return seen(found)
      return unseen('not_found', `${ref.kind} ${ref.name} not found in namespace ${ref.namespace}`)
    },
    ...changes
  }
}
