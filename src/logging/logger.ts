import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import type { Level } from '../domain/finding.ts'
import { withoutUrlSecrets } from '../text/url-secrets.ts'

/** Pino's levels, and the two words that findings use instead of `warn` and `fatal`. */
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
    formatters: {
      level: label => ({ level: SHOWN_NAMES[label] ?? label }),
      log: fields => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, withoutSecrets(value)]))
    },
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

function withoutSecrets(value: unknown): unknown {
  return typeof value === 'string' ? withoutUrlSecrets(value) : value
}
