import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { temporaryFolder } from './files.ts'
import { serveGuard } from './guard-process.ts'
import { type Names, startNameServer } from './name-server.ts'
import { until } from './until.ts'

const NAME_SERVER = '127.0.0.153'

export interface GuardWithNamesWish {
  readonly names: Names
  /** Manifests. */
  readonly workloads: string
  readonly targets: readonly object[]
  readonly env?: Readonly<Record<string, string>>
}

export interface ServiceStatus {
  readonly service: string
  readonly status: string
  readonly reason: string | null
  readonly message: string
}

/** Why a guard cannot have names of its own here; `undefined`: it can. */
export function ownNamesMissing(): string | undefined {
  return spawnSync('unshare', ['-m', 'true']).status === 0
    ? undefined
    : 'a name server of its own wants a mount namespace and port 53: run as root on Linux'
}

/** A guard that resolves names at a server of the test, and the services as it sees them once all were probed. */
export async function serveGuardWithNames(t: TestContext, { names, workloads, targets, env }: GuardWithNamesWish) {
  await startNameServer(t, NAME_SERVER, names)
  const folder = temporaryFolder(t)
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const resolver = file('resolv.conf', `nameserver ${NAME_SERVER}\noptions timeout:1 attempts:2\n`)
  const mount = `mount --bind '${resolver}' /etc/resolv.conf && mount --bind /dev/null /etc/hosts && exec "$@"`
  const guard = await serveGuard(
    t,
    {
      PATH: process.env.PATH ?? '',
      WORKLOAD_SOURCE: 'file',
      WORKLOADS_FILE: file('workloads.json', workloads),
      TARGETS_FILE: file('targets.json', JSON.stringify({ targets })),
      CHECK_INTERVAL: '100ms',
      CHECK_TIMEOUT: '2s',
      LOG_CHECKS: 'all',
      ...env
    },
    ['unshare', '-m', 'sh', '-c', mount, 'sh']
  )
  await until(async () => assert.equal((await guard.get('/readyz')).status, 200))
  const services = async () => {
    const status = (await (await guard.get('/api/v1/status')).json()) as { services: ServiceStatus[] }
    return status.services
  }
  return { guard, services }
}
