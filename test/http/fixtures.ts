import type { Diagnosis } from '../../src/domain/diagnosis.ts'
import type { Finding, Severity, VersionStatus } from '../../src/domain/finding.ts'
import { type Links, RUNBOOKS } from '../../src/domain/links.ts'
import type { PodsEvidence } from '../../src/domain/pod-reports.ts'
import type { DeployedReport, Report, ReportedReport, ServiceReport } from '../../src/domain/report.ts'
import { WHOLE } from '../../src/domain/shard.ts'
import { NOTHING_SEEN } from '../../src/guards/rollout/evidence.ts'
import type { AppPorts } from '../../src/http/ports.ts'
import { anExplanation } from '../support/explanations.ts'
import { aStanding } from '../support/gate-report.ts'

/** The moment at which every test takes place. */
export const NOW = Date.parse('2026-11-03T03:04:05.000Z')

const MINUTE_MS = 60_000
const STANDING = aStanding()

interface ServiceChanges extends Partial<Omit<ServiceReport, 'findings' | 'deployed' | 'reported' | 'workload'>> {
  readonly status?: VersionStatus
  readonly message?: string
  readonly since?: number
  readonly isSinceStart?: boolean
  readonly workload?: Partial<ServiceReport['workload']>
  /** What a rollout awaits; absent: none is in progress. */
  readonly rollout?: string
  /** What its pods say; absent: they are not asked. */
  readonly pods?: PodsEvidence
  readonly deployed?: Partial<DeployedReport>
  readonly reported?: Partial<ReportedReport> | null
}

const SEVERITY_OF: Readonly<Record<VersionStatus, Severity>> = {
  ERROR: 'critical',
  MISMATCH: 'warning',
  WARNING: 'warning',
  UNKNOWN: 'unknown',
  OK: 'ok'
}

/** A service that is OK but for the changes. */
export function aService(changes: ServiceChanges = {}): ServiceReport {
  const { status = 'OK', message = 'Version consistency OK', deployed, reported, ...others } = changes
  const { since = NOW - 125 * MINUTE_MS, isSinceStart = false, rollout, workload, pods = null, ...rest } = others
  const judged = { part: '', since, isSinceStart, asOf: NOW, validUntil: Number.POSITIVE_INFINITY }
  const version: Finding = {
    ...judged,
    guard: 'version',
    status,
    severity: SEVERITY_OF[status],
    message,
    evidence: {
      isConsistent: status === 'MISMATCH' ? false : status === 'OK' || status === 'WARNING' ? true : null,
      pods
    }
  }
  const state: Finding = {
    ...judged,
    guard: 'rollout',
    status: rollout === undefined ? 'STABLE' : 'ROLLING',
    severity: rollout === undefined ? 'ok' : 'info',
    message: rollout === undefined ? 'No rollout is under way' : `Rollout in progress: ${rollout}`,
    evidence: { ...NOTHING_SEEN, awaited: rollout ?? '' }
  }
  return {
    service: 'keybuzz-client',
    namespace: 'keybuzz-client-dev',
    origin: 'file',
    endpoint: 'https://client-dev.keybuzz.io/debug/version',
    held: { image: false, version: false },
    diagnosis: null,
    ...rest,
    findings: rest.endpoint === null ? [state] : [version, state],
    workload: {
      kind: 'Deployment',
      name: changes.service ?? 'keybuzz-client',
      container: 'app',
      managedBy: '',
      ...workload
    },
    deployed: {
      found: true,
      image: 'ghcr.io/keybuzzio/keybuzz-client:v0.2.12-dev',
      imageTag: 'v0.2.12-dev',
      imageDigest: null,
      rolloutInProgress: rollout !== undefined,
      ...deployed
    },
    reported:
      reported === null || rest.endpoint === null
        ? null
        : {
            failure: null,
            version: 'v0.2.12-dev',
            gitSha: 'abc1234def5678',
            httpStatus: 200,
            durationMs: 42,
            checkedAt: NOW - 12_000,
            ...reported
          }
  }
}

/** Of a service of which too little is known. */
export const DIAGNOSIS: Diagnosis = {
  culprit: 'unknown',
  message: 'Nobody can be named',
  proof: {
    declared: 'unknown',
    address: 'differs',
    pods: 'unknown',
    addressAndPods: 'unknown',
    digest: 'unknown',
    imageLabel: 'unknown',
    builtCommit: 'unknown',
    tagCommit: 'unknown',
    declaredCommit: 'unknown'
  },
  missing: { fact: 'pods', cure: 'set WATCH_PODS=true' },
  pods: [],
  since: null,
  factsAsOf: NOW
}

/** One service that reports another version than the one deployed. */
export function aMismatch(changes: ServiceChanges = {}): ServiceReport {
  return aService({
    status: 'MISMATCH',
    message: 'UI version (v0.2.33-dev) does not match deployed image tag (v0.2.12-dev)',
    reported: { version: 'v0.2.33-dev' },
    ...changes
  })
}

/** A report of these services, its source up. */
export function aReport(services: readonly ServiceReport[], changes: Partial<Report> = {}): Report {
  return {
    generatedAt: NOW,
    services,
    source: { up: true, lastSyncAt: NOW, problems: [] },
    warnings: [],
    held: [],
    tooNew: new Set(),
    fleet: [],
    leftOut: null,
    validUntil: Number.POSITIVE_INFINITY,
    ...changes
  }
}

export const LINKS: Links = { runbookUrl: RUNBOOKS, dashboardUrl: 'https://grafana.example/d/keybuzz' }

/** Ports of an app that shows one service, ready, but for the changes. */
export function somePorts(changes: Partial<AppPorts> = {}): AppPorts {
  return {
    report: () => aReport([aService()]),
    explain: () => anExplanation(),
    shard: WHOLE,
    metrics: { body: async (format, encoding) => [Buffer.from(`${format} `), Buffer.from(`${encoding}\n`)] },
    readiness: () => ({ ready: true, checks: { kubernetes: { status: 'ok' } } }),
    buildInfo: { version: '1.2.3', gitSha: 'abc1234def5678', buildDate: '2026-11-01T00:00:00Z' },
    links: LINKS,
    log: undefined,
    clock: () => NOW,
    refreshSeconds: 20,
    gate: () => STANDING,
    ...changes
  }
}
