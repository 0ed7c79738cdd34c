import type { FactSources, Facts, SlowFacts } from '../domain/guard.ts'
import { type Observed, seen, unseen } from '../domain/observation.ts'
import type { KnownWorkload, WorkloadFacts, WorkloadUnseen } from '../domain/ports.ts'
import type { Observation } from '../domain/probe.ts'
import { type Target, targetKey } from '../domain/target.ts'
import { podReports } from './pod-questions.ts'

/** Where a service's facts come from, besides its workload. */
export interface FactOrigins {
  /** By question key. */
  readonly observations: ReadonlyMap<string, Observation>
  readonly sources: FactSources
}

/** All that is known at one moment about a service with this workload. */
export function gatherFacts(
  target: Target,
  known: Observed<KnownWorkload, WorkloadUnseen>,
  { observations, sources }: FactOrigins
): Facts {
  const facts = known.seen
    ? { ...known.value, workload: seen(known.value.workload) }
    : { workload: known, pods: NO_WORKLOAD, revisions: NO_WORKLOAD }
  const { workload, pods, revisions } = facts
  const { images, manifest, helm, objects } = slowFacts(target, facts, sources)
  const { observation, podReports } = answersOf(target, facts, observations)
  // Field by field: V8 gives an object made of spreads a second one for what does not fit.
  return { workload, pods, revisions, images, manifest, helm, objects, observation, podReports }
}

/** What a service and its pods said last. */
export function answersOf(
  target: Target,
  { pods }: Pick<Facts, 'pods'>,
  observations: ReadonlyMap<string, Observation>
): Pick<Facts, 'observation' | 'podReports'> {
  return {
    observation: observations.get(targetKey(target)) ?? null,
    podReports: podReports(target, pods.seen ? pods.value : [], observations)
  }
}

/** What the sources with a clock of their own know about a service now. */
export function slowFacts(
  target: Target,
  facts: WorkloadFacts,
  { images, manifest, helm, objects }: FactSources
): SlowFacts {
  return {
    images: images?.of(target, facts) ?? null,
    manifest: manifest?.of(target, facts) ?? null,
    helm: helm?.of(target, facts) ?? null,
    objects: objects?.of(target, facts) ?? null
  }
}

const NO_WORKLOAD = unseen('never_read', 'its workload is not seen')
