import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { urlOf } from '../../test/support/address.ts'

/** All that a drill can change of a service: what is deployed, and what the service says of itself. */
export interface ServiceState {
  readonly deployedTag: string
  readonly updatedReplicas: number
  readonly httpStatus: number
  readonly reportedVersion: string
  readonly gitSha: string | null
}

export const NAMESPACE = 'keybuzz-drill'
/** The service that drills break; the others show that nothing else rings. */
export const BROKEN_SERVICE = 'keybuzz-client'
const SERVICES = [BROKEN_SERVICE, 'keybuzz-admin', 'keybuzz-api']
const REPLICAS = 3

export const HEALTHY: ServiceState = {
  deployedTag: 'v0.2.12-dev',
  updatedReplicas: REPLICAS,
  httpStatus: 200,
  reportedVersion: 'v0.2.12-dev',
  gitSha: '4f9d1c2e8ab37756d01c4b9e2f6a8d3c5e7b9f10'
}

export interface Fleet {
  /** The manifests that deploy the fleet, kept up to date. */
  readonly manifestsFile: string
  /** From now on, this is the state of the service that drills break. */
  change(state: ServiceState): void
  close(): void
}

/** A few real HTTP services on one free port of 127.0.0.1, all healthy, and the manifests that deploy them. */
export async function startFleet(folder: string): Promise<Fleet> {
  const states = new Map(SERVICES.map(name => [name, HEALTHY]))
  const server = createServer((request, response) => {
    const state = states.get(request.url?.split('/')[1] ?? '')
    response.writeHead(state?.httpStatus ?? 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ version: state?.reportedVersion, gitSha: state?.gitSha }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = urlOf(server)

  const manifestsFile = join(folder, 'workloads.json')
  const writeManifests = () => {
    const items = [...states].map(([name, state]) => manifestOf(name, state, `${origin}/${name}/debug/version`))
    // By rename, so that nobody reads half a file.
    writeFileSync(`${manifestsFile}.new`, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    renameSync(`${manifestsFile}.new`, manifestsFile)
  }
  writeManifests()
  return {
    manifestsFile,
    change: state => {
      states.set(BROKEN_SERVICE, state)
      writeManifests()
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    }
  }
}

function manifestOf(name: string, { deployedTag, updatedReplicas }: ServiceState, endpoint: string): object {
  const image = `ghcr.io/keybuzzio/${name}:${deployedTag}`
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: NAMESPACE,
      generation: 2,
      annotations: { 'version-guard.keybuzz.io/endpoint': endpoint }
    },
    spec: { replicas: REPLICAS, template: { spec: { containers: [{ name: 'app', image }] } } },
    status: {
      observedGeneration: 2,
      replicas: REPLICAS,
      readyReplicas: REPLICAS,
      availableReplicas: REPLICAS,
      updatedReplicas
    }
  }
}
