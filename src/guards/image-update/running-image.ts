/** What one instance of a container runs, as its runtime tells it. */
export interface RunningImage {
  /** Digests of manifests, of an index or of an image in it; empty: the image was never pulled. */
  readonly digests: readonly string[]
  /** The digest of the image's configuration, where the runtime tells that one; `null`: it does not. */
  readonly imageId: string | null
}

const DIGEST = /(@|^|\/\/)(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
const BARE_ID = /^[0-9a-f]{64}$/

/**
 * Reads the `imageID` of a container's status in Kubernetes: `repository@sha256:…` (containerd, CRI-O),
 * `docker-pullable://…@sha256:…`; the image's ID as `docker://sha256:…`, `sha256:…` (containerd, where nothing was pulled)
 * or 64 digits (CRI-O). Anything else tells nothing.
 */
export function readImageId(text: string): RunningImage {
  if (BARE_ID.test(text)) return { digests: [], imageId: `sha256:${text}` }
  const [, before, digest] = DIGEST.exec(text) ?? []
  if (digest === undefined) return { digests: [], imageId: null }
  return before === '@' ? { digests: [digest], imageId: null } : { digests: [], imageId: digest }
}
