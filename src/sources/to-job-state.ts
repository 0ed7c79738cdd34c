import type { JobState } from '../domain/required-objects.ts'
import { listAt, textAt, timeAt } from '../text/json.ts'

/** How a batch/v1 Job stands, by its conditions; `Complete` and `Failed` are final (batch/v1 types.go). */
export function toJobState(job: unknown): JobState {
  const conditions = listAt(job, 'status', 'conditions').filter(condition => textAt(condition, 'status') === 'True')
  const find = (type: string) => conditions.find(condition => textAt(condition, 'type') === type)
  const complete = find('Complete')
  if (complete !== undefined) {
    const completedAt = timeAt(job, 'status', 'completionTime') ?? timeAt(complete, 'lastTransitionTime')
    return { outcome: 'succeeded', completedAt }
  }
  return { outcome: find('Failed') === undefined ? 'running' : 'failed', completedAt: null }
}
