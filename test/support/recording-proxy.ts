import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type RequestOptions, request as send } from 'node:https'
import { createAuthority } from './certificates.ts'
import { serveTls } from './hostile-servers.ts'

/** One exchange, as far as it has got. */
export interface Exchange {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly accept: string
  /** 0: no answer yet. */
  status: number
  /** All that came for the client, events of a watch too. */
  body: string
}

/** Stands in front of an API server and records every byte that it answers: an audit log has no events of a watch. */
export interface RecordingProxy {
  readonly url: string
  readonly caPem: string
  readonly exchanges: readonly Exchange[]
  close(): Promise<void>
}

/** Starts one on a free port of 127.0.0.1; it passes the token of each client on. */
export async function startRecordingProxy(server: {
  readonly url: string
  readonly caFile: string
}): Promise<RecordingProxy> {
  const authority = await createAuthority()
  const exchanges: Exchange[] = []
  const options: RequestOptions = { ca: readFileSync(server.caFile), agent: false }
  const pass = (incoming: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url = '', headers } = incoming
    const exchange: Exchange = { method, path: url, accept: headers.accept ?? '', status: 0, body: '' }
    exchanges.push(exchange)
    const { host: _, ...passed } = headers
    const outgoing = send(new URL(url, server.url), { ...options, method, headers: passed }, answer => {
      exchange.status = answer.statusCode ?? 0
      response.writeHead(exchange.status, answer.headers).flushHeaders()
      answer.on('data', chunk => {
        exchange.body += chunk
      })
      answer.on('error', () => response.destroy())
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }
  const running = await serveTls(await authority.issue({ names: ['127.0.0.1'] }), pass)
  return { url: `https://127.0.0.1:${running.port}`, caPem: authority.pem, exchanges, close: running.close }
}
