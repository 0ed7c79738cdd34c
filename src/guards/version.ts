import { oldest, VERSION_STATUSES, type VersionFinding } from '../domain/finding.ts'
import type { Guard } from '../domain/guard.ts'
import type { Target } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { cannotTell, compare, error, NOT_CHECKED_YET, type Outcome, unknown, worstFirst } from './compare-version.ts'
import { deployedImage, hasStopped } from './deployed-image.ts'
import { judgePods, VERSION_READS, type VersionFacts } from './pod-reports.ts'

/** The version guard: compares what a service says, at its endpoint and pod by pod, with what is deployed. */
export const versionGuard: Guard<VersionFinding, keyof VersionFacts> = {
  name: 'version',
  statuses: VERSION_STATUSES,
  reads: VERSION_READS,
  judge: (target, facts) => {
    const atEndpoint = target.endpoint === null ? null : judgeEndpoint(target, facts)
    const inPods = target.podEndpoint === undefined ? null : judgePods(target, facts)
    const outcome = worse(atEndpoint, inPods)
    if (outcome === null) return []
    const observations = [facts.observation, ...facts.podReports.map(({ observation }) => observation)]
    const asOf = oldest(observations.map(observation => observation?.checkedAt ?? null))
    return [{ part: '', ...outcome, asOf, validUntil: Number.POSITIVE_INFINITY }]
  }
}

function judgeEndpoint(target: Target, facts: VersionFacts): Outcome {
  if (facts.observation === null) return NOT_CHECKED_YET
  const { report } = facts.observation
  if (!report.seen) return error(report.message)
  const deployed = deployedImage(target, facts)
  if (!deployed.seen) return unknown(deployed.message)
  if (hasStopped(facts)) return cannotTell('No container of it runs: something else answers at the endpoint')
  const { image, tag } = deployed.value
  if (tag === null) return unknown(`${shown(image)} has no tag to compare`)
  return compare(report.value, tag, target.versionMatch)
}

/** The worse of the two decides; the other's message follows if it is not OK either. */
function worse(atEndpoint: Outcome | null, inPods: Outcome | null): Outcome | null {
  if (atEndpoint === null || inPods === null) return atEndpoint ?? inPods
  const { pods } = inPods.evidence
  const isByPods = worstFirst(inPods, atEndpoint) < 0
  const [worst, other] = isByPods ? [inPods, atEndpoint] : [atEndpoint, inPods]
  const isTold = other.status !== 'OK' && other.message !== worst.message
  return {
    ...worst,
    message: isTold ? `${worst.message}; ${other.message}` : worst.message,
    evidence: {
      ...worst.evidence,
      pods: pods === null || isByPods ? pods : { ...pods, spokesman: null }
    }
  }
}
