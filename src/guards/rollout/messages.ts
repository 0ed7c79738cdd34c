import type { HeldReason, Mixture, RolloutEvidence, RolloutState } from '../../domain/rollout.ts'
import { printable } from '../../domain/text.ts'
import { utcTime } from '../../text/times.ts'
import { unmovedSince } from './deadlines.ts'
import { isBehind, type Scene } from './scene.ts'
import type { Verdict } from './verdict.ts'

/** What the guard found, for a person; every string from outside is cut. */
export function describe(state: RolloutState, verdict: Verdict, { evidence, scene }: Told): string {
  if (verdict.hasEnded) return describeEnd(evidence, scene)
  const { awaited, awaitedPods, held } = evidence
  const [first] = awaitedPods
  const pod = first === undefined || first.reason === '' ? '' : `${first.name}: ${first.reason}`
  const stopped = state === 'STUCK' ? [describeSight(scene), describeUnmade(scene)] : []
  const causes = [
    awaited,
    held === null ? '' : HELD[held],
    verdict.cause,
    printable(scene.status.failure),
    ...stopped,
    pod
  ]
  const why = causes.filter(cause => cause !== '').join(', ')
  const words = state === 'STUCK' ? 'Rollout is stuck' : 'Rollout under way'
  return why === '' ? words : `${words}: ${why}`
}

/** The same for containers on a Docker host, which are judged by their images alone. */
export function describeContainers(state: RolloutState, mixture: Mixture): string {
  return `${state === 'ROLLING' ? 'Containers are being replaced' : 'Containers differ'}: ${describeMixture(mixture)}`
}

interface Told {
  readonly evidence: RolloutEvidence
  readonly scene: Scene
}

const HELD: Readonly<Record<HeldReason, string>> = {
  paused: 'paused',
  partition: 'held by its partition',
  on_delete: 'pods are replaced when somebody deletes them (OnDelete)'
}

/**
 * Where neither pods nor a condition tell since when nothing moves, the guard can only say what it saw itself, since
 * its start.
 */
function describeSight(scene: Scene): string {
  if (scene.pods !== null || scene.status.progress !== null) return ''
  return `no counter has moved since ${utcTime(unmovedSince(scene))} as this guard saw it`
}

/** A Deployment's status says why it can create no pod, as under a quota; the other kinds say it in events alone. */
function describeUnmade(scene: Scene): string {
  const { kind } = scene.workload
  const { desired, replicas, ready } = scene.status
  const missing = desired - replicas
  // An ordered StatefulSet creates no pod while another one is not ready.
  if (kind === 'Deployment' || missing <= 0 || ready < replicas || isBehind(scene)) return ''
  return `${missing} ${missing === 1 ? 'pod is' : 'pods are'} not created: the events of the ${kind} say why`
}

function describeEnd({ held, running }: RolloutEvidence, { workload, status }: Scene): string {
  if (workload.isBeingDeleted) return 'No rollout is under way: the workload is being deleted'
  const mixture = running.seen ? running.value.mixture : null
  const what = mixture === null ? 'No rollout is under way' : `Pods differ: ${describeMixture(mixture)}`
  // It is no rollout, but whoever misses pods wants to know why.
  const unmade = status.failure === '' ? '' : `; pods cannot be created: ${printable(status.failure)}`
  return `${what}${held === null ? '' : `, ${HELD[held]}`}${unmade}`
}

function describeMixture({ container, references, digests, variants }: Mixture): string {
  const of = `in container ${container}`
  if (references > 1) {
    return `${references} images run ${of}: ${variants.map(({ image, pods }) => `${image} (${pods})`).join(', ')}`
  }
  const same = 'the same content under two indexes looks like this too; only the registry can tell'
  return `${digests} digests of ${variants[0]?.image ?? 'one image'} run ${of}; ${same}`
}
