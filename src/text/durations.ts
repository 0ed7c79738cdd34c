// Prometheus' grammar (prometheus/common, model.ParseDuration): units in descending order, each at most once.
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/
const SECOND_MS = 1000
const DAY_MS = 24 * 3600 * SECOND_MS

// In the order of the grammar. Years, weeks and days are printed only where nothing is left over, as Prometheus does.
const UNITS = [
  { name: 'y', ms: 365 * DAY_MS, onlyWhole: true },
  { name: 'w', ms: 7 * DAY_MS, onlyWhole: true },
  { name: 'd', ms: DAY_MS, onlyWhole: true },
  { name: 'h', ms: 3600 * SECOND_MS, onlyWhole: false },
  { name: 'm', ms: 60 * SECOND_MS, onlyWhole: false },
  { name: 's', ms: SECOND_MS, onlyWhole: false },
  { name: 'ms', ms: 1, onlyWhole: false }
] as const

/** The longest that a timer of Node.js waits: 2^31 - 1 ms, a good 24 days. A longer one would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * A duration as Prometheus writes it (`500ms`, `30s`, `5m`, `1h30m`), in milliseconds.
 * `null`: the text is not a duration. A bare `0` is one, as in Prometheus.
 */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0
  const match = DURATION.exec(text)
  if (match === null || text === '') return null
  const ms = UNITS.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit.ms, 0)
  return Number.isSafeInteger(ms) ? ms : null
}

/** Milliseconds as Prometheus prints them; parsing gives the same number again. */
export function formatDuration(ms: number): string {
  let rest = ms
  let text = ''
  for (const unit of UNITS) {
    if (rest < unit.ms || (unit.onlyWhole && rest % unit.ms !== 0)) continue
    text += `${Math.floor(rest / unit.ms)}${unit.name}`
    rest %= unit.ms
  }
  return text === '' ? '0s' : text
}
