import { type Observed, seen } from '../../src/domain/observation.ts'
import type { SourceHealth, WorkloadSnapshot, WorkloadUnseen } from '../../src/domain/ports.ts'
import type { DebugReport, FailureReason, Probe } from '../../src/domain/probe.ts'
import { DEFAULT_GIT_SHA_POINTERS, DEFAULT_VERSION_POINTERS, type Target } from '../../src/domain/target.ts'
import { type Workload, workloadKey } from '../../src/domain/workload.ts'

/** Facts for tests: complete and ordinary, but for what a test is about. */
export function aTarget(changes: Partial<Target> = {}): Target {
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
export function targetAt(endpoint: string, changes: Partial<Target> = {}): Target {
  return aTarget({ endpoint, ...changes })
}

export function aWorkload(changes: Partial<Workload> & { image?: string } = {}): Workload {
  const { image = 'ghcr.io/keybuzzio/shop:v1', ...rest } = changes
  return {
    namespace: 'dev',
    kind: 'Deployment',
    name: 'shop',
    annotations: {},
    warnings: [],
    containers: [{ name: 'app', image, runningDigests: [] }],
    rollout: seen({ inProgress: false, message: '' }),
    ...rest
  }
}

export function aProbe(report: Observed<DebugReport, FailureReason>, changes: Partial<Probe> = {}): Probe {
  return { report, httpStatus: 200, durationMs: 12.5, ...changes }
}

export function aReport(version = 'v1', gitSha: string | null = 'abc1234'): Observed<DebugReport, FailureReason> {
  return seen({ version, gitSha })
}

export const HEALTHY: SourceHealth = { up: true, lastSyncAt: 0, problems: [] }

/** A source's view of just these workloads. */
export function aSnapshot(workloads: readonly Workload[]): WorkloadSnapshot {
  const known = new Map(workloads.map(workload => [workloadKey(workload), workload]))
  return {
    workloads,
    warnings: [],
    find: (ref): Observed<Workload, WorkloadUnseen> => {
      const workload = known.get(workloadKey(ref))
      if (workload !== undefined) return seen(workload)
      return {
        seen: false,
        reason: 'not_found',
        message: `${ref.kind} ${ref.name} not found in namespace ${ref.namespace}`
      }
    }
  }
}
