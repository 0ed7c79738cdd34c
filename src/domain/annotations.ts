/** Stands before the name of every annotation of ours. */
export const ANNOTATION_PREFIX = 'version-guard.keybuzz.io/'

// One more than the longest address, and the longest name or pointer, that is taken.
const ADDRESS = 2049
const WORD = 257
// Twenty names of the longest.
const LIST = 5121

/**
 * The annotations that are read, by name without the prefix, and the most characters that are kept of each value. That is
 * more than any valid value has, so that what is cut is refused where it is used.
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

/** Those that may stand for one container: its name follows, after a dot. */
export const CONTAINER_ANNOTATIONS = ['image-updates', 'tag-pattern', 'semver-range', 'platform'] as const
