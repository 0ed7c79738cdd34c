import assert from 'node:assert/strict'
import type { RolloutFinding } from '../../../src/domain/finding.ts'
import type { Facts } from '../../../src/domain/guard.ts'
import { seen } from '../../../src/domain/observation.ts'
import type { RolloutState } from '../../../src/domain/rollout.ts'
import type { Target } from '../../../src/domain/target.ts'
import type { KubernetesKind } from '../../../src/domain/workload.ts'
import { createRolloutGuard } from '../../../src/guards/rollout/rollout.ts'
import { parseManifests } from '../../../src/sources/manifests.ts'
import { listOf } from '../../support/cluster-objects.ts'
import { aTarget } from '../../support/facts.ts'

/** Everything that an API server would tell of one workload. */
export interface Objects {
  readonly workload: { readonly kind: string; readonly metadata: { readonly name: string; readonly namespace: string } }
  readonly others: readonly object[]
}

/** The facts of a file with these objects, as `kubectl get deploy,sts,ds,rs,controllerrevisions,pods -o json` writes it. */
export function factsOf({ workload, others }: Objects): Facts {
  const parsed = parseManifests(JSON.stringify(listOf([workload, ...others])), 'saved.json')
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.mistakes.map(({ message }) => message).join())
  const [found] = parsed.value.workloads
  assert.ok(found)
  const { podsOf, revisionsOf } = parsed.value.dependents.find('saved.json')
  return {
    workload: seen(found),
    pods: podsOf(found),
    revisions: revisionsOf(found),
    images: null,
    manifest: null,
    helm: null,
    objects: null,
    observation: null,
    podReports: []
  }
}

export interface JudgeOptions {
  readonly now: number
  readonly deadlineMs?: number
  readonly target?: Partial<Target>
  readonly earlier?: RolloutFinding | undefined
}

/** What the guard finds, as the report would have it. */
export function judgeFacts(
  facts: Facts,
  { workload: { kind, metadata } }: Pick<Objects, 'workload'>,
  { now, deadlineMs = 600_000, target = {}, earlier }: JudgeOptions
): RolloutFinding {
  const { name, namespace } = metadata
  const judged = aTarget({ service: name, namespace, workload: { kind: kind as KubernetesKind, name }, ...target })
  const known = earlier === undefined ? [] : [earlier]
  const [judgement] = createRolloutGuard(deadlineMs).judge(judged, facts, { now, earlier: known })
  assert.ok(judgement)
  const since = earlier?.status === judgement.status ? earlier.since : now
  return { ...judgement, guard: 'rollout', since, isSinceStart: false }
}

export function judgeObjects(objects: Objects, options: JudgeOptions): RolloutFinding {
  return judgeFacts(factsOf(objects), objects, options)
}

export function stateOf({ status }: RolloutFinding): RolloutState {
  return status
}
