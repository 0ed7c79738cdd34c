/** Why a registry gave no answer: the closed list of `keybuzz_image_check_failure{reason}`. */
export type RegistryReason = 'not_found' | 'unauthorized' | 'forbidden' | 'rate_limited' | 'unreachable' | 'invalid'

/** The labels `org.opencontainers.image.*`, the publisher's words about an image. `null`: no such label. */
export interface ImageLabels {
  readonly source: string | null
  readonly revision: string | null
  readonly version: string | null
  readonly url: string | null
}
