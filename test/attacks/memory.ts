import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { until } from '../support/until.ts'

/** A limit of memory, as a container has it: the kernel kills what goes beyond. */
export interface MemoryLimit {
  /** Runs the command that follows it within the limit. */
  readonly through: readonly [string, ...string[]]
  /** The most that was in use so far, in bytes. */
  most(): number
}

// cgroups of version 2 and of version 1, by what limits memory, what counts it, and the kernel's own part of it.
const VERSIONS = [
  { root: '/sys/fs/cgroup', probe: 'cgroup.controllers', limit: 'memory.max', most: 'memory.peak' },
  {
    root: '/sys/fs/cgroup/memory',
    probe: 'memory.limit_in_bytes',
    limit: 'memory.limit_in_bytes',
    most: 'memory.max_usage_in_bytes'
  }
]
const version = VERSIONS.find(({ root, probe }) => existsSync(join(root, probe)))

/** Why memory cannot be limited here, if it cannot. */
export const memoryLimitMissing =
  version !== undefined && process.getuid?.() === 0 ? undefined : 'memory can be limited by root, with cgroups'

/** A limit for one process and its children, for the time of the test. */
export function limitMemory(t: TestContext, bytes: number): MemoryLimit {
  if (version === undefined) throw new Error(memoryLimitMissing)
  const group = join(version.root, `keybuzz-test-${randomUUID()}`)
  mkdirSync(group)
  t.after(async () => {
    const members = readFileSync(join(group, 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter(pid => pid !== '')
    for (const pid of members) process.kill(Number(pid), 'SIGKILL')
    // A group can go once the last process has left it.
    await until(() => rmdirSync(group))
  })
  writeFileSync(join(group, version.limit), `${bytes}`)
  return {
    through: ['sh', '-c', `echo $$ >${join(group, 'cgroup.procs')}; exec "$@"`, 'sh'],
    most: () => Number(readFileSync(join(group, version.most), 'utf8'))
  }
}
