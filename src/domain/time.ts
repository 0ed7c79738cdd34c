/** The longest that a timer of Node.js waits: 2^31 - 1 ms, a good 24 days. A longer one would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1
