import type { RunningImage } from '../domain/image-check.ts'

const DIGEST = /(@|^|\/\/)(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
const BARE_ID = /^[0-9a-f]{64}$/

/**
 * Reads `imageID` from a container's status in Kubernetes. A digest comes as `repository@sha256:…` (containerd, CRI-O) or
 * `docker-pullable://…@sha256:…`; an image ID as `docker://sha256:…`, `sha256:…` (containerd, nothing was pulled) or 64 hex
 * digits (CRI-O). Anything else says nothing.
 */
export function readImageId(text: string): RunningImage {
  if (BARE_ID.test(text)) return { digests: [], imageId: `sha256:${text}` }
  const [, before, digest] = DIGEST.exec(text) ?? []
  if (digest === undefined) return { digests: [], imageId: null }
  return before === '@' ? { digests: [digest], imageId: null } : { digests: [], imageId: digest }
}
