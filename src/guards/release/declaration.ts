import type { Judgement } from '../../domain/finding.ts'
import type { JudgedFacts } from '../../domain/guard.ts'
import type { Observed } from '../../domain/observation.ts'
import type { DebugReport } from '../../domain/probe.ts'
import type { DeclarationEvidence, Declared, ReleaseManifest, ReleaseStatus } from '../../domain/release.ts'
import type { Target } from '../../domain/target.ts'
import { shown } from '../../domain/text.ts'
import { isSameVersion } from '../compare-version.ts'
import { deployedImage } from '../deployed-image.ts'
import { isSameSha } from '../tag-sha.ts'
import { type Comparison, compareLabel, compareVersions, splitChart } from './compare.ts'

/** One pair that was compared: what was declared, and what is there. */
interface Compared {
  readonly declared: string
  readonly actual: string
  readonly comparison: Comparison
}

type DeclarationFacts = Pick<JudgedFacts, 'workload' | 'pods' | 'observation' | 'manifest' | 'helm'>

/**
 * Whether what runs, and what is reported, is what was declared: by the workload's label, and by the release manifest.
 * `null`: nothing is declared.
 */
export function judgeDeclaration(
  target: Target,
  facts: DeclarationFacts
): Judgement<ReleaseStatus, DeclarationEvidence> | null {
  const { manifest, helm } = facts
  const { version, chart } = facts.workload.seen ? facts.workload.value.releaseLabels : NO_LABELS
  const isDeclared = manifest !== null && (manifest.seen || manifest.reason === 'unreadable')
  const revision = helm?.seen ? helm.value.current.number : null
  if (version === '' && chart === '' && revision === null && !isDeclared) return null

  const deployed = deployedImage(target, facts)
  const tag = tagOf(deployed)
  const fromLabel = version === '' ? [] : [compareWithTag(LABEL, version, tag, compareLabel)]
  const fromManifest = manifest?.seen ? compareManifest(manifest.value, { target, facts, tag }) : []
  const unread = manifest !== null && !manifest.seen && manifest.reason === 'unreadable' ? [manifest.message] : []
  const { name, version: chartVersion } = splitChart(chart)
  const [label] = fromLabel
  return {
    part: '',
    ...conclude([...fromLabel, ...fromManifest], unread),
    // If the current manifest is refused, an older version is compared.
    asOf: manifest?.seen && manifest.value.refusal !== null ? manifest.value.readAt : null,
    validUntil: Number.POSITIVE_INFINITY,
    evidence: {
      kind: 'declaration',
      isConsistent: doesAgree(label),
      chart: shown(name),
      chartVersion: shown(chartVersion),
      appVersion: shown(version.replace('_', '+')),
      revision,
      declared: declaredBy(version, manifest, { label, tag: fromManifest[0] })
    }
  }
}

const NO_LABELS = { version: '', chart: '' }
const LABEL = 'Declared version'
const MANIFEST = 'Declared tag'

type Tag = { readonly seen: true; readonly tag: string } | { readonly seen: false; readonly why: string }

function tagOf(deployed: ReturnType<typeof deployedImage>): Tag {
  if (!deployed.seen) return { seen: false, why: `deployed image unknown: ${deployed.message}` }
  const { image, tag } = deployed.value
  return tag === null ? { seen: false, why: `${shown(image)} has no tag to compare` } : { seen: true, tag }
}

function compareWithTag(
  what: string,
  declared: string,
  tag: Tag,
  compare: (declared: string, actual: string) => Comparison
): Compared {
  const name = `${what} (${shown(declared)})`
  if (!tag.seen) return { declared: name, actual: '', comparison: { verdict: 'unknown', why: tag.why } }
  return { declared: name, actual: `deployed image tag (${shown(tag.tag)})`, comparison: compare(declared, tag.tag) }
}

interface Actual {
  readonly target: Target
  readonly facts: Pick<JudgedFacts, 'observation'>
  readonly tag: Tag
}

function compareManifest(manifest: ReleaseManifest, { target, facts, tag }: Actual): readonly Compared[] {
  const report = facts.observation?.report
  const reported = report?.seen ? report.value : null
  return [
    compareWithTag(MANIFEST, manifest.tag, tag, compareVersions),
    ...(reported === null ? [] : compareReport(manifest, reported, target))
  ]
}

function compareReport(
  manifest: ReleaseManifest,
  reported: DebugReport,
  { versionMatch }: Target
): readonly Compared[] {
  const { version, gitSha } = reported
  const compared: Compared[] = []
  // Where versions are matched by their SHA, what is reported as version may be anything.
  if (version !== null && versionMatch !== 'git-sha') {
    const isSame = isSameVersion(version, manifest.tag, versionMatch)
    compared.push({
      declared: `${MANIFEST} (${shown(manifest.tag)})`,
      actual: `reported version (${shown(version)})`,
      // What the service may report for a deployed tag, it may report for a declared one.
      comparison: isSame ? { verdict: 'agrees' } : compareVersions(manifest.tag, version)
    })
  }
  if (manifest.gitSha !== null && gitSha !== null) {
    compared.push({
      declared: `Declared git SHA (${shown(manifest.gitSha)})`,
      actual: `reported git SHA (${shown(gitSha)})`,
      comparison: { verdict: isSameSha(manifest.gitSha, gitSha) ? 'agrees' : 'differs' }
    })
  }
  return compared
}

function conclude(
  compared: readonly Compared[],
  unread: readonly string[]
): Pick<Judgement<ReleaseStatus>, 'status' | 'severity' | 'message'> {
  const drifted = compared.filter(({ comparison }) => comparison.verdict === 'differs')
  if (drifted.length > 0) {
    const words = drifted.map(({ declared, actual }) => `${declared} does not match ${actual}`)
    return { status: 'DRIFTED', severity: 'warning', message: words.join('; ') }
  }
  const unknown = compared.flatMap(({ comparison }) => (comparison.verdict === 'unknown' ? [comparison.why] : []))
  const why = [...new Set([...unknown, ...unread])].join('; ')
  const agreed = compared.filter(({ comparison }) => comparison.verdict === 'agrees')
  const [first] = agreed
  if (first !== undefined) {
    const message = `${first.declared} matches ${agreed.map(({ actual }) => actual).join(', ')}`
    return { status: 'AGREES', severity: 'ok', message: why === '' ? message : `${message}; not compared: ${why}` }
  }
  if (why === '') return { status: 'UNKNOWN', severity: 'info', message: 'Nothing is declared that could be compared' }
  return { status: 'UNKNOWN', severity: 'unknown', message: `Release unknown: ${why}` }
}

function declaredBy(
  version: string,
  manifest: Observed<ReleaseManifest> | null,
  { label, tag }: { readonly label: Compared | undefined; readonly tag: Compared | undefined }
): readonly Declared[] {
  const byLabel: Declared[] =
    version === ''
      ? []
      : [{ source: 'label', version: shown(version.replace('_', '+')), gitSha: '', isDeployed: doesAgree(label) }]
  if (!manifest?.seen) return byLabel
  const { tag: declared, gitSha } = manifest.value
  const isDeployed = doesAgree(tag)
  return [...byLabel, { source: 'manifest', version: shown(declared), gitSha: shown(gitSha ?? ''), isDeployed }]
}

/** `null`: nothing was compared. */
function doesAgree(compared: Compared | undefined): boolean | null {
  const verdict = compared?.comparison.verdict ?? 'unknown'
  return verdict === 'unknown' ? null : verdict === 'agrees'
}
