import type { Finding, FindingBy } from '../domain/finding.ts'
import type { ReleaseEvidence } from '../domain/release.ts'
import { utcTime } from '../text/times.ts'
import { explainImageUpdate } from './explain-image-update.ts'

/** What a finding rests on, for a person: a line for each fact; empty: its message says it all. */
export function evidenceOf(finding: Finding): readonly string[] {
  if (finding.guard === 'version') return versionEvidence(finding)
  if (finding.guard === 'rollout') return rolloutEvidence(finding)
  if (finding.guard === 'release') return releaseEvidence(finding.evidence)
  return explainImageUpdate(finding.evidence)
}

function line(name: string, text: string | number | null): string[] {
  return text === null || text === '' ? [] : [`${name}: ${text}`]
}

function time(name: string, ms: number | null): string[] {
  return line(name, ms === null ? null : utcTime(ms))
}

function versionEvidence({ evidence: { isConsistent, pods } }: FindingBy<'version'>): string[] {
  const verdict = isConsistent === null ? 'could not be compared' : isConsistent ? 'they agree' : 'they differ'
  if (pods === null) return [`reported version and deployed tag: ${verdict}`]
  const { agrees, differs, failed, refused, not_asked } = pods.results
  return [
    `reported version and deployed tag: ${verdict}`,
    `pods: ${agrees} as deployed, ${differs} different, ${failed} without a report, ${refused} that may not be asked, ${not_asked} not asked`,
    ...line('different reports among the pods', pods.versions > 1 ? pods.versions : null),
    ...line('the pod that speaks for the service', pods.spokesman)
  ]
}

function rolloutEvidence({ evidence }: FindingBy<'rollout'>): string[] {
  const { awaited, stuckAt, held, startedAt, completedAt, awaitedPods, running, wayBack } = evidence
  return [
    ...line('awaited', awaited),
    ...awaitedPods.map(({ name, node, imageTag, reason }) => {
      const where = node === '' ? '' : `on ${node}`
      return `awaited pod: ${[name, where, imageTag, reason].filter(text => text !== '').join(', ')}`
    }),
    ...line('held', held),
    ...time('started', startedAt),
    ...time('completed', completedAt),
    ...time('counts as stuck at', stuckAt),
    ...(running.seen
      ? running.value.byTag.map(({ imageTag, pods }) => `running: ${imageTag}, ${pods} ${pods === 1 ? 'pod' : 'pods'}`)
      : [`running: not seen: ${running.message}`]),
    ...(running.seen ? (running.value.mixture?.variants ?? []) : []).map(
      ({ image, digest, podNames }) =>
        `variant: ${[image, digest].filter(text => text !== '').join(' ')} in ${podNames.join(', ')}`
    ),
    ...line('to go back', wayBack.note)
  ]
}

function releaseEvidence(evidence: ReleaseEvidence): string[] {
  if (evidence.kind === 'declaration') {
    const { chart, chartVersion, appVersion, revision, declared } = evidence
    return [
      ...line('chart', [chart, chartVersion].filter(text => text !== '').join(' ')),
      ...line('app version', appVersion),
      ...line('Helm revision', revision),
      ...declared.map(({ source, version, gitSha }) => {
        return `declared by ${source === 'label' ? 'the label' : 'the release manifest'}: ${version}${gitSha === '' ? '' : ` (${gitSha})`}`
      })
    ]
  }
  if (evidence.kind === 'helm') {
    const { release, namespace, revision, status, rollbackTo } = evidence
    return [
      `release: ${release} in ${namespace}, revision ${revision}`,
      `status: ${status}`,
      ...line('revision to go back to', rollbackTo)
    ]
  }
  if (evidence.kind === 'object') return [`${evidence.objectKind} ${evidence.name}: ${presence(evidence.isPresent)}`]
  const { job, hasSucceeded } = evidence
  const outcome = hasSucceeded === null ? 'not known' : hasSucceeded ? 'yes' : 'no'
  return [`Job ${job}: succeeded since the last rollout: ${outcome}`]
}

function presence(isPresent: boolean | null): string {
  if (isPresent === null) return 'not looked for'
  return isPresent ? 'there' : 'not there'
}
