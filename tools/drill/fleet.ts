import { join } from 'node:path'
import { deployment, listOf } from '../../test/support/cluster-objects.ts'
import { replaceFile } from '../../test/support/files.ts'
import { startService } from '../../test/support/services.ts'
import type { Stage } from '../../test/support/stage.ts'

/** All that a drill can change of a service: what is deployed, and what the service says of itself. */
export interface ServiceState {
  readonly deployedTag: string
  readonly updatedReplicas: number
  /** Whether the rollout has gone past its deadline. */
  readonly isHung: boolean
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
  isHung: false,
  httpStatus: 200,
  reportedVersion: 'v0.2.12-dev',
  gitSha: '4f9d1c2e8ab37756d01c4b9e2f6a8d3c5e7b9f10'
}

export interface Fleet {
  /** The manifests that deploy the fleet, kept up to date. */
  readonly manifestsFile: string
  /** From now on, this is the state of the service that drills break. */
  change(state: ServiceState): void
}

/** A few services on one free port of 127.0.0.1, all healthy, and the manifests that deploy them. */
export async function startFleet(stage: Stage): Promise<Fleet> {
  const states = new Map(SERVICES.map(name => [name, HEALTHY]))
  const origin = await startService(stage, (request, response) => {
    const state = states.get(request.url?.split('/')[1] ?? '')
    response.writeHead(state?.httpStatus ?? 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ version: state?.reportedVersion, gitSha: state?.gitSha }))
  })
  const manifestsFile = join(stage.folder, 'workloads.json')
  const writeManifests = () => {
    const items = [...states].map(([name, { deployedTag, updatedReplicas, isHung }]) =>
      deployment(name, {
        namespace: NAMESPACE,
        image: `ghcr.io/keybuzzio/${name}:${deployedTag}`,
        endpoint: `${origin}/${name}/debug/version`,
        replicas: REPLICAS,
        updatedReplicas,
        isHung
      })
    )
    replaceFile(manifestsFile, JSON.stringify(listOf(items)))
  }
  writeManifests()
  return {
    manifestsFile,
    change: state => {
      states.set(BROKEN_SERVICE, state)
      writeManifests()
    }
  }
}
