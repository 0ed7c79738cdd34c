import { shown } from '../../domain/text.ts'
import { describeNetworkError, networkCodeOf } from '../network-failure.ts'

/** Why a Docker Engine gave no usable answer. */
export type EngineFailure =
  /** `message` is the engine's own, or a proxy's; empty if there was none. */
  | { readonly kind: 'status'; readonly code: number; readonly message: string }
  /** `afterMs` is `null`: the time for the whole check was over. */
  | { readonly kind: 'timeout'; readonly afterMs: number | null }
  /** `message` is for a person, and shown whole. */
  | { readonly kind: 'configuration'; readonly message: string }
  | { readonly kind: 'network'; readonly error: unknown }
  | { readonly kind: 'not_docker' }
  | { readonly kind: 'too_large'; readonly limit: number }

/** Thrown wherever an exchange goes wrong, and caught in the one place that reports it. */
export class EngineError extends Error {
  readonly failure: EngineFailure
  /** Without its query: `/containers/json`. */
  readonly path: string

  constructor(failure: EngineFailure, path: string, cause?: unknown) {
    super(`Docker: ${failure.kind}`, { cause })
    this.failure = failure
    this.path = path
  }
}

/** The HTTP status of a failure; `null`: no answer at all. */
export function statusOf(error: unknown): number | null {
  return error instanceof EngineError && error.failure.kind === 'status' ? error.failure.code : null
}

/** Whether the engine did not answer in time, although it was reached. */
export function isTimeout(error: unknown): boolean {
  return error instanceof EngineError && error.failure.kind === 'timeout'
}

/** How a local socket fails, and how to fix it. */
const SOCKET_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; mount it, or set DOCKER_HOST',
  EACCES: 'no permission to use this socket; run in its group, or put the proxy of compose.yaml in front of it',
  ECONNREFUSED: 'nothing listens there: is the engine running?'
}

/** For a person: what is wrong, where, and how to fix it. `engine`: where it listens, as `DOCKER_HOST` has it. */
export function describeFailure(error: unknown, engine: string): string {
  const where = `Docker at ${shown(engine)}`
  if (!(error instanceof EngineError))
    return `${where}: ${shown(error instanceof Error ? error.message : String(error))}`
  const { failure, path } = error
  switch (failure.kind) {
    case 'timeout': {
      const within = failure.afterMs === null ? 'in its part of CHECK_DEADLINE' : `within ${failure.afterMs / 1000} s`
      return `${where}: no answer to GET ${path} ${within}`
    }
    case 'configuration':
      return `${where}: ${failure.message}`
    case 'network': {
      const words = engine.startsWith('unix:') ? SOCKET_WORDS[networkCodeOf(failure.error)] : undefined
      return `${where}: ${words ?? describeNetworkError(failure.error)}`
    }
    case 'not_docker':
      return `${where}: its answer to GET ${path} is not Docker's JSON`
    case 'too_large':
      return `${where}: its answer to GET ${path} is longer than ${failure.limit} characters`
    case 'status':
      return `${where}: ${describeStatus(failure, path)}`
  }
}

function describeStatus({ code, message }: { code: number; message: string }, path: string): string {
  if (code === 401 || code === 403) {
    return `GET ${path} is refused (HTTP ${code}); the proxy in front of the engine must allow this path`
  }
  return `HTTP ${code} to GET ${path}${message === '' ? '' : `: ${shown(message)}`}`
}
