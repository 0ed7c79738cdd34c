import type { ReleaseFinding } from '../../domain/finding.ts'
import type { Guard } from '../../domain/guard.ts'
import { RELEASE_STATUSES } from '../../domain/release.ts'
import { judgeDeclaration } from './declaration.ts'
import { judgeHelmRelease } from './helm.ts'
import { judgeObjects } from './objects.ts'

const READS = ['workload', 'pods', 'revisions', 'observation', 'manifest', 'helm', 'objects'] as const

/**
 * The release guard: whether what runs is what was declared, whether Helm is done with it, and whether what it needs is
 * there. `defaultPendingMs` applies where a target does not say how long its Helm release may be pending.
 */
export function createReleaseGuard(defaultPendingMs: number): Guard<ReleaseFinding, (typeof READS)[number]> {
  return {
    name: 'release',
    statuses: RELEASE_STATUSES,
    reads: READS,
    judge: (target, facts, { now }) => {
      const declaration = judgeDeclaration(target, facts)
      const { helm } = facts
      return [
        ...(declaration === null ? [] : [declaration]),
        ...(helm?.seen ? [judgeHelmRelease(helm.value, target.helmPendingMs ?? defaultPendingMs, now)] : []),
        ...judgeObjects(facts)
      ]
    }
  }
}
