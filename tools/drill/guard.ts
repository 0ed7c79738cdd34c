import { freePort } from '../../test/support/address.ts'
import { type RunningGuard, serveGuard, untilReady } from '../../test/support/guard-process.ts'
import { killed } from '../../test/support/node-process.ts'
import type { Stage } from '../../test/support/stage.ts'
import { BROKEN_SERVICE, type Fleet } from './fleet.ts'

/** What the guard's API says about a service. */
interface ServiceStatus {
  readonly service: string
  readonly status: string
  readonly message: string
  readonly imageDigest: string | null
  readonly rolloutInProgress: boolean | null
  readonly findings: readonly { readonly part: string; readonly status: string; readonly message: string }[]
}

export interface DrillGuard {
  readonly origin: string
  /** Resolves when it is ready: it has checked every service once. Rejects with its last words. */
  start(): Promise<void>
  kill(): Promise<void>
  /** Rejects while the guard does not answer. */
  services(): Promise<readonly ServiceStatus[]>
  /** The status of the service that drills break. Rejects while the guard does not answer. */
  brokenService(): Promise<ServiceStatus>
  lastWords(): string
}

const READY_WITHIN_MS = 20_000
const LAST_WORDS = 2_000

/** The real guard on a fleet: not started yet, always on one port of 127.0.0.1. `signal` ends a start. */
export async function createGuard(stage: Stage, fleet: Fleet, signal: AbortSignal): Promise<DrillGuard> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const env = { ...fleet.environment, PORT: String(port), CHECK_INTERVAL: '1s' }
  let running: RunningGuard | undefined
  const lastWords = () => running?.written().slice(-LAST_WORDS) ?? ''
  const services = async () => {
    const response = await fetch(`${origin}/api/v1/status`)
    return ((await response.json()) as { services: readonly ServiceStatus[] }).services
  }
  return {
    origin,
    start: async () => {
      running = await serveGuard(stage, env)
      await untilReady(origin, { withinMs: READY_WITHIN_MS, signal }).catch(cause => {
        throw new Error(`The guard did not get ready. It said last:\n${lastWords()}`, { cause })
      })
    },
    kill: async () => running && killed(running.child),
    services,
    brokenService: async () => {
      const broken = (await services()).find(({ service }) => service === BROKEN_SERVICE)
      if (broken === undefined) throw new Error(`the guard does not know ${BROKEN_SERVICE} yet`)
      return broken
    },
    lastWords
  }
}
