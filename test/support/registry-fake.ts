import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { TestContext } from 'node:test'
import type { Clock } from '../../src/registry/budget.ts'
import type { RegistryRepository } from '../../src/registry/registry-access.ts'
import {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions
} from '../../src/registry/registry-client.ts'
import type { Certificate } from './certificates.ts'
import { type HttpHandler, serveHttp, serveTls } from './hostile-servers.ts'

export interface RegistryQuestion {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** Scheme and rest of `Authorization`; empty: none was sent. */
  readonly authorization: string
}

export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** An object is sent as JSON. */
  readonly body?: string | Uint8Array | object
}

/** What a server says to a question; a script that takes `response` answers by itself. */
export type Script = (question: RegistryQuestion, response: ServerResponse) => ScriptedAnswer | undefined

export interface FakeServer {
  /** Name and port. */
  readonly host: string
  readonly questions: readonly RegistryQuestion[]
}

/** A server that says what a script says, under a name that ends with `.test`; it ends with the test. */
export async function startFake(
  t: TestContext,
  name: string,
  script: Script,
  certificate?: Certificate
): Promise<FakeServer> {
  const questions: RegistryQuestion[] = []
  const handler: HttpHandler = (request, response) => {
    const { method = '', url = '', headers } = request
    const question = { method, path: url, headers, authorization: headers.authorization ?? '' }
    questions.push(question)
    const answer = script(question, response)
    if (answer === undefined) return
    const { status = 200, headers: sent = {}, body = '' } = answer
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    response.writeHead(status, sent as Record<string, string | string[]>)
    response.end(isRaw ? body : JSON.stringify(body))
  }
  const server = await (certificate === undefined ? serveHttp(handler) : serveTls(certificate, handler))
  t.after(server.close)
  return { host: `${name}:${server.port}`, questions }
}

/** Time that only passes while somebody waits for it, or when it is told to. */
export interface TestClock extends Clock {
  readonly waits: readonly number[]
  pass(ms: number): void
}

export function testClock(start = Date.parse('2025-04-30T12:00:00Z')): TestClock {
  let now = start
  const waits: number[] = []
  return {
    now: () => now,
    sleep: async ms => {
      waits.push(ms)
      now += ms
    },
    waits,
    pass: ms => {
      now += ms
    }
  }
}

export interface ClientWish extends Partial<Omit<RegistryClientOptions, 'rules'>> {
  readonly realms?: readonly string[]
  /** Hosts without TLS; absent: every name that ends with `.test`. */
  readonly insecure?: readonly string[]
}

export interface TestClient extends RegistryClient {
  readonly clock: TestClock
  /** What it said to the operator, without repeats. */
  readonly problems: ReadonlySet<string>
}

/** A client for fake servers, which ends with the test. */
export function startClient(t: TestContext, servers: readonly FakeServer[], wish: ClientWish = {}): TestClient {
  const { realms = [], insecure = servers.map(({ host }) => host), ...options } = wish
  const clock = testClock()
  const problems = new Set<string>()
  const client = createRegistryClient({
    perMinute: 1_000_000,
    proxyFor: () => null,
    lookup: toLoopback,
    clock,
    onProblem: line => problems.add(line),
    ...options,
    rules: { realms, insecure }
  })
  t.after(client.close)
  return { ...client, clock, problems }
}

export function repositoryOf(
  { host }: FakeServer,
  credential: RegistryRepository['credential'] = null
): RegistryRepository {
  return { registry: host, repository: 'shop/app', credential }
}

/** `reason: message`, or the value. */
export function inShort<Value>(
  observed: { seen: true; value: Value } | { seen: false; reason: string; message: string }
): Value | string {
  return observed.seen ? observed.value : `${observed.reason}: ${observed.message}`
}

// Names that end with `.test` never leave the machine (RFC 6761).
const toLoopback: LookupFunction = (hostname, options, callback) => {
  if (!hostname.endsWith('.test')) {
    const error = Object.assign(new Error(`no ${hostname}`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })
    setImmediate(callback, error, [])
  } else if (options.all === true) setImmediate(callback, null, [{ address: '127.0.0.1', family: 4 }])
  else setImmediate(callback, null, '127.0.0.1', 4)
}
