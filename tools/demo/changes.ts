interface Entry {
  readonly timestamp?: string
  readonly level?: string
  readonly service?: string
  readonly status?: string
  readonly message?: string
}

/** Reads the guard's log line by line, and gives a short line for what is news to a person; `null`: no news. */
export function createTeller(): (line: string) => string | null {
  const statuses = new Map<string, string>()
  return line => {
    const { timestamp = '', level, service, status, message = '' } = JSON.parse(line) as Entry
    const at = timestamp.slice(11, 19)
    if (service === undefined || status === undefined) return isTrouble(level) ? `${at}  ${message}` : null
    const before = statuses.get(service)
    statuses.set(service, status)
    // The page shows how things were at first; from then on, changes are news.
    return before === undefined || before === status ? null : `${at}  ${service}: ${before} -> ${status}. ${message}`
  }
}

function isTrouble(level: string | undefined): boolean {
  return level === 'error' || level === 'critical'
}
