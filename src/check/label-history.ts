/**
 * What a target has reported lately in labels of `keybuzz_version_info`; immutable.
 *
 * Each set of labels is a series that Prometheus keeps for hours: a version that changes with every probe would create
 * one each time.
 */
export interface LabelHistory {
  /**
   * Sets shown within the last hour, at most ten, and when each was last shown, ms since the epoch. Empty while held.
   */
  readonly shown: readonly ShownLabels[]
  /** What is reported now, and since when, while it is held back; `null`: it is shown. */
  readonly held: { readonly labels: string; readonly since: number } | null
}

interface ShownLabels {
  readonly labels: string
  readonly at: number
}

export const NO_LABELS: LabelHistory = { shown: [], held: null }

const MOST_SETS = 10
const REMEMBERED_MS = 3_600_000
const CALM_MS = 600_000
// A set that has been shown all the time is recorded again no more often than this.
const NOTED_EVERY_MS = 60_000

/**
 * The history after a set of labels was reported; `null`: nothing was. Labels are held back once more than ten
 * different sets came within an hour, and shown again when one has stayed for ten minutes.
 */
export function followLabels(before: LabelHistory, labels: string | null, now: number): LabelHistory {
  if (labels === null) return before
  const history = isLater(before, now) ? until(before, now) : before
  const { held, shown } = history
  if (held !== null) {
    if (held.labels !== labels) return { ...history, held: { labels, since: now } }
    return now - held.since < CALM_MS ? history : { shown: [{ labels, at: now }], held: null }
  }
  const last = shown.find(one => one.labels === labels)
  if (last !== undefined && now - last.at < NOTED_EVERY_MS) return history
  const others = shown.filter(one => one !== last && now - one.at < REMEMBERED_MS)
  if (others.length >= MOST_SETS) return { shown: [], held: { labels, since: now } }
  // A spread would reserve room for sixteen more.
  return { shown: others.concat({ labels, at: now }), held: null }
}

/** The history after the same labels were reported again; `labels` is called only if they must be noted. */
export function followAgain(history: LabelHistory, labels: () => string | null, now: number): LabelHistory {
  const areNoted =
    history.held === null && !isLater(history, now) && history.shown.every(({ at }) => now - at < NOTED_EVERY_MS)
  return areNoted ? history : followLabels(history, labels(), now)
}

// A time in the future is from before the clock was set back. Unchanged, it would count for too long.
function isLater({ held, shown }: LabelHistory, now: number): boolean {
  return (held !== null && held.since > now) || shown.some(({ at }) => at > now)
}

function until({ held, shown }: LabelHistory, now: number): LabelHistory {
  return {
    shown: shown.map(({ labels, at }) => ({ labels, at: Math.min(at, now) })),
    held: held === null ? null : { labels: held.labels, since: Math.min(held.since, now) }
  }
}
