import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { pipeline, type Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import pLimit from 'p-limit'
import { untilAborted } from '../../connect-options.ts'
import { parseJson, textAt } from '../../text/json.ts'
import type { Access } from './access.ts'
import { ApiError, isConnectionLost, isOfTls, statusOf } from './failure.ts'
import { describeProxy } from './proxy.ts'
import { createStepTimeout, retryAfterMs, type StepTimeout, type TimeLimits } from './time-limits.ts'

/**
 * Reads from the API server, and has no way to do anything else: every request is a GET.
 *
 * Fails with an `ApiError`. `signal` ends an exchange at any time.
 */
export interface ApiClient {
  getJson(request: ApiRequest, signal: AbortSignal): Promise<unknown>
  /** Yields an empty text when the server has accepted, then its answer piece by piece until it ends. */
  stream(request: ApiRequest, signal: AbortSignal): AsyncGenerator<string>
}

interface ApiRequest {
  /** With its query. */
  readonly path: string
  /** The `Accept` header. */
  readonly accept: string
}

/**
 * In characters. A page of 250 objects is about 2 MB; a single object is at most 1.5 MB in etcd, of which each byte
 * may become six in JSON. Larger pages are asked for again in smaller ones.
 */
const MAX_BODY_LENGTH = 16 * 1024 * 1024
const MAX_STATUS_LENGTH = 64 * 1024
/** Bounds memory: it holds this many pages at once, as text and parsed, however many namespaces are listed. */
const PAGES_AT_ONCE = 3
const USER_AGENT = 'keybuzz-version-guard'

/**
 * Each request has a connection of its own. So no connection that is half open, or leads to a server that is gone, is
 * ever used again, and a balancer may send the next request elsewhere.
 */
export function createApiClient(readAccess: () => Promise<Access>, timeLimits: TimeLimits): ApiClient {
  const inTurn = pLimit(PAGES_AT_ONCE)

  const ask = async ({ path, accept }: ApiRequest, timeout: StepTimeout): Promise<IncomingMessage> => {
    const { signal } = timeout
    timeout.start(timeLimits.answerTimeoutMs, { of: 'credentials', proxy: '' })
    const access = await untilAborted(readAccess(), signal)
    const proxy = access.proxy === null ? '' : describeProxy(access.proxy)
    timeout.start(timeLimits.answerTimeoutMs, { of: 'answer', proxy })
    try {
      // `timeout`, because Node leaves a tunnel through a proxy open, and its request waiting, when the request is
      // stopped.
      const options = { ...access.options, signal, timeout: timeLimits.answerTimeoutMs }
      const response = await untilAborted(send(new URL(access.server + path), options, accept), signal)
      if (response.statusCode !== 200) throw await readFailure(response, timeLimits.retryAfterMaxMs)
      return response
    } catch (thrown) {
      const error = asApiError(thrown, proxy)
      const isUnauthorized = statusOf(error) === 401
      if (isUnauthorized || isOfTls(error)) access.doubt()
      else if (isConnectionLost(error)) access.doubtPlace()
      throw (isUnauthorized ? access.explainUnauthorized() : null) ?? error
    }
  }

  return {
    getJson: async (request, signal) => {
      const timeout = createStepTimeout(signal)
      try {
        const response = await ask(request, timeout)
        timeout.pause()
        return await inTurn(async () => {
          timeout.start(timeLimits.pageTimeoutMs)
          return jsonOf(await readText(response, MAX_BODY_LENGTH))
        })
      } catch (error) {
        throw asApiError(timeout.reasonOf(error))
      } finally {
        timeout.close()
      }
    },

    async *stream(request, signal) {
      const timeout = createStepTimeout(signal)
      try {
        const response = await ask(request, timeout)
        timeout.start(timeLimits.silenceMs)
        yield ''
        for await (const chunk of textOf(response)) {
          timeout.start(timeLimits.silenceMs)
          yield String(chunk)
        }
      } catch (error) {
        throw asApiError(timeout.reasonOf(error))
      } finally {
        timeout.close()
      }
    }
  }
}

function asApiError(error: unknown, proxy = ''): ApiError {
  if (error instanceof ApiError) return error
  // The body is not the gzip that its headers announce.
  if (error instanceof Error && 'code' in error && error.code === 'Z_DATA_ERROR') {
    return new ApiError({ kind: 'not_kubernetes' }, error)
  }
  return new ApiError({ kind: 'network', error, proxy }, error)
}

function send(url: URL, options: https.RequestOptions, accept: string): Promise<IncomingMessage> {
  const request = url.protocol === 'http:' ? http.get : https.get
  const headers = Object.assign({}, options.headers, { Accept: accept, 'User-Agent': USER_AGENT })
  return new Promise((resolve, reject) => {
    request(url, { ...options, headers }, resolve).on('error', reject)
  })
}

async function readFailure(response: IncomingMessage, retryAfterMaxMs: number): Promise<ApiError> {
  // The status line is news enough: what keeps the body from being read does not matter.
  const text = await readText(response, MAX_STATUS_LENGTH).catch(() => '')
  const status = parseJson(text)
  return new ApiError({
    kind: 'status',
    code: response.statusCode ?? 0,
    message: status === undefined ? wordsOf(response, text) : textAt(status, 'message'),
    ...(textAt(status, 'kind') === 'Status' ? {} : { isForeign: true }),
    retryAfterMs: retryAfterMs(response.headers['retry-after'], retryAfterMaxMs)
  })
}

/** What a person can use of an answer that is no JSON; empty: nothing. */
function wordsOf({ headers: { location = '' } }: IncomingMessage, text: string): string {
  if (location !== '') return `a redirect to ${location.split(/[?#]/, 1)[0]}`
  const [line = ''] = text.trim().split('\n', 1)
  return line.startsWith('<') ? '' : line.trim()
}

/** A body, piece by piece. Nobody asked for gzip, but some proxies compress whatever goes through them. */
function textOf(response: IncomingMessage): Readable {
  if (!/^(?:x-)?gzip$/i.test(response.headers['content-encoding'] ?? '')) return response.setEncoding('utf8')
  // A watch may end anywhere.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
  // The reader throws what goes wrong.
  return pipeline(response, gunzip, () => {}).setEncoding('utf8')
}

async function readText(response: IncomingMessage, maxLength: number): Promise<string> {
  let text = ''
  for await (const chunk of textOf(response)) {
    text += String(chunk)
    if (text.length > maxLength) throw new ApiError({ kind: 'too_large', limit: maxLength })
  }
  return text
}

function jsonOf(text: string): unknown {
  const value = parseJson(text)
  if (value === undefined) throw new ApiError({ kind: 'not_kubernetes' })
  return value
}
