import assert from 'node:assert/strict'
import { type ClientRequest, Agent as PlainAgent, type RequestOptions, request as requestPlain } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'

/** The ordinary clients of a guard in a cluster, beside an attack: a kubelet and a Prometheus. */
export interface Neighbours {
  /** Probes and scrapes this many times, one after the other; each must succeed within its own timeout. */
  ask(times: number): Promise<void>
}

export interface NeighboursOptions {
  /** Of each of them; absent: 127.0.0.1. */
  readonly localAddress?: string
  /** What it takes to trust the guard. */
  readonly ca?: string
}

// As the chart has it, and as Prometheus has it unless it is told otherwise.
const PROBE_TIMEOUT_MS = 3_000
const SCRAPE_TIMEOUT_MS = 10_000

/** Neighbours of a guard at this origin, until the test ends. */
export function neighboursOf(t: TestContext, url: string, options: NeighboursOptions = {}): Neighbours {
  const kept = { keepAlive: true, maxSockets: 1 }
  const agent = url.startsWith('https:') ? new TlsAgent(kept) : new PlainAgent(kept)
  t.after(() => agent.destroy())

  // A kubelet connects for each probe.
  async function probe(): Promise<void> {
    const headers = { connection: 'close', 'user-agent': 'kube-probe/1.35' }
    const { status } = await ask(`${url}/live`, { ...options, agent: false, headers, timeout: PROBE_TIMEOUT_MS })
    assert.equal(status, 200)
  }

  // A Prometheus keeps its connection.
  async function scrape(): Promise<void> {
    const headers = {
      accept: 'text/plain;version=0.0.4',
      'accept-encoding': 'gzip',
      'x-prometheus-scrape-timeout-seconds': `${SCRAPE_TIMEOUT_MS / 1000}`
    }
    const { status, body } = await ask(`${url}/metrics`, { ...options, agent, headers, timeout: SCRAPE_TIMEOUT_MS })
    assert.equal(status, 200)
    assert.match(gunzipSync(body).toString(), /^keybuzz_version_guard_build_info/m)
  }

  return {
    ask: async times => {
      for (let turn = 1; turn <= times; turn += 1) {
        await probe().catch(cause => assert.fail(`probe ${turn} of ${times}: ${cause}`))
        await scrape().catch(cause => assert.fail(`scrape ${turn} of ${times}: ${cause}`))
      }
    }
  }
}

async function ask(url: string, options: RequestOptions): Promise<{ status: number | undefined; body: Buffer }> {
  const send = url.startsWith('https:') ? requestTls : requestPlain
  const signal = AbortSignal.timeout(options.timeout ?? 0)
  return new Promise((resolve, reject) => {
    const asked: ClientRequest = send(url, { ...options, signal }, answer => {
      buffer(answer).then(body => resolve({ status: answer.statusCode, body }), reject)
    })
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // A kept connection that the server has just closed: Go's client asks once more, on another one.
      if (asked.reusedSocket && error.code === 'ECONNRESET') ask(url, options).then(resolve, reject)
      else reject(error)
    })
    asked.end()
  })
}
