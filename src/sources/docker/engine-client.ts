import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { readPemFile } from '../../files/read-text.ts'
import { textAt } from '../../text/json.ts'
import { authoritiesIn } from '../../text/pem.ts'
import { openExchange } from '../exchange.ts'
import { EngineError, type EngineFailure } from './failure.ts'

/** How a Docker Engine is reached. */
export interface EngineOptions {
  readonly address: { readonly socketPath: string } | { readonly host: string; readonly port: number }
  /** `null`: no TLS. The folder has `ca.pem`, `cert.pem` and `key.pem`; they are read again for each connection. */
  readonly tls: { readonly folder: string; readonly isVerified: boolean } | null
}

/**
 * All that is ever asked, besides `/events`. The paths have no version: every engine answers those, whatever versions
 * it has dropped (Docker 29 dropped 1.24 to 1.43) or does not know yet, and so does Podman.
 */
export type EnginePath = '/containers/json' | `/containers/${string}/json` | `/images/${string}/json`

/**
 * Reads from a Docker Engine, and has no way to do anything else: every request is a GET, on a connection of its own.
 *
 * Fails with an `EngineError`. `signal` ends an exchange at any time.
 */
export interface EngineClient {
  getJson(path: EnginePath, signal: AbortSignal): Promise<unknown>
  /** Yields when the engine has accepted, then whenever containers come, go or change. */
  events(signal: AbortSignal): AsyncGenerator<void>
}

/** In characters. A container of a list has about 1,500, a large inspection 50,000. */
const MAX_BODY_LENGTH = 16 * 1024 * 1024
const MAX_STATUS_LENGTH = 64 * 1024
const MAX_PEM_BYTES = 1024 * 1024
const USER_AGENT = 'keybuzz-version-guard'
// Stopped containers too: while Compose replaces one, the new one is not started yet.
const LIST = '/containers/json?all=true'
// Without a filter, health checks would send a flood of `exec_*`. Podman says `remove` and `died` where Docker says
// `destroy` and `die`.
const EVENTS = `/events?filters=${encodeURIComponent(
  JSON.stringify({ type: ['container'], event: ['create', 'start', 'die', 'died', 'destroy', 'remove', 'rename'] })
)}`
/** A stream of events may be quiet for days: only this finds out that the other end is gone. */
const KEEP_ALIVE_MS = 30_000

export function createEngineClient(options: EngineOptions, answerTimeoutMs: number): EngineClient {
  return {
    getJson: async (path, signal) => {
      const exchange = openExchange(signal, () => new Failed({ kind: 'timeout', afterMs: null }))
      const timer = setTimeout(
        () => exchange.end(new Failed({ kind: 'timeout', afterMs: answerTimeoutMs })),
        answerTimeoutMs
      )
      try {
        const response = await ask(options, path === '/containers/json' ? LIST : path, exchange.signal)
        return parseJson(await readText(response, MAX_BODY_LENGTH))
      } catch (error) {
        throw asEngineError(exchange.reasonOf(error), path)
      } finally {
        clearTimeout(timer)
        exchange.close()
      }
    },

    async *events(signal) {
      const exchange = openExchange(signal)
      try {
        const response = await ask(options, EVENTS, exchange.signal)
        response.socket.setKeepAlive(true, KEEP_ALIVE_MS)
        yield
        for await (const _ of response) yield
      } catch (error) {
        throw asEngineError(exchange.reasonOf(error), '/events')
      } finally {
        exchange.close()
      }
    }
  }
}

/** A failure on its way to the code that knows the path. */
class Failed extends Error {
  readonly failure: EngineFailure

  constructor(failure: EngineFailure, cause?: unknown) {
    super(failure.kind, { cause })
    this.failure = failure
  }
}

function asEngineError(error: unknown, path: string): EngineError {
  const failure: EngineFailure = error instanceof Failed ? error.failure : { kind: 'network', error }
  // An id is too long for a line. One that hangs is named as `docker ps` names it; a refusal is the same for all of them.
  const short = failure.kind === 'timeout' ? '$1' : '…'
  return new EngineError(failure, path.replace(/([0-9a-f]{12})[0-9a-f]{52}/, short), error)
}

async function ask(options: EngineOptions, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const response = await send(options, path, signal)
  if (response.statusCode === 200) return response
  // The status line is news enough: what keeps the body from being read does not matter.
  const text = await readText(response, MAX_STATUS_LENGTH).catch(() => '')
  throw new Failed({ kind: 'status', code: response.statusCode ?? 0, message: messageIn(text) })
}

function send({ address, tls }: EngineOptions, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = { Accept: 'application/json', 'User-Agent': USER_AGENT }
  const request = {
    ...address,
    path,
    headers,
    agent: false,
    signal,
    ...(tls === null ? {} : readCertificates(tls))
  }
  return new Promise((resolve, reject) => {
    const get = tls === null ? http.get : https.get
    get(request, response => resolve(response.setEncoding('utf8'))).on('error', reject)
  })
}

// Like Docker's own clients: the certificate tells the engine who asks; the engine itself is verified only on request.
function readCertificates({ folder, isVerified }: NonNullable<EngineOptions['tls']>): https.RequestOptions {
  const read = (name: string): string => {
    const file = readPemFile(join(folder, name), MAX_PEM_BYTES)
    if (file.ok) return file.value
    throw new Failed({ kind: 'configuration', message: file.mistakes.map(({ message }) => message).join('; ') })
  }
  const own = { cert: read('cert.pem'), key: read('key.pem') }
  // The certificate that signed the engine's is trusted, no matter who signed it; Docker's own clients do the same.
  return isVerified
    ? { ...own, ca: authoritiesIn(read('ca.pem')), allowPartialTrustChain: true }
    : { ...own, rejectUnauthorized: false }
}

async function readText(response: IncomingMessage, maxLength: number): Promise<string> {
  let text = ''
  for await (const chunk of response) {
    text += String(chunk)
    if (text.length > maxLength) throw new Failed({ kind: 'too_large', limit: maxLength })
  }
  return text
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Failed({ kind: 'not_docker' }, cause)
  }
}

// Docker answers in JSON, older ones and proxies in plain text or HTML.
function messageIn(text: string): string {
  try {
    return textAt(JSON.parse(text), 'message')
  } catch {
    return text.startsWith('<') ? '' : text.trim()
  }
}
