import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** What a Docker Engine answers with, by the forms of its API. */
export interface EngineWorld {
  /** Items of `GET /containers/json?all=true`. */
  containers: readonly object[]
  /** By id, of `GET /containers/ID/json`. */
  inspections: Readonly<Record<string, object>>
  /** By id, of `GET /images/ID/json`. */
  images: Readonly<Record<string, object>>
}

export interface FakeEngine {
  readonly world: EngineWorld
  readonly socketPath: string
  /** `METHOD path`, each once in the order of the first. */
  readonly requests: string[]
  /** Tells all who follow events that something happened. */
  tell(): void
  /** Ends every stream of events, as a proxy does when it was quiet for too long. */
  endStreams(): void
  /** Answers this, whatever is asked; `undefined`: as usual. */
  answer: ((path: string, response: ServerResponse) => boolean) | undefined
  /** The engine is gone, and all its connections with it. */
  stop(): Promise<void>
  start(): Promise<void>
}

const ID = '[0-9a-f]{64}'
const CONTAINER = new RegExp(`^/containers/(${ID})/json$`)
const IMAGE = new RegExp(`^/images/(sha256:${ID})/json$`)

/** A server on a unix socket that answers as a Docker Engine does. */
export async function startFakeEngine(t: TestContext, world: Partial<EngineWorld> = {}): Promise<FakeEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'))
  const socketPath = join(folder, 'docker.sock')
  const streams = new Set<ServerResponse>()
  let server: http.Server | undefined

  const engine: FakeEngine = {
    world: { containers: [], inspections: {}, images: {}, ...world },
    socketPath,
    requests: [],
    tell: () => {
      for (const stream of streams) stream.write(`${JSON.stringify({ Type: 'container', Action: 'start' })}\n`)
    },
    endStreams: () => {
      for (const stream of streams) stream.end()
    },
    answer: undefined,
    stop: async () => {
      if (server === undefined) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      server = undefined
      await closed
    },
    start: async () => {
      server = http.createServer(answer).listen(socketPath)
      await once(server, 'listening')
    }
  }

  function answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(url, 'http://engine')
    const request = `${method} ${pathname}`
    if (!engine.requests.includes(request)) engine.requests.push(request)
    if (engine.answer?.(pathname, response)) return
    if (pathname === '/events') {
      streams.add(response)
      response.on('close', () => streams.delete(response))
      response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()
      return
    }
    const { containers, inspections, images } = engine.world
    const container = CONTAINER.exec(pathname)?.[1]
    const image = IMAGE.exec(pathname)?.[1]
    const found =
      pathname === '/containers/json'
        ? containers
        : container !== undefined
          ? inspections[container]
          : image === undefined
            ? undefined
            : images[image]
    const text = JSON.stringify(found ?? { message: `No such thing: ${pathname}` })
    response.writeHead(found === undefined ? 404 : 200, { 'Content-Type': 'application/json' }).end(text)
  }

  await engine.start()
  t.after(async () => {
    await engine.stop()
    rmSync(folder, { recursive: true })
  })
  return engine
}

/** An item of a list, ordinary but for what a test is about. */
export function aContainer(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    Id: '1'.repeat(64),
    Names: ['/shop-web-1'],
    Image: 'ghcr.io/shop/web:v1',
    ImageID: `sha256:${'a'.repeat(64)}`,
    Command: '/app --password=secret',
    Created: 1_795_634_052,
    Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
    State: 'running',
    Status: 'Up 2 hours',
    HostConfig: { NetworkMode: 'shop_default' },
    NetworkSettings: { Networks: { shop_default: { IPAddress: '172.18.0.2' } } },
    ...changes
  }
}
