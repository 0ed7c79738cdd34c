import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deployment, listOf } from '../../test/support/cluster-objects.ts'
import { watching } from '../../test/support/guard-process.ts'
import { nextMessage, startNode } from '../../test/support/node-process.ts'
import type { Stage } from '../../test/support/stage.ts'

export interface EndpointsWish {
  /** How long an answer takes. */
  readonly delayMs: number
  /** Whether connections are kept, or closed after each answer. */
  readonly kept: boolean
}

export interface FleetWish extends EndpointsWish {
  readonly services: number
}

export interface Fleet {
  readonly endpoints: readonly string[]
  /** For the guard: the fleet as its workloads. */
  readonly env: Readonly<Record<string, string>>
}

export const NAMESPACE = 'bench'
// One namespace gets at most half of the slots.
const NAMESPACES = 10

/** Debug endpoints that answer on every loopback address; resolves to their port. */
export async function startEndpoints(stage: Stage, { delayMs, kept }: EndpointsWish): Promise<number> {
  const child = startNode(stage, {
    file: join(import.meta.dirname, 'processes/endpoints.ts'),
    args: [String(delayMs), kept ? 'kept' : 'closed']
  })
  const { port } = (await nextMessage(child)) as { port: number }
  return port
}

/** A fleet of healthy services in ten namespaces, each at a loopback address of its own, as real ones are. */
export async function startFleet(stage: Stage, wish: FleetWish): Promise<Fleet> {
  const port = await startEndpoints(stage, wish)
  const endpoints = Array.from({ length: wish.services }, (_, index) => endpointOf(index, port))
  const path = join(stage.folder, `workloads-${port}.json`)
  const items = endpoints.map((endpoint, index) => deploymentOf(index, endpoint, `${NAMESPACE}-${index % NAMESPACES}`))
  writeFileSync(path, JSON.stringify(listOf(items)))
  return { endpoints, env: watching(path) }
}

/** The address of a service: 127.0.0.1, 127.0.0.2, and so on. */
export function endpointOf(index: number, port: number): string {
  const host = index + 1
  return `http://127.${host >> 16}.${(host >> 8) & 255}.${host & 255}:${port}/debug/version`
}

export function nameOf(index: number): string {
  return `service-${String(index).padStart(5, '0')}`
}

/** A Deployment whose rollout has ended; with an endpoint, the guard checks it. */
export function deploymentOf(index: number, endpoint?: string, namespace = NAMESPACE) {
  const name = nameOf(index)
  return deployment(name, { namespace, image: `ghcr.io/keybuzzio/${name}:v1.2.3`, endpoint })
}
