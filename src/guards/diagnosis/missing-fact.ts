import { ANNOTATION_PREFIX } from '../../domain/annotations.ts'
import type { MissingFact } from '../../domain/diagnosis.ts'
import { shown } from '../../domain/text.ts'
import { hasStopped } from '../deployed-image.ts'
import { haveNoAddress, NO_ADDRESS } from '../pod-reports.ts'
import type { Scene } from './scene.ts'

/** The fact that would tell who is out of step, and how a person makes it visible. */
export function missingFact(scene: Scene): MissingFact {
  const { deployed, relations, facts } = scene
  const { address, addressAndPods } = relations
  if (!deployed.seen) return { fact: 'deployed', cure: deployed.message }
  if (address === 'pending') {
    const isNew = facts.observation === null
    return {
      fact: 'report',
      cure: isNew ? 'it has not been asked yet' : 'it has not been asked since the rollout ended'
    }
  }
  if (hasStopped(facts)) {
    return { fact: 'deployed', cure: 'no container of it runs, so something else answers at the public address' }
  }
  if (address === 'differs' || addressAndPods === 'differs') return { fact: 'pods', cure: howToAskPods(scene) }
  if (address === 'unknown' || relations.pods === 'alike') return { fact: 'deployed', cure: describeTag(scene) }
  if (relations.declaredCommit === 'differs') return { fact: 'image labels', cure: howToReadLabels(scene) }
  return { fact: 'pods', cure: howToAskPods(scene) }
}

function describeTag({ deployed, target }: Scene): string {
  const { image = '', tag = null } = deployed.seen ? deployed.value : {}
  if (tag === null) return `${shown(image)} has no tag: deploy one that names a version`
  return target.versionMatch === 'git-sha'
    ? `the tag ${shown(tag)} holds no git SHA: deploy one that does`
    : `the tag ${shown(tag)} names no version: deploy one that does`
}

function howToAskPods({ target, facts, pods }: Scene): string {
  const { podEndpoint, origin } = target
  if (facts.pods.seen && haveNoAddress(facts.pods.value)) return NO_ADDRESS
  const cures: string[] = []
  // Only the source knows how it can see pods: all but Kubernetes refuse WATCH_PODS.
  if (!facts.pods.seen) cures.push(facts.pods.message)
  if (podEndpoint === undefined) {
    cures.push(
      origin === 'file'
        ? "set endpointScope: pods in the target's entry of TARGETS_FILE"
        : `set the annotation ${ANNOTATION_PREFIX}endpoint-scope: pods`
    )
  }
  if (cures.length > 0) return cures.join('; ')
  const { podReports } = facts
  if (podReports.length === 0) return 'no pod is ready to be asked'
  const unread = podReports.flatMap(({ pod, observation }) =>
    observation?.report.seen === false
      ? { isRefused: observation.report.reason === 'refused', why: `${shown(pod.name)}: ${observation.report.message}` }
      : []
  )
  const [first] = unread
  if (pods.reporters === 0 && first !== undefined) {
    if (first.isRefused) return first.why
    const where =
      origin === 'file' ? 'endpointPort and endpointPath' : 'the annotations endpoint-port and endpoint-path'
    return `no pod gives a report at port ${podEndpoint?.port} (${first.why}); set ${where}, and let the guard reach the pods`
  }
  if (pods.reporters === 0) return 'they have not been asked yet'
  const all = facts.pods.seen ? facts.pods.value.length : 0
  return `only ${pods.reporters} of ${all} pods gave a report, and the others run another image`
}

function howToReadLabels({ facts, labels }: Scene): string {
  if (labels.seen) return 'build the image with the label org.opencontainers.image.revision'
  const optIn = `the annotation ${ANNOTATION_PREFIX}image-updates: "true" on the workload`
  if (facts.images === null) return `set IMAGE_UPDATES=opt-in and ${optIn}`
  if (labels.reason === 'not_watched') return `set ${optIn}`
  if (!facts.pods.seen && facts.pods.reason === 'not_watched') {
    return `${facts.pods.message}, so that the running digest is known`
  }
  return labels.message
}
