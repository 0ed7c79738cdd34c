import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createGateClient } from '../../../src/gate/live/http-client.ts'
import { serveHttp } from '../../support/hostile-servers.ts'

/** What a fake answers to one path: JSON where it is an object, else a text. */
export interface FakeAnswer {
  readonly status?: number
  readonly type?: string
  readonly location?: string
  readonly body: unknown
}

export interface FakeServer {
  readonly url: string
  /** Paths with their queries, decoded, in the order in which they came. */
  readonly asked: readonly string[]
  /** The most requests that were under way together. */
  mostAtOnce(): number
}

export type Answering = (path: string, query: URLSearchParams) => FakeAnswer | undefined

/** Serves what the function says, else 404; every request that it is sent must be a GET. */
export async function startFake(t: TestContext, answer: Answering, settings: { readonly isSlow?: boolean } = {}) {
  const asked: string[] = []
  const methods: (string | undefined)[] = []
  let underWay = 0
  let most = 0
  const server = await serveHttp((request, response) => {
    const url = new URL(request.url ?? '', 'http://fake')
    methods.push(request.method)
    asked.push(decodeURIComponent(`${url.pathname}${url.search.replaceAll('+', ' ')}`))
    underWay += 1
    most = Math.max(most, underWay)
    const { status = 200, type, location, body } = answer(url.pathname, url.searchParams) ?? NOT_FOUND
    const isText = typeof body === 'string'
    const send = () => {
      underWay -= 1
      response.writeHead(status, {
        'content-type': type ?? (isText ? 'text/plain; charset=utf-8' : 'application/json'),
        ...(location === undefined ? {} : { location })
      })
      response.end(isText ? body : JSON.stringify(body))
    }
    if (settings.isSlow) setImmediate(() => setImmediate(send))
    else send()
  })
  t.after(server.close)
  t.after(() =>
    assert.deepEqual(
      [...new Set(methods)].filter(method => method !== 'GET'),
      []
    )
  )
  return { url: `http://127.0.0.1:${server.port}`, asked, mostAtOnce: () => most } satisfies FakeServer
}

// As Go's net/http has it.
const NOT_FOUND: FakeAnswer = { status: 404, body: '404 page not found\n' }

/** An answer of Prometheus' API. */
export function success(data: unknown, rest: object = {}): FakeAnswer {
  return { body: { status: 'success', data, ...rest } }
}

export function apiError(status: number, errorType: string, error: string): FakeAnswer {
  return { status, body: { status: 'error', errorType, error } }
}

export function vector(...rows: readonly (readonly [metric: object, value: string])[]): unknown {
  return { resultType: 'vector', result: rows.map(([metric, value]) => ({ metric, value: [1_700_000_000, value] })) }
}

/** A client of the gate for such a server. */
export function clientOf(t: TestContext, url: string, timeoutMs = 30_000) {
  const access = { url, headers: async () => ({}), caFile: null, clientCertFile: null, clientKeyFile: null }
  const client = createGateClient(access, { timeoutMs, version: '1.2.3' })
  t.after(client.close)
  return client
}
