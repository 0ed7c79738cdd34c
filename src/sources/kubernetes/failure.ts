import { shown } from '../../domain/text.ts'
import { withoutUrlSecrets } from '../../text/url-secrets.ts'
import { describeNetworkError, isOfTls as isErrorOfTls } from '../network-failure.ts'
import { type Collection, nameCollection } from './collection.ts'

/** Why the API server gave no usable answer. */
export type ApiFailure =
  | Refused
  /** `afterMs` is `null`: the time for the whole check was over. `proxy`: as below. */
  | ({ readonly kind: 'timeout'; readonly afterMs: number | null } & Awaited)
  /** `message` is shown whole: what is wrong, where, and how to fix it. `isUnreadable`: a file cannot be read. */
  | { readonly kind: 'credentials'; readonly message: string }
  | { readonly kind: 'configuration'; readonly message: string; readonly isUnreadable?: true }
  /** An error of the network, TLS or a stream. `proxy`: the one on the way, for a person; empty: none. */
  | { readonly kind: 'network'; readonly error: unknown; readonly proxy: string }
  | { readonly kind: 'not_kubernetes' }
  | { readonly kind: 'too_large'; readonly limit: number }

/** An answer with an HTTP status of 400 and above, or as much within a watch. */
interface Refused {
  readonly kind: 'status'
  readonly code: number
  /** What the answer says; empty: nothing. */
  readonly message: string
  /** Something on the way to the API server says it: the answer is no Status of Kubernetes. */
  readonly isForeign?: true
  readonly retryAfterMs: number
}

/** What is waited for, from a plugin or from the server. */
export interface Awaited {
  readonly of: 'credentials' | 'answer'
  /** The proxy on the way, for a person; empty: none. */
  readonly proxy: string
}

/** Thrown wherever an exchange goes wrong, and caught in the one place that waits and tries again. */
export class ApiError extends Error {
  readonly failure: ApiFailure

  constructor(failure: ApiFailure, cause?: unknown) {
    super(`API server: ${failure.kind}`, { cause })
    this.failure = failure
  }
}

/** `message` says what is wrong in the configuration, where, and what it should be. */
export function misconfigured(message: string): ApiError {
  return new ApiError({ kind: 'configuration', message })
}

/** The HTTP status of a failure, including one within a watch; `null`: no answer at all. */
export function statusOf(error: unknown): number | null {
  return error instanceof ApiError && error.failure.kind === 'status' ? error.failure.code : null
}

/**
 * Whether the API server itself says that something does not exist, or that the right to see it is missing; `null`:
 * neither. It always says so in a Status, in words. Any other 403 or 404 comes from something on the way, such as a
 * balancer without servers, which knows nothing of the object.
 */
export function refusalOf(error: unknown): 'not_found' | 'forbidden' | null {
  if (!(error instanceof ApiError) || error.failure.kind !== 'status' || !isOfServer(error.failure)) return null
  const { code } = error.failure
  return code === 404 ? 'not_found' : code === 403 ? 'forbidden' : null
}

function isOfServer({ message, isForeign }: Refused): boolean {
  return message !== '' && isForeign !== true
}

/** Whether the network failed or no answer came; what came before that is right. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof ApiError && (error.failure.kind === 'network' || error.failure.kind === 'timeout')
}

/** Whether an answer was larger than what is read. */
export function isTooLarge(error: unknown): error is ApiError {
  return error instanceof ApiError && error.failure.kind === 'too_large'
}

/** Whether a TLS handshake failed, over a certificate (theirs or ours) or anything else. */
export function isOfTls(error: unknown): boolean {
  return error instanceof ApiError && error.failure.kind === 'network' && isErrorOfTls(error.failure.error)
}

/** How long the server asked to be left alone, in milliseconds; 0: it did not. */
export function retryAfterOf(error: unknown): number {
  return error instanceof ApiError && error.failure.kind === 'status' ? error.failure.retryAfterMs : 0
}

export type Verb = 'list' | 'watch'

/** What was tried when it failed. */
export interface Attempt {
  readonly verb: Verb
  readonly collection: Pick<Collection<unknown>, 'resource' | 'namespace'>
}

/** The line that the source's health shows for a failure. */
export interface Problem {
  readonly message: string
  /** `server`: all collections share it. A server that is gone is one problem, not fifty. */
  readonly concerns: 'server' | 'collection'
  /** The right to read it is missing. */
  readonly isForbidden?: true
}

const API_SERVER = 'Kubernetes API server'

/**
 * For a person: what cannot be seen, why, and how to fix it, if that is known. Only a collection's own problem names
 * the collection. Our own words are never cut; what comes from outside is.
 */
export function describeFailure(error: unknown, attempt: Attempt): Problem {
  if (!(error instanceof ApiError)) return ofServer(`${API_SERVER}: ${describeNetworkError(error)}`)
  const { failure } = error
  const answer = `${API_SERVER}: its answer to ${attempt.verb} ${nameCollection(attempt.collection)}`
  switch (failure.kind) {
    case 'timeout':
      return ofServer(describeTimeout(failure))
    case 'configuration':
      return ofServer(`Kubernetes configuration: ${failure.message}`)
    case 'credentials':
      return ofServer(`Kubernetes credentials: ${failure.message}`)
    case 'network':
      return ofServer(`${API_SERVER}: ${describeNetworkError(failure.error)}${through(failure.proxy)}`)
    case 'not_kubernetes':
      return ofCollection(`${answer} is not Kubernetes' JSON`)
    case 'too_large':
      return ofCollection(`${answer} is longer than ${failure.limit} characters`)
    case 'status':
      return describeStatus(failure, attempt)
  }
}

function ofServer(message: string): Problem {
  return { message, concerns: 'server' }
}

function ofCollection(message: string): Problem {
  return { message, concerns: 'collection' }
}

function describeTimeout({ of, proxy, afterMs }: Awaited & { readonly afterMs: number | null }): string {
  const within = afterMs === null ? 'in its part of CHECK_DEADLINE' : `within ${afterMs / 1000} s`
  return of === 'answer'
    ? `${API_SERVER}: no answer ${within}${through(proxy)}`
    : `Kubernetes credentials: the plugin gave none ${within}`
}

function through(proxy: string): string {
  return proxy === '' ? '' : `, through the proxy ${proxy}`
}

function describeStatus(refused: Refused, { verb, collection }: Attempt): Problem {
  const { code, message } = refused
  const name = nameCollection(collection)
  if (code === 401)
    return ofServer(`${API_SERVER}: unauthorized: it does not accept the token or certificate; renew them`)
  if (code !== 403 || !isOfServer(refused))
    return ofCollection(
      `${API_SERVER}: HTTP ${code} to ${verb} ${name}${message === '' ? '' : `: ${shown(withoutUrlSecrets(message))}`}`
    )
  // The API server's message begins with: deployments.apps is forbidden: User "…" cannot list resource "deployments" …
  const user = /User "([^"]+)"/.exec(message)?.[1]
  const who = user === undefined ? 'this account' : shown(user)
  return { ...ofCollection(`forbidden: ${who} cannot ${verb} ${name}; grant get, list, watch`), isForbidden: true }
}
