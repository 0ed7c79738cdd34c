import type { Status } from '../../src/domain/finding.ts'
import { levelOf } from '../../src/domain/finding.ts'
import type { DeployedReport, Report, ReportedReport, ServiceReport } from '../../src/domain/report.ts'
import { WHOLE } from '../../src/domain/shard.ts'
import type { AppPorts } from '../../src/http/ports.ts'

/** The moment at which every test takes place. */
export const NOW = Date.parse('2026-11-03T03:04:05.000Z')

const MINUTE_MS = 60_000

interface ServiceChanges extends Partial<Omit<ServiceReport, 'finding' | 'deployed' | 'reported' | 'level'>> {
  readonly status?: Status
  readonly message?: string
  readonly deployed?: Partial<DeployedReport>
  readonly reported?: Partial<ReportedReport> | null
}

/** A service that is OK but for the changes. */
export function aService(changes: ServiceChanges = {}): ServiceReport {
  const { status = 'OK', message = 'Version consistency OK', deployed, reported, ...rest } = changes
  return {
    service: 'keybuzz-client',
    namespace: 'keybuzz-client-dev',
    isSinceStart: false,
    since: NOW - 125 * MINUTE_MS,
    origin: 'file',
    endpoint: 'https://client-dev.keybuzz.io/debug/version',
    labels: { shown: new Map(), held: null },
    isExposed: true,
    workload: { kind: 'Deployment', name: changes.service ?? 'keybuzz-client' },
    ...rest,
    finding: { status, message },
    level: levelOf(status),
    deployed: {
      found: true,
      image: 'ghcr.io/keybuzzio/keybuzz-client:v0.2.12-dev',
      imageTag: 'v0.2.12-dev',
      imageDigest: null,
      rolloutInProgress: false,
      rolloutMessage: null,
      ...deployed
    },
    reported:
      reported === null
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
    leftOut: null,
    ...changes
  }
}

/** Ports of an app that shows one service, ready, but for the changes. */
export function somePorts(changes: Partial<AppPorts> = {}): AppPorts {
  return {
    report: () => aReport([aService()]),
    shard: WHOLE,
    metrics: { body: async (format, encoding) => [Buffer.from(`${format} `), Buffer.from(`${encoding}\n`)] },
    readiness: () => ({ ready: true, checks: { kubernetes: { status: 'ok' } } }),
    about: { version: '1.2.3', gitSha: 'abc1234def5678', buildDate: '2026-11-01T00:00:00Z' },
    log: undefined,
    clock: () => NOW,
    refreshSeconds: 20,
    ...changes
  }
}
