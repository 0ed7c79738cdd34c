import type { Finding, FindingBy } from '../../src/domain/finding.ts'
import type { AnyGuard, Facts } from '../../src/domain/guard.ts'
import type { ImageUpdateEvidence } from '../../src/domain/image-update.ts'
import { RUNBOOKS } from '../../src/domain/links.ts'
import { seen, unseen } from '../../src/domain/observation.ts'
import type { Hop } from '../../src/domain/probe-trace.ts'
import type { HelmEvidence } from '../../src/domain/release.ts'
import type { RolloutEvidence } from '../../src/domain/rollout.ts'
import type { KnownService } from '../../src/domain/service-change.ts'
import type { Target } from '../../src/domain/target.ts'
import { type ExplainContext, explain } from '../../src/explain/explain.ts'
import type { ServiceExplanation } from '../../src/explain/explanation.ts'
import { createReleaseGuard } from '../../src/guards/release/release.ts'
import { NOTHING_SEEN } from '../../src/guards/rollout/evidence.ts'
import { createRolloutGuard } from '../../src/guards/rollout/rollout.ts'
import { versionGuard } from '../../src/guards/version.ts'
import { anObservation, aPod, aReport, aTarget, aWorkload, judgeOne } from './facts.ts'

/** The moment of every explanation. */
export const NOW = Date.parse('2026-11-03T03:04:05.000Z')

const MINUTE_MS = 60_000
const GUARDS: readonly AnyGuard[] = [versionGuard, createRolloutGuard(600_000), createReleaseGuard(900_000)]

interface Known {
  readonly target?: Partial<Target>
  readonly facts?: Partial<Facts>
  readonly changes?: KnownService['changes']
}

/** All that is known of one service, judged as it is. */
export function aKnownService({ target, facts, changes = [] }: Known = {}): KnownService {
  const judged = judgeOne({ target: aTarget(target), facts: facts ?? {}, guards: GUARDS }, { now: NOW })
  return { target: judged.target, facts: judged.facts, report: judged.report, changes }
}

/** A service with these findings and no others. */
export function withFindings(...findings: readonly Finding[]): KnownService {
  const known = aKnownService()
  return { ...known, report: { ...known.report, findings } }
}

/** What every finding of a test has in common. */
export const JUDGED = { part: '', message: '', since: NOW, isSinceStart: false, asOf: null, validUntil: NOW } as const

export function aRolloutFinding(changes: Partial<RolloutEvidence> = {}): FindingBy<'rollout'> {
  const evidence = { ...NOTHING_SEEN, ...changes }
  return { ...JUDGED, guard: 'rollout', status: 'STUCK', severity: 'critical', evidence }
}

/** Of a release that failed and may go back. */
export function aHelmFinding(changes: Partial<HelmEvidence> = {}): FindingBy<'release'> {
  const evidence: HelmEvidence = {
    kind: 'helm',
    release: 'shop',
    namespace: 'apps',
    revision: 7,
    status: 'failed',
    isStuck: true,
    rollbackTo: 5,
    ...changes
  }
  return {
    ...JUDGED,
    part: `release/${evidence.release}`,
    guard: 'release',
    status: 'DRIFTED',
    severity: 'warning',
    evidence
  }
}

/** Of an image with a newer tag. */
export function anImageFinding(changes: Partial<ImageUpdateEvidence> = {}): FindingBy<'image-update'> {
  const evidence: ImageUpdateEvidence = {
    container: 'app',
    image: 'ghcr.io/shop/web',
    current: '1.4.2',
    newer: { isOrdered: true, latest: '2.0.0', part: 'major', sameMajor: '1.5.0', sameMinor: null, passedOver: [] },
    isUpdateAvailable: true,
    isDrifted: null,
    digestMessage: '',
    running: [],
    tagDigest: null,
    runningVersion: '',
    notes: '',
    checkedAt: NOW - 3_000,
    failure: null,
    ...changes
  }
  return {
    ...JUDGED,
    part: evidence.container,
    guard: 'image-update',
    status: 'UPDATE_AVAILABLE',
    severity: 'info',
    evidence
  }
}

export const CONTEXT: ExplainContext = {
  now: NOW,
  source: { kind: 'kubernetes', up: true, lastSyncAt: NOW - 2_000, problems: [] },
  links: { runbookUrl: RUNBOOKS, dashboardUrl: 'https://grafana.example/d/service' },
  isServing: true
}

export function aHop(changes: Partial<Hop> = {}): Hop {
  return {
    address: null,
    connection: 'new',
    link: {
      addresses: ['10.0.0.1', '10.0.0.2'],
      moreAddresses: 0,
      used: '10.0.0.1',
      proxy: '',
      tls: {
        version: 'TLSv1.3',
        subject: 'shop.example',
        issuer: "Let's Encrypt R3",
        validUntil: Date.parse('2027-01-02T00:00:00Z')
      },
      lookupMs: 3,
      connectMs: 4,
      tlsMs: 12
    },
    status: 200,
    headers: ['content-type', 'application/json', 'via', '1.1 varnish'],
    ageSeconds: 3600,
    serverTime: NOW - 3_612_000,
    headMs: 30,
    wholeMs: 31,
    ...changes
  }
}

/** A service whose cache answers with an old version, while everything about its workload is read. */
export function aStaleService(): KnownService {
  const trace = { hops: [aHop()], versionPointer: '/version', gitShaPointer: '/gitSha', isDiscreet: false }
  const revision = (number: number, image: string, minutes: number) => ({
    name: `shop-${number}`,
    number,
    createdAt: NOW - minutes * MINUTE_MS,
    template: { templateId: image, containers: [{ name: 'app', image }] }
  })
  return aKnownService({
    facts: {
      workload: seen(
        aWorkload({ image: 'ghcr.io/keybuzzio/shop:v2', releaseLabels: { version: 'v2', chart: 'shop-1.2.3' } })
      ),
      pods: seen([
        aPod({ name: 'shop-2-a', revision: 'shop-2', containers: [{ image: 'ghcr.io/keybuzzio/shop:v2' }] })
      ]),
      revisions: seen([revision(1, 'ghcr.io/keybuzzio/shop:v1', 6_000), revision(2, 'ghcr.io/keybuzzio/shop:v2', 90)]),
      observation: anObservation(aReport('v1', 'abc1234'), { checkedAt: NOW - 12_000, trace, durationMs: 31.4 }),
      manifest: unseen('none', 'no release manifest')
    },
    changes: [
      {
        at: NOW - 80 * MINUTE_MS,
        what: 'version',
        from: 'OK',
        to: 'MISMATCH',
        message: 'UI version (v1) does not match deployed image tag (v2)'
      },
      {
        at: NOW - 85 * MINUTE_MS,
        what: 'deployed image',
        from: 'ghcr.io/keybuzzio/shop:v1',
        to: 'ghcr.io/keybuzzio/shop:v2',
        message: ''
      }
    ]
  })
}

export function anExplanation(known: KnownService = aStaleService()): ServiceExplanation {
  return explain(known, CONTEXT)
}
