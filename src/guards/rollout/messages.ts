import type { HeldReason, Mixture, RolloutEvidence, RolloutState } from '../../domain/rollout.ts'
import { shown } from '../../domain/text.ts'
import type { Scene } from './scene.ts'
import type { Verdict } from './verdict.ts'

/** What the guard found, for a person; every string from outside is cut. */
export function describe(state: RolloutState, verdict: Verdict, { evidence, scene }: Told): string {
  if (verdict.hasEnded) return describeEnd(evidence)
  const { awaited, awaitedPods, held } = evidence
  const [first] = awaitedPods
  const pod = first === undefined || first.reason === '' ? '' : `${first.name}: ${first.reason}`
  const causes = [awaited, held === null ? '' : HELD[held], verdict.cause, shown(scene.status.failure), pod]
  const why = causes.filter(cause => cause !== '').join(', ')
  const words = state === 'STUCK' ? 'Rollout is stuck' : 'Rollout under way'
  return why === '' ? words : `${words}: ${why}`
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

function describeEnd({ held, running }: RolloutEvidence): string {
  const mixture = running.seen ? running.value.mixture : null
  const what = mixture === null ? 'No rollout is under way' : `Pods differ: ${describeMixture(mixture)}`
  return held === null ? what : `${what}, ${HELD[held]}`
}

function describeMixture({ container, references, digests, variants }: Mixture): string {
  const of = `in container ${container}`
  if (references > 1) {
    return `${references} images run ${of}: ${variants.map(({ image, pods }) => `${image} (${pods})`).join(', ')}`
  }
  const same = 'the same content under two indexes looks like this too; only the registry can tell'
  return `${digests} digests of ${variants[0]?.image ?? 'one image'} run ${of}; ${same}`
}
