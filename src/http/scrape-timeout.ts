/**
 * The timeout that Prometheus announces with a scrape (`X-Prometheus-Scrape-Timeout-Seconds`), in milliseconds.
 * `undefined`: none, or not a positive finite number.
 */
export function readScrapeTimeoutMs(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined
  const timeoutMs = Number(header) * 1000
  return Number.isFinite(timeoutMs) && timeoutMs > 0 ? timeoutMs : undefined
}
