import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** What this process knows about the container that it runs in; empty: nothing. */
export interface OwnTraces {
  /** The beginning of the container's id, which Docker and Podman use as its hostname unless somebody chose another. */
  readonly hostname: string
  /** `/proc/self/mountinfo`: the engine mounts a few files out of the container's own folder. */
  readonly mounts: string
}

// Docker: /var/lib/docker/containers/ID/hostname; Podman: …/overlay-containers/ID/userdata/hostname.
const OWN_FOLDER = /\/(?:overlay-)?containers\/([0-9a-f]{64})\/(?:userdata\/)?(?:hostname|hosts|resolv\.conf)\s/
const SHORT_ID = /^[0-9a-f]{12}$/

export function readOwnTraces(): OwnTraces {
  try {
    return { hostname: hostname(), mounts: readFileSync('/proc/self/mountinfo', 'utf8') }
  } catch {
    // Not Linux: then this is not a container of the engine either.
    return { hostname: hostname(), mounts: '' }
  }
}

/** Whether this process runs in that container: the guard does not watch itself. */
export function isOwnContainer(id: string, { hostname, mounts }: OwnTraces): boolean {
  const own = OWN_FOLDER.exec(mounts)?.[1]
  return own === undefined ? SHORT_ID.test(hostname) && id.startsWith(hostname) : id === own
}
