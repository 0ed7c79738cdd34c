/** The guard as one scrape shows it. */
export interface Sample {
  /** Since the guard began to listen. */
  readonly seconds: number
  readonly rssBytes: number
  readonly heapBytes: number
  readonly fds: number
  /** Cycles done so far. */
  readonly cycles: number
  /** Those of them that took no longer than the interval. */
  readonly cyclesInTime: number
  /** How many of the honest services that are always well are not shown as such; a missing service counts. */
  readonly wronged: number
  /** How long ago the least recently checked of them was checked. */
  readonly oldestSeconds: number
}

export interface Soak {
  readonly samples: readonly Sample[]
  readonly intervalSeconds: number
  /** Lines of the log that tell of a failure of the guard itself, and what it wrote to standard error. */
  readonly failures: readonly string[]
  /** Whether the guard was still there at the end. */
  readonly survived: boolean
}

export interface Check {
  readonly rule: string
  readonly holds: boolean
  readonly words: string
}

const FLAT_SHARE = 0.05
const FLAT_FDS = 10
// The timer of each cycle is a few milliseconds late.
const LATE_SHARE = 0.01
const LATE_CYCLES = 2
// A check is due each interval and scraped later; a soak's interval is short, and its machine may be busy.
const FRESH_INTERVALS = 10
const MIB = 1024 * 1024
/** The memory limit of the chart. */
const MEMORY_MIB = 512

/**
 * Whether the guard holds up: resources flat from the second quarter to the last, no cycle lost, nothing unhandled, and
 * no service judged wrongly because of others.
 */
export function judgeSoak(soak: Soak): Check[] {
  return [...judgeResources(soak), ...judgeNeighbours(soak)]
}

function judgeResources({ samples, intervalSeconds, failures, survived }: Soak): Check[] {
  const rss = quarters(samples, ({ rssBytes }) => rssBytes)
  const fds = quarters(samples, ({ fds }) => fds)
  const first = samples[0]
  const last = samples.at(-1)
  const wanted = ((last?.seconds ?? 0) - (first?.seconds ?? 0)) / intervalSeconds
  const done = (last?.cycles ?? 0) - (first?.cycles ?? 0)
  const slow = (last?.cycles ?? 0) - (last?.cyclesInTime ?? 0)
  const grown = rss.last / rss.second - 1
  return [
    {
      rule: 'memory is flat',
      holds: samples.length >= 4 && Math.abs(grown) <= FLAT_SHARE,
      words: `${mib(rss.second)} MiB in the second quarter, ${mib(rss.last)} MiB in the last: ${percent(grown)}`
    },
    {
      rule: 'file descriptors are flat',
      holds: samples.length >= 4 && Math.abs(fds.last - fds.second) <= Math.max(FLAT_FDS, FLAT_SHARE * fds.second),
      words: `${fds.second.toFixed(0)} in the second quarter, ${fds.last.toFixed(0)} in the last`
    },
    {
      rule: 'no cycle is lost',
      holds: done >= wanted * (1 - LATE_SHARE) - LATE_CYCLES,
      words: `${done} of ${wanted.toFixed(0)}; ${slow} took longer than the interval`
    },
    {
      rule: 'nothing is left unhandled',
      holds: survived && failures.length === 0,
      words: survived ? failures[0] || 'no failure of its own' : `the guard ended: ${failures.join(' ')}`
    }
  ]
}

/** Whether the honest services that are always well are shown so and checked in time, whatever others do. */
export function judgeNeighbours({ samples, intervalSeconds }: Pick<Soak, 'samples' | 'intervalSeconds'>): Check[] {
  const checked = samples.filter(({ cycles }) => cycles > 0)
  const most = (value: (sample: Sample) => number) => Math.max(...checked.map(value))
  const wronged = most(sample => sample.wronged)
  const oldest = most(({ oldestSeconds }) => oldestSeconds)
  const rss = most(({ rssBytes }) => rssBytes) / MIB
  return [
    {
      rule: 'healthy services are shown as healthy',
      holds: checked.length > 0 && wronged === 0,
      words: `in ${checked.length} samples, at most ${wronged} of them were not`
    },
    {
      rule: 'healthy services are checked in time',
      holds: oldest <= FRESH_INTERVALS * intervalSeconds,
      words: `the oldest check was ${oldest.toFixed(1)} s old`
    },
    {
      rule: 'memory stays within the limit of the chart',
      holds: rss <= MEMORY_MIB,
      words: `at most ${rss.toFixed(1)} of ${MEMORY_MIB} MiB`
    }
  ]
}

function quarters(samples: readonly Sample[], value: (sample: Sample) => number): { second: number; last: number } {
  const part = (from: number) => mean(samples.slice(from * samples.length, (from + 0.25) * samples.length).map(value))
  return { second: part(0.25), last: part(0.75) }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1)
}

function percent(share: number): string {
  return `${share < 0 ? '' : '+'}${(100 * share).toFixed(1)} %`
}
