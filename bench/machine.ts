import { cpus, release, totalmem } from 'node:os'

/** Where it was measured, in words. */
export function describeMachine(): string {
  const [first] = cpus()
  const memory = Math.round(totalmem() / 1024 ** 3)
  return `${cpus().length} × ${first?.model ?? 'unknown processor'}, ${memory} GiB, Linux ${release().split('-')[0]}`
}

/** Of what runs on both sides. */
export function describeVersions(peerVersion: string): string {
  return [`Node ${process.versions.node}`, peerVersion].filter(text => text !== '').join(', ')
}
