import { BROKEN_SERVICE, type FleetSource, HEALTHY, NAMESPACE } from './fleet.ts'
import type { Parts } from './parts.ts'

/** One way in which things break, and the one alert that must follow. */
export interface Drill {
  readonly name: string
  readonly alert: string
  /** The labels that say what the alert is about. */
  readonly about: Readonly<Record<string, string>>
  /** What is broken, in words. */
  readonly breaks: string
  /** Where the guard reads the fleet; absent: from a file of manifests. */
  readonly source?: FleetSource
  break(parts: Parts): Promise<void> | void
  mend(parts: Parts): Promise<void> | void
  /** What the fault looks like from outside; `null`, or a rejection: it does not show yet. */
  seen(parts: Parts): Promise<string | null>
}

const BROKEN = { namespace: NAMESPACE, service: BROKEN_SERVICE }
const NEWER = 'v0.2.33-dev'
const REBUILT = `sha256:${'5e'.repeat(32)}`

export const DRILLS: readonly Drill[] = [
  {
    ...brokenBy({ reportedVersion: NEWER }),
    ...seenAs('MISMATCH'),
    name: 'mismatch',
    alert: 'KeyBuzzVersionMismatch',
    breaks: `${BROKEN_SERVICE} reports ${NEWER}, ${HEALTHY.deployedTag} is deployed`
  },
  {
    ...brokenBy({ httpStatus: 404 }),
    ...seenAs('ERROR'),
    name: 'endpoint-down',
    alert: 'KeyBuzzDebugEndpointDown',
    breaks: `${BROKEN_SERVICE} answers 404 at /debug/version`
  },
  {
    ...brokenBy({ gitSha: null }),
    ...seenAs('WARNING'),
    name: 'sha-missing',
    alert: 'KeyBuzzGitShaMissing',
    breaks: `${BROKEN_SERVICE} reports no git SHA`
  },
  {
    // A new pod answers: if an old one did, the mismatch would ring as well.
    ...brokenBy({ deployedTag: NEWER, reportedVersion: NEWER, updatedReplicas: 1, isHung: true }),
    name: 'rollout-stuck',
    alert: 'KeyBuzzRolloutStuck',
    breaks: `the rollout of ${BROKEN_SERVICE} to ${NEWER} stops at 1 of 3 pods`,
    seen: async ({ guard }) => {
      const { rolloutInProgress, status } = await guard.brokenService()
      return rolloutInProgress === true ? `rollout in progress, ${status}` : null
    }
  },
  {
    about: BROKEN,
    name: 'helm-stuck',
    alert: 'KeyBuzzHelmReleaseStuck',
    breaks: `an upgrade of ${BROKEN_SERVICE} by Helm is interrupted`,
    source: 'api-server',
    break: ({ fleet }) => fleet.change({ ...HEALTHY, helm: { revision: 4, status: 'pending-upgrade' } }),
    mend: ({ fleet }) => fleet.change({ ...HEALTHY, helm: { revision: 5, status: 'deployed' } }),
    seen: async ({ guard }) => {
      const { findings } = await guard.brokenService()
      const release = findings.find(({ part }) => part === `release/${BROKEN_SERVICE}`)
      return release?.status === 'DRIFTED' ? `${release.status}: ${release.message}` : null
    }
  },
  {
    name: 'guard-down',
    alert: 'KeyBuzzVersionGuardDown',
    about: { service: 'keybuzz-version-guard' },
    breaks: 'the guard is killed',
    break: ({ guard }) => guard.kill(),
    mend: ({ guard }) => guard.start(),
    seen: async ({ prometheus }) => ((await prometheus.seesGuard()) ? null : "Prometheus' scrapes are not answered")
  },
  {
    // The same version, built again: another version would be a mismatch until the next probe.
    name: 'release-unhealthy',
    alert: 'KeyBuzzReleaseUnhealthy',
    about: BROKEN,
    breaks: `${BROKEN_SERVICE} is rolled out, and one in five of its requests takes a second`,
    break: ({ fleet }) => fleet.change({ ...HEALTHY, digest: REBUILT, slow: 0.2, rolledOutAt: Date.now() }),
    mend: ({ fleet }) => fleet.change({ ...HEALTHY, rolledOutAt: Date.now() }),
    seen: async ({ guard }) => {
      const { imageDigest, status } = await guard.brokenService()
      return imageDigest === REBUILT ? `the new image is deployed, ${status}` : null
    }
  }
]

function brokenBy(fault: Partial<typeof HEALTHY>): Pick<Drill, 'about' | 'break' | 'mend'> {
  return {
    about: BROKEN,
    break: ({ fleet }) => fleet.change({ ...HEALTHY, ...fault }),
    mend: ({ fleet }) => fleet.change(HEALTHY)
  }
}

function seenAs(expected: string): Pick<Drill, 'seen'> {
  return {
    seen: async ({ guard }) => {
      const { status, message } = await guard.brokenService()
      return status === expected ? `${status}: ${message}` : null
    }
  }
}
