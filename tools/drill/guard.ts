import { join } from 'node:path'
import { freePort } from '../../test/support/address.ts'
import { type Child, startChild } from '../../test/support/child.ts'
import { until } from '../../test/support/until.ts'
import { BROKEN_SERVICE } from './fleet.ts'

/** What the guard's API says of a service. */
interface ServiceStatus {
  readonly service: string
  readonly status: string
  readonly message: string
  readonly rolloutInProgress: boolean | null
}

export interface DrillGuard {
  readonly origin: string
  /** Resolves when it is ready: it has checked every service once. Rejects with its last words. */
  start(): Promise<void>
  kill(): Promise<void>
  /** Rejects while the guard does not answer. */
  services(): Promise<readonly ServiceStatus[]>
  /** Of the service that drills break. Rejects while the guard does not answer. */
  brokenService(): Promise<ServiceStatus>
  lastWords(): string
}

const READY_WITHIN_MS = 20_000
const MAIN = join(import.meta.dirname, '../../src/main.ts')

/** The real guard on a fleet's manifests: not started yet, always on one port of 127.0.0.1. `signal` ends a start. */
export async function createGuard(manifestsFile: string, signal: AbortSignal): Promise<DrillGuard> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const env = {
    HOST: '127.0.0.1',
    PORT: String(port),
    WORKLOAD_SOURCE: 'file',
    WORKLOADS_FILE: manifestsFile,
    // The fleet lives on this machine, which endpoints from annotations may reach only when it is named.
    ENDPOINT_ALLOW: '127.0.0.0/8',
    CHECK_INTERVAL: '1s'
  }
  let child: Child | undefined
  const services = async () => {
    const response = await fetch(`${origin}/api/v1/status`)
    return ((await response.json()) as { services: readonly ServiceStatus[] }).services
  }
  return {
    origin,
    start: async () => {
      child = startChild({ program: process.execPath, args: [MAIN, 'serve'], env })
      await untilReady(origin, child, signal)
    },
    kill: async () => child?.kill(),
    services,
    brokenService: async () => {
      const broken = (await services()).find(({ service }) => service === BROKEN_SERVICE)
      if (broken === undefined) throw new Error(`the guard does not know ${BROKEN_SERVICE} yet`)
      return broken
    },
    lastWords: () => child?.lastWords() ?? ''
  }
}

async function untilReady(origin: string, child: Child, signal: AbortSignal): Promise<void> {
  const askWhetherReady = async () => {
    const response = await fetch(`${origin}/readyz`).catch(() => undefined)
    if (response?.ok !== true) throw new Error(`The guard did not get ready. It said last:\n${child.lastWords()}`)
  }
  await until(askWhetherReady, { withinMs: READY_WITHIN_MS, signal })
}
