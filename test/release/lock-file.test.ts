import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { ROOT } from '../support/files.ts'

interface Entry {
  readonly version?: string
  readonly integrity?: string
  readonly optional?: boolean
  /** Where it runs; absent: anywhere. */
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
}

// Where packages are installed for a release: on GitHub's runners and in the containers of CI and of the Dockerfile, all of
// them Debian or Ubuntu. On ARM, people build the image for themselves.
const MACHINES = ['x64', 'arm64'].map(cpu => ({ os: 'linux', cpu, libc: 'glibc' }))

const lock: { packages: Readonly<Record<string, Entry>> } = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
)
const entries = Object.entries(lock.packages).filter(([path]) => path !== '')

function runsSomewhere({ os, cpu, libc }: Entry): boolean {
  return MACHINES.some(
    machine =>
      (os?.includes(machine.os) ?? true) &&
      (cpu?.includes(machine.cpu) ?? true) &&
      (libc?.includes(machine.libc) ?? true)
  )
}

suite('package-lock.json', () => {
  test('pins by content every package that a release can use', () => {
    const usable = entries.filter(([, entry]) => runsSomewhere(entry))
    assert.ok(usable.length > 100, `${usable.length}`)
    for (const [path, { integrity }] of usable) assert.match(integrity ?? '', /^sha512-[\w+/]{86}==$/, path)
  })

  // Of these, the registry that the lock file was made with served no checksum.
  test('leaves none unpinned but optional ones, each for machines that no release is made on', () => {
    const unpinned = entries.filter(([, { integrity }]) => integrity === undefined)
    for (const [path, entry] of unpinned) {
      const isElsewhere = entry.os !== undefined || entry.cpu !== undefined || entry.libc !== undefined
      assert.ok(entry.optional === true && isElsewhere && !runsSomewhere(entry), path)
    }
  })

  test('names no registry and no other source of a package', () => {
    for (const [path, entry] of entries) assert.ok(!('resolved' in entry), path)
  })
})
