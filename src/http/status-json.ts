import { describeLeftOut, type Report, type ServiceReport } from '../domain/report.ts'
import type { Shard } from '../domain/shard.ts'

/** The answer of `/api/v1/status`: names and order are public. Unknown is `null`; times are ISO 8601 in UTC. */
export function renderStatusJson(
  { generatedAt, services, warnings, leftOut, source }: Report,
  { index, total }: Shard
): object {
  return {
    generatedAt: isoTime(generatedAt),
    shard: { index, total },
    services: services.map(renderService),
    warnings: [...(leftOut === null ? [] : [describeLeftOut(leftOut)]), ...warnings],
    source: {
      up: source.up,
      lastSyncAt: isoTime(source.lastSyncAt),
      problems: source.problems.map(({ message }) => message)
    }
  }
}

function renderService({ deployed, reported, ...service }: ServiceReport): object {
  return {
    service: service.service,
    namespace: service.namespace,
    status: service.finding.status,
    level: service.level,
    message: service.finding.message,
    image: deployed.image,
    imageTag: deployed.imageTag,
    imageDigest: deployed.imageDigest,
    uiVersion: reported?.version ?? null,
    gitSha: reported?.gitSha ?? null,
    endpoint: service.endpoint,
    endpointUp: reported === null ? null : reported.failure === null,
    rolloutInProgress: deployed.rolloutInProgress,
    reason: reported?.failure ?? null,
    since: isoTime(service.since),
    checkedAt: isoTime(reported?.checkedAt ?? null),
    durationSeconds: reported === null ? null : reported.durationMs / 1000,
    exposed: service.isExposed
  }
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
