/** The prefix of all our annotations. */
export const ANNOTATION_PREFIX = 'version-guard.keybuzz.io/'

// Each is one more than the longest that is accepted: an address; a name or a pointer.
const ADDRESS = 2049
const WORD = 257
// Twenty names of maximum length.
const LIST = 5121

/**
 * The annotations that are read, by name without the prefix, and how many characters of each value are kept. That is
 * more than any valid value has, so that a value that was cut is refused where it is used.
 */
export const ANNOTATIONS: ReadonlyMap<string, number> = new Map([
  ['endpoint', ADDRESS],
  ['service', WORD],
  ['container', WORD],
  ['enabled', WORD],
  ['version-pointer', WORD],
  ['git-sha-pointer', WORD],
  ['version-match', WORD],
  ['rollout-deadline', WORD],
  ['helm-deadline', WORD],
  ['required-configmaps', LIST],
  ['required-secrets', LIST],
  ['migration-job', WORD],
  ['image-updates', WORD],
  ['tag-pattern', WORD],
  ['semver-range', WORD],
  ['platform', WORD],
  ['endpoint-scope', WORD],
  ['endpoint-port', WORD],
  ['endpoint-path', ADDRESS],
  ['endpoint-scheme', WORD],
  ['postdeploy-latency-p95', WORD],
  ['postdeploy-error-ratio', WORD]
])

/** Those that may be set for a single container, whose name then follows after a dot. */
export const CONTAINER_ANNOTATIONS = ['image-updates', 'tag-pattern', 'semver-range', 'platform'] as const
