import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { TestContext } from 'node:test'
import { urlOf } from './address.ts'

type Answerer = (request: IncomingMessage, response: ServerResponse) => void

/** A real HTTP server on a free port of 127.0.0.1, ended with the test; gives its origin. */
export async function startService(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1', 4096)
  await once(server, 'listening')
  t.after(() => {
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
  const items = Object.entries(workloads).map(([name, { image, endpoint }]) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: 'dev',
      generation: 1,
      annotations: endpoint === undefined ? {} : { 'version-guard.keybuzz.io/endpoint': endpoint }
    },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'app', image }] } } },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }
  }))
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}
