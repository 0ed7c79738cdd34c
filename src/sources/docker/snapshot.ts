import { isDeepStrictEqual } from 'node:util'
import { seen, unseen } from '../../domain/observation.ts'
import type { WorkloadSnapshot } from '../../domain/ports.ts'
import { shown } from '../../domain/text.ts'
import { describeWorkload, type WorkloadRef, workloadKey } from '../../domain/workload.ts'
import { atMost } from '../../text/lines.ts'
import type { HostWorkloads } from './to-workloads.ts'

const MOST_WARNINGS = 20

/** Replaces what did not change with the same object as before. */
export function withKnownObjects(now: HostWorkloads, before: HostWorkloads | null): HostWorkloads {
  const knownBefore = new Map(before?.known.map(one => [workloadKey(one.workload), one]))
  const known = now.known.map(one => {
    const same = knownBefore.get(workloadKey(one.workload))
    if (same === undefined) return one
    if (isDeepStrictEqual(same, one)) return same
    // Pods come and go while their workload stays as it was.
    return isDeepStrictEqual(same.workload, one.workload) ? { ...one, workload: same.workload } : one
  })
  return { ...now, known }
}

/** What is known of a host. `own`: the `workloadKey` of the guard's own workload; `null`: it is not among them. */
export function snapshotOf(
  { known, unreadable, warnings }: HostWorkloads,
  engine: string,
  own: string | null
): WorkloadSnapshot {
  const found = new Map(known.map(one => [workloadKey(one.workload), one]))
  return {
    known,
    warnings: atMost(MOST_WARNINGS, warnings),
    find: (ref: WorkloadRef) => {
      const key = workloadKey(ref)
      const what = describeWorkload(ref)
      const mistake = unreadable.get(key)
      if (mistake !== undefined) return unseen('unreadable', `${what} could not be read: ${mistake}`)
      const one = found.get(key)
      if (one !== undefined) return seen(one)
      if (key === own) return unseen('not_found', `${what} is this guard, which does not watch itself`)
      return unseen('not_found', `${what} does not run at ${shown(engine)}`)
    }
  }
}
