import type { Facts } from '../domain/guard.ts'
import { shown } from '../domain/text.ts'
import type { Pod, Revision } from '../domain/workload.ts'
import { isoTime } from '../text/times.ts'
import type { ExplainedList, LiveRevision } from './explanation.ts'

const MOST_REVISIONS = 10

/**
 * What was live when, by the revisions of a workload, the newest first.
 *
 * A revision is live from when it is created until the next one is. Going back creates none: it raises an old one's
 * number above all others, so nobody can tell since when that one has been live again.
 */
export function explainRevisions({ workload, revisions, pods }: Facts): ExplainedList<LiveRevision> {
  if (!workload.seen) return { items: [], note: workload.message }
  if (!revisions.seen) return { items: [], note: revisions.message }
  const current = workload.value.status.seen ? workload.value.status.value.updateRevision : ''
  const byNumber = revisions.value.toSorted((a, b) => a.number - b.number)
  const isCurrent = (revision: Revision) => (current === '' ? revision === byNumber.at(-1) : revision.name === current)
  const begins = beginsOf(byNumber)
  const lines = byNumber.map((revision, index) => {
    const begin = begins[index] ?? null
    const end = isCurrent(revision) ? null : (begins[index + 1] ?? null)
    return {
      number: revision.number === 0 ? null : revision.number,
      name: shown(revision.name),
      images: imagesOf(revision),
      from: isoTime(begin),
      to: isoTime(end),
      isCurrent: isCurrent(revision),
      pods: pods.seen ? countPods(pods.value, revision) : null
    }
  })
  const newest = lines.reverse().slice(0, MOST_REVISIONS)
  return { items: newest, note: noteOf(newest, lines.length) }
}

/** Of the revisions that are told, those whose templates have not been read. */
export function unreadRevisions({ revisions }: Pick<Facts, 'revisions'>): readonly string[] {
  if (!revisions.seen) return []
  const newest = revisions.value.toSorted((a, b) => b.number - a.number).slice(0, MOST_REVISIONS)
  return newest.filter(({ template }) => template === null).map(({ name }) => name)
}

/** When each became live, ms since the epoch, in the order of their numbers; `null`: somebody went back to it. */
function beginsOf(byNumber: readonly Revision[]): readonly (number | null)[] {
  let latest = Number.NEGATIVE_INFINITY
  return byNumber.map(({ createdAt }) => {
    const isNew = createdAt >= latest
    latest = Math.max(latest, createdAt)
    return isNew ? createdAt : null
  })
}

function imagesOf({ template }: Revision): readonly string[] {
  return (template?.containers ?? []).map(({ name, image }) =>
    template?.containers.length === 1 ? shown(image) : `${shown(name)}: ${shown(image)}`
  )
}

function countPods(pods: readonly Pod[], { name }: Revision): number {
  return pods.filter(pod => pod.revision === name && pod.terminatesAt === null).length
}

function noteOf(lines: readonly LiveRevision[], all: number): string {
  if (all === 0) return 'the workload has no revisions'
  const unread = lines.some(({ images }) => images.length === 0)
  return [
    all > lines.length ? `${all - lines.length} older ones are kept` : '',
    unread ? 'images of some have not been read yet' : ''
  ]
    .filter(text => text !== '')
    .join('; ')
}
