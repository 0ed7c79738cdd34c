import type { Diagnosis, Proof, Relation } from '../../domain/diagnosis.ts'
import { type Finding, findingBy, oldest } from '../../domain/finding.ts'
import type { JudgedFacts } from '../../domain/guard.ts'
import type { Target } from '../../domain/target.ts'
import { findCulprit, type Relations } from './culprit.ts'
import { missingFact } from './missing-fact.ts'
import { findOddPods, type OddPods } from './odd-pods.ts'
import { setScene } from './scene.ts'
import { describe, MOST_NAMED } from './words.ts'

/**
 * Who is out of step: what stands before the pods, the pods, their image, what was deployed, or what was declared.
 *
 * The second stage: it judges from the facts and from what all guards found. `null`: no version of the service is judged,
 * and no container on a Docker host runs another image than it should.
 */
export function diagnose(target: Target, facts: JudgedFacts, findings: readonly Finding[]): Diagnosis | null {
  const version = findingBy(findings, 'version')
  if (version === null && target.workload.kind !== 'Container') return null
  const scene = setScene(target, facts, { findings, version })
  if (version === null && scene.mixture === null) return null
  const culprit = findCulprit(scene.relations)
  const missing = culprit === 'unknown' ? missingFact(scene) : null
  const odd = culprit === 'pods' ? findOddPods(scene) : NO_PODS
  const { rollout, checkedAt } = scene
  return {
    culprit,
    message: describe(culprit, scene, { odd, missing }),
    proof: proofOf(scene.relations),
    missing,
    pods: odd.named.slice(0, MOST_NAMED).map(({ name }) => name),
    since: culprit === 'rollout' ? (rollout?.evidence.startedAt ?? null) : oldest(odd.named.map(({ since }) => since)),
    factsAsOf: oldest([checkedAt, findingBy(findings, 'release')?.asOf ?? null])
  }
}

const NO_PODS: OddPods = { named: [], count: 0 }

function proofOf(relations: Relations): Proof {
  const { address, pods, addressAndPods, declared, digest, imageLabel, builtCommit, tagCommit, declaredCommit } =
    relations
  return {
    address: address === 'agrees' || address === 'differs' ? address : 'unknown',
    pods: PODS[pods],
    addressAndPods,
    declared,
    digest,
    imageLabel,
    builtCommit,
    tagCommit,
    declaredCommit
  }
}

const PODS: Readonly<Record<Relations['pods'], Relation>> = {
  agrees: 'agrees',
  partly: 'agrees',
  differs: 'differs',
  mixed: 'differs',
  failing: 'unknown',
  alike: 'unknown',
  unknown: 'unknown',
  none: 'unknown'
}
