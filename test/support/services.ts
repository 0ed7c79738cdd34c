import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { urlOf } from './address.ts'
import { deployment, listOf } from './cluster-objects.ts'
import type { Lifetime } from './stage.ts'

type Answerer = (request: IncomingMessage, response: ServerResponse) => void

/** A real HTTP server on a free port of 127.0.0.1, ended with the test or the stage; gives its origin. */
export async function startService(life: Lifetime, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1', 4096)
  await once(server, 'listening')
  life.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return urlOf(server)
}

/** Answers with a report. */
export function reporting(report: object): Answerer {
  return (_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(report))
  }
}

/** Takes the request and never answers. */
export const silent: Answerer = () => {}

/** Manifests of Deployments in namespace `dev`, by name: image and annotations. */
export function manifests(workloads: Readonly<Record<string, { image: string; endpoint?: string }>>): string {
  const wishes = Object.entries(workloads)
  return JSON.stringify(listOf(wishes.map(([name, wish]) => deployment(name, { namespace: 'dev', ...wish }))))
}
