import type { AnyGuard, Facts } from '../../../src/domain/guard.ts'
import type { ImageCheck } from '../../../src/domain/image-check.ts'
import type { ImageLabels } from '../../../src/domain/image-registry.ts'
import { seen, unseen } from '../../../src/domain/observation.ts'
import type { PodEndpoint, PodReport } from '../../../src/domain/pod-reports.ts'
import type { ServiceReport } from '../../../src/domain/report.ts'
import type { RolloutEvidence, RolloutState } from '../../../src/domain/rollout.ts'
import type { Target } from '../../../src/domain/target.ts'
import { imageUpdateGuard } from '../../../src/guards/image-update/image-update.ts'
import { createReleaseGuard } from '../../../src/guards/release/release.ts'
import { NOTHING_SEEN } from '../../../src/guards/rollout/evidence.ts'
import { createRolloutGuard } from '../../../src/guards/rollout/rollout.ts'
import { versionGuard } from '../../../src/guards/version.ts'
import { anObservation, aPod, aReport, aTarget, aWorkload, judgeOne } from '../../support/facts.ts'
import { aCheck } from '../../support/images.ts'

/** When every pod was made; each report is a minute younger. */
export const MADE_AT = Date.parse('2026-11-03T03:04:05Z')
const podEndpoint: PodEndpoint = { scheme: 'http', port: 8080, path: '/debug/version' }
export const NEW = `sha256:${'b'.repeat(64)}`
export const RUNNING = `sha256:${'0'.repeat(64)}`

export interface PodCase {
  /** `v2 abc1234`; absent: it was not asked. */
  readonly says?: string
  readonly fails?: string
  /** Why its address may not be asked; absent: it may. */
  readonly refused?: string
  readonly image?: string
  readonly digest?: string
  readonly runtime?: string
  readonly labels?: Partial<ImageLabels>
  readonly imageId?: string
  /** It was asked, and has not answered yet. */
  readonly isAsked?: boolean
}

export interface Case {
  /** The tag; default `v2`. */
  readonly image?: string
  /** What the address says; `null`: it was not asked; absent: `v2 abc1234`. */
  readonly says?: string | null
  readonly fails?: string
  readonly pods?: Readonly<Record<string, PodCase>>
  /** Wants pods to be asked. */
  readonly asksPods?: boolean
  readonly target?: Partial<Target>
  readonly rollout?: { readonly state: RolloutState; readonly message?: string } & Partial<RolloutEvidence>
  readonly check?: Partial<ImageCheck> | null
  readonly labels?: Partial<ImageLabels>
  readonly manifest?: { readonly tag: string; readonly gitSha?: string }
  readonly label?: string
  readonly facts?: Partial<Facts>
}

const NO_LABELS: ImageLabels = { source: null, revision: null, version: null, url: null }

function observe(says: string | undefined, fails: string | undefined, refused?: string) {
  if (refused !== undefined) return anObservation(unseen('refused', refused))
  if (fails !== undefined) return anObservation(unseen('timeout', fails), { checkedAt: MADE_AT + 60_000 })
  const [version = '', gitSha = null] = (says ?? '').split(' ')
  return anObservation(aReport(version === '' ? null : version, gitSha), { checkedAt: MADE_AT + 60_000 })
}

function toPod(name: string, { image = 'app:v2', digest = RUNNING, runtime = 'containerd', ...one }: PodCase) {
  const told = {
    ...(one.labels === undefined ? {} : { labels: { ...NO_LABELS, ...one.labels } }),
    ...(one.imageId === undefined ? {} : { imageId: one.imageId })
  }
  return aPod({ name, createdAt: MADE_AT, containers: [{ image, digest, runtime, ...told }] })
}

/** A service that runs `app:v2` and reports `v2 abc1234`, but for the changes, as all guards judge it. */
export function judgeCase(given: Case): ServiceReport {
  const { image = 'app:v2', says = 'v2 abc1234', fails, pods, rollout, labels, manifest, label = '', facts } = given
  const asksPods = given.asksPods ?? pods !== undefined
  const target = aTarget({ ...(asksPods ? { podEndpoint } : {}), ...given.target })
  const entries = Object.entries(pods ?? {})
  const podReports = entries.flatMap(([name, one]): PodReport | [] =>
    one.says !== undefined || one.fails !== undefined || one.refused !== undefined
      ? { pod: toPod(name, one), observation: observe(one.says, one.fails, one.refused) }
      : one.isAsked === true
        ? { pod: toPod(name, one), observation: null }
        : []
  )
  const check = aCheck({
    digest: seen({ current: RUNNING, running: [RUNNING], verdict: { kind: 'same', isRebuilt: false } }),
    ...(labels === undefined ? {} : { runningLabels: seen({ ...NO_LABELS, ...labels }) }),
    ...given.check
  })
  const isWatched = labels !== undefined || given.check !== undefined
  const { report } = judgeOne({
    target,
    facts: {
      workload: seen(aWorkload({ image, releaseLabels: { version: label, chart: '' } })),
      ...(pods === undefined ? {} : { pods: seen(entries.map(([name, one]) => toPod(name, one))) }),
      observation: target.endpoint === null || says === null ? null : observe(says, fails),
      podReports,
      images: isWatched ? [{ container: 'app', image, check: given.check === null ? null : check }] : null,
      ...(manifest === undefined
        ? {}
        : {
            manifest: seen({ releasedAt: null, runner: '', readAt: 0, refusal: null, gitSha: null, ...manifest })
          }),
      ...facts
    },
    guards: [
      versionGuard,
      ...(rollout === undefined ? [] : [rolloutOf(rollout)]),
      // Any deadline is over.
      ...(target.workload.kind === 'Container' ? [createRolloutGuard(Number.NEGATIVE_INFINITY)] : []),
      createReleaseGuard(0),
      imageUpdateGuard
    ]
  })
  return report
}

function rolloutOf({ state, message = 'Rollout under way', ...evidence }: NonNullable<Case['rollout']>): AnyGuard {
  const judgement = {
    part: '',
    status: state,
    severity: 'info' as const,
    message,
    asOf: null,
    validUntil: Number.POSITIVE_INFINITY,
    evidence: { ...NOTHING_SEEN, ...evidence }
  }
  return { name: 'rollout', statuses: [state], reads: [], judge: () => [judgement] }
}
