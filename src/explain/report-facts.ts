import { findingBy } from '../domain/finding.ts'
import type { ImageLabels } from '../domain/image-registry.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import { POD_RESULT_WORDS, type PodAnswer } from '../domain/pod-reports.ts'
import type { Observation } from '../domain/probe.ts'
import { imageFindings, type ServiceReport } from '../domain/report.ts'
import type { KnownService } from '../domain/service-change.ts'
import { shown } from '../domain/text.ts'
import { chooseContainer } from '../guards/deployed-image.ts'
import { labelsByRuntime } from '../guards/running-labels.ts'
import { isoTime } from '../text/times.ts'
import type { ExplainedFact } from './explanation.ts'
import { fact } from './fact.ts'
import type { Place } from './workload-facts.ts'

/** What the service says it is, at its endpoint and pod by pod. */
export function reported(known: KnownService): readonly ExplainedFact[] {
  return [...endpointFacts(known.facts.observation, known.report), ...podFacts(known)]
}

const NO_ENDPOINT =
  'the service has no endpoint: name one in TARGETS_FILE, or annotate its workload with version-guard.keybuzz.io/endpoint'

function endpointFacts(
  observation: KnownService['facts']['observation'],
  { endpoint }: ServiceReport
): readonly ExplainedFact[] {
  const source = endpoint ?? 'endpoint'
  const none = (note: string, asOf: string | null = null) => [fact('version', null, { source, asOf, note })]
  if (endpoint === null) return none(NO_ENDPOINT)
  if (observation === null) return none('not asked yet')
  const { report, checkedAt } = observation
  const asOf = isoTime(checkedAt)
  if (!report.seen) return none(`no report: ${report.message}`, asOf)
  const { version, gitSha } = report.value
  return [
    fact('version', version, { source, asOf, note: version === null ? 'the report has none' : '' }),
    fact('git SHA', gitSha, { source, asOf, note: gitSha === null ? NO_SHA : '' })
  ]
}

const NO_SHA = 'the report has none: build the image with its commit, or set git-sha-pointer to where the report has it'

function podFacts({ target, facts, report }: KnownService): readonly ExplainedFact[] {
  const { podEndpoint, workload, origin } = target
  if (podEndpoint === undefined) {
    const how =
      origin === 'file'
        ? "set endpointScope: pods in the target's entry of TARGETS_FILE"
        : 'annotate the workload with version-guard.keybuzz.io/endpoint-scope: pods'
    const note = `pods are not asked one by one: ${how}`
    return workload.kind === 'Container' ? [] : [fact('pods', null, { source: 'each pod', note })]
  }
  const pods = findingBy(report.findings, 'version')?.evidence.pods
  if (pods == null)
    return [fact('pods', null, { source: 'each pod', note: 'pods are not seen (on Kubernetes: WATCH_PODS=true)' })]
  const observations = new Map(facts.podReports.map(({ pod, observation }) => [shown(pod.name), observation]))
  return pods.pods.map(answer => podFact(answer, observations.get(answer.name) ?? null))
}

// Steps are kept only for endpoints, for pods are many. Of each pod, it is known where it was asked and how that went.
function podFact(
  { name, version, gitSha, result, message }: PodAnswer,
  observation: Observation | null
): ExplainedFact {
  const said = version === null && gitSha === null ? null : `${version ?? 'no version'} (${gitSha ?? 'no git SHA'})`
  const why = message === '' ? POD_RESULT_WORDS[result] : message
  if (observation === null) return fact(name, said, { source: 'pod', note: why })
  const { httpStatus, durationMs, checkedAt, target } = observation
  const status = httpStatus === null || message.includes(`HTTP ${httpStatus}`) ? '' : `, HTTP ${httpStatus}`
  const source = target.endpoint === null ? 'pod' : `pod at ${shown(target.endpoint)}`
  const note = `${why}${status}, in ${Math.round(durationMs)} ms`
  return fact(name, said, { source, asOf: isoTime(checkedAt), note })
}

/** From which commit it was built, by its report and by the labels of its image. */
export function built(known: KnownService, place: Place, notAsked: string): readonly ExplainedFact[] {
  const { observation } = known.facts
  const sha = observation?.report.seen ? observation.report.value.gitSha : null
  const { labels, source, asOf } = imageLabels(known, place, notAsked)
  const read = labels.seen ? labels.value : null
  const label = (key: string, value: string | null) =>
    fact(key, value, {
      source,
      asOf,
      note: labels.seen ? (value === null ? `the image has no label ${key}` : '') : labels.message
    })
  return [
    fact('git SHA', sha, {
      source: "the service's report",
      asOf: isoTime(observation?.checkedAt ?? null),
      note: sha === null ? 'not reported' : ''
    }),
    label('revision', read?.revision ?? null),
    label('version', read?.version ?? null)
  ]
}

const LABELS = 'labels of the image (org.opencontainers.image)'

interface LabelsFact extends Pick<ExplainedFact, 'source' | 'asOf'> {
  readonly labels: Observed<ImageLabels>
}

/** As the diagnosis reads them: those that the runtime reports, else those of the registry. */
function imageLabels({ target, facts }: KnownService, place: Place, notAsked: string): LabelsFact {
  const { workload, images } = facts
  const own = workload.seen ? chooseContainer(target, workload.value) : undefined
  const told = own === undefined ? null : labelsByRuntime(facts, { container: own.name, image: own.image })
  if (told !== null) return { labels: seen(told), source: `${LABELS}, ${place.source}`, asOf: place.asOf }
  const none = (reason: string, message: string) => ({ labels: unseen(reason, message), source: LABELS, asOf: null })
  if (images === null) return none('not_watched', notAsked)
  const image = images.find(({ container }) => container === own?.name)
  if (image === undefined) return none('not_watched', 'its image is not watched (annotation image-updates)')
  if (image.check === null) return none('not_checked', 'not read yet')
  return { labels: image.check.runningLabels, source: LABELS, asOf: isoTime(image.check.checkedAt) }
}

// A workload may have any number of them.
const MOST_CONTAINERS = 10

/** What is newer in the registry. */
export function available({ facts, report }: KnownService, notAsked: string): readonly ExplainedFact[] {
  const source = 'registry'
  const findings = imageFindings(report)
  if (findings.length === 0) {
    const note = facts.images === null ? notAsked : 'no image of this service is watched (annotation image-updates)'
    return [fact('newer tag', null, { source, note })]
  }
  return findings.slice(0, MOST_CONTAINERS).map(({ evidence, message }) => {
    const { container, isUpdateAvailable, newer, checkedAt } = evidence
    const value = isUpdateAvailable === false ? 'nothing newer' : (newer?.latest ?? null)
    return fact(`newer tag of container ${shown(container)}`, value, {
      source: `registry: ${evidence.image}`,
      asOf: isoTime(checkedAt),
      note: message
    })
  })
}
