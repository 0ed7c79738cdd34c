import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'

/** The machine that measures, in words, and how busy it is: the load of the last minute. */
export function describeMachine(): string {
  const [first] = cpus()
  const memory = Math.round(totalmem() / 1024 ** 3)
  return `${cpus().length} × ${first?.model ?? 'unknown processor'}, ${memory} GiB, Linux ${release().split('-')[0]}, load ${loadavg()[0]?.toFixed(1)}`
}

/** The version of a package that is installed here. */
export function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../node_modules', name, 'package.json'), 'utf8')).version
}

/** The versions of what runs on both sides. */
export function describeVersions(peerVersion: string): string {
  return [`Node ${process.versions.node}`, peerVersion].filter(text => text !== '').join(', ')
}
