import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { RolloutFinding } from '../../../src/domain/finding.ts'
import { judgeObjects, type Objects } from './judge-objects.ts'

/** Objects of a real controller, reduced, and what is right. */
interface Case {
  readonly id: string
  readonly why: string
  readonly facts: {
    readonly now: string
    readonly ownDeadlineSeconds: number
    readonly nodeArchitectures: Readonly<Record<string, string>> | null
  }
  readonly workload: Objects['workload']
  readonly replicaSets?: readonly object[]
  readonly controllerRevisions?: readonly object[]
  readonly pods: readonly object[]
  readonly expect: Expected
}

interface Expected {
  readonly state: string
  readonly since?: string
  readonly held?: string | null
  readonly previous?: { readonly revision: number; readonly imageTag: string; readonly proof: string } | null
  readonly previousReason?: string
  readonly undo?: string | null
  readonly advice?: string
  readonly mixed?: { readonly container: string; readonly digests: number }
}

const CASES: readonly Case[] = JSON.parse(readFileSync(join(import.meta.dirname, 'rollout-cases.json'), 'utf8'))

// The cases leave out what an object is, and where, as the items of a list do.
function objectsOf({ workload, replicaSets = [], controllerRevisions = [], pods, facts }: Case): Objects {
  const { namespace } = workload.metadata
  const complete = (kind: string) => (object: object) => ({
    kind,
    ...object,
    metadata: { ...(object as Objects['workload']).metadata, namespace }
  })
  const nodes = Object.entries(facts.nodeArchitectures ?? {}).map(([name, architecture]) => ({
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/arch': architecture } }
  }))
  const revisions = [
    ...replicaSets.map(complete('ReplicaSet')),
    ...controllerRevisions.map(complete('ControllerRevision'))
  ]
  return { workload, others: [...revisions, ...pods.map(complete('Pod')), ...nodes] }
}

/** As much of a finding as a case speaks of. */
function answer({ status, evidence }: RolloutFinding, { expect }: Case): Partial<Expected> {
  const { wayBack, held, completedAt, running } = evidence
  const { revision, imageTag, proof, command } = wayBack
  const mixture = running.seen ? running.value.mixture : null
  const answers = {
    state: status,
    since: completedAt === null ? undefined : new Date(completedAt).toISOString().replace('.000', ''),
    held,
    previous: revision === null ? null : { revision, imageTag, proof },
    previousReason: proof,
    undo: revision === null ? null : command,
    advice: command,
    mixed: mixture === null ? undefined : { container: mixture.container, digests: mixture.digests }
  }
  return Object.fromEntries(Object.entries(answers).filter(([name]) => name in expect))
}

suite('a rollout of real objects', () => {
  for (const one of CASES) {
    test(`${one.id}: ${one.why}`, () => {
      const deadlineMs = one.facts.ownDeadlineSeconds * 1000
      const finding = judgeObjects(objectsOf(one), { now: Date.parse(one.facts.now), deadlineMs })
      assert.deepEqual(answer(finding, one), one.expect, finding.message)
    })
  }
})
