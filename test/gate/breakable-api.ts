import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../support/address.ts'
import { type Child, startServer } from '../support/child.ts'
import { ROOT } from '../support/files.ts'
import type { Lifetime } from '../support/stage.ts'

/** A process that can be stopped, and started again on the same port. */
export interface Breakable {
  readonly port: number
  /** Resolves when it answers. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** A small API with a database and an upstream, each a process of its own. */
export interface BreakableApi extends Breakable {
  readonly url: string
  readonly database: Breakable
  /** Behind a circuit breaker that opens after five failures in a row. */
  readonly upstream: Breakable
}

/** Starts all three, on free ports; ended with the test. */
export async function startBreakableApi(life: Lifetime): Promise<BreakableApi> {
  const database = await breakable(life, 'veza-database-process.ts')
  const upstream = await breakable(life, 'veza-database-process.ts')
  await Promise.all([database.start(), upstream.start()])
  const api = await breakable(life, 'veza-api-process.ts', database.port, upstream.port)
  await api.start()
  return { ...api, url: `http://127.0.0.1:${api.port}`, database, upstream }
}

async function breakable(life: Lifetime, program: string, ...more: readonly number[]): Promise<Breakable> {
  const port = await freePort()
  const args = [join(ROOT, 'test/support', program), port, ...more].map(String)
  let child: Child | undefined
  life.after(() => child?.kill())
  return {
    port,
    start: async () => {
      child = await startServer({ program: process.execPath, args }, () => isListening(port))
    },
    stop: async () => child?.kill()
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
