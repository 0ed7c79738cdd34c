import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import type { Level } from '../domain/finding.ts'

/** Pino's levels, and the two words that findings use for `warn` and `fatal`. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'critical', 'silent'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

const PINO_NAMES: Partial<Record<LogLevel, string>> = { warning: 'warn', critical: 'fatal' }
const SHOWN_NAMES: Readonly<Record<string, string>> = { warn: 'warning', fatal: 'critical' }

/** The process's own log: JSON lines with the keys `timestamp`, `level` and `message` of the check lines. */
export function createLogger(level: LogLevel, destination: DestinationStream): Logger {
  const options: LoggerOptions = {
    level: PINO_NAMES[level] ?? level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: { level: label => ({ level: SHOWN_NAMES[label] ?? label }) },
    serializers: { err: describeError }
  }
  return pino(options, destination)
}

/** Whether a finding of this level passes the log level. */
export function isLogged(level: Level, threshold: LogLevel): boolean {
  const { values } = pino.levels
  const least = values[PINO_NAMES[threshold] ?? threshold] ?? Number.POSITIVE_INFINITY
  return (values[PINO_NAMES[level] ?? level] ?? 0) >= least
}

// The scheme's length is bounded, or a long word without any would be searched again from each of its letters.
const URLS = /([a-z][a-z0-9+.-]{0,31}:\/\/)(\S*)/gi

/** An error as a log field: type, message, stack and causes, without what a URL in them may carry. */
function describeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { message: withoutUrlSecrets(String(error)) }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return {
    type: error.name,
    ...code,
    message: withoutUrlSecrets(error.message),
    ...(error.stack === undefined ? {} : { stack: withoutUrlSecrets(error.stack) }),
    ...(error.cause === undefined || depth === 3 ? {} : { cause: describeError(error.cause, depth + 1) })
  }
}

/**
 * A text without what URLs carry in their user part, their query and their fragment: libraries put whole URLs into
 * messages. A password that is not escaped may hold any sign but white space, so that what follows cannot be told from it.
 */
export function withoutUrlSecrets(text: string): string {
  return text.replace(URLS, (_url, scheme: string, rest: string) => {
    const authorityEnd = /[/?#]|$/.exec(rest)?.index ?? rest.length
    const userEnd = rest.lastIndexOf('@')
    // Without an authority, as in `file:///srv/node_modules/@scope`, there is no user.
    if (authorityEnd > 0 && userEnd > authorityEnd) return `${scheme}[redacted]`
    const host = authorityEnd === 0 ? rest : rest.slice(userEnd + 1)
    return `${scheme}${host.split(/[?#]/, 1)[0]}`
  })
}
