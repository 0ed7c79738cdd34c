import { DEFAULT_GIT_SHA_POINTERS, DEFAULT_VERSION_POINTERS, type Target } from '../../src/domain/target.ts'

/** A target from a targets file at this address; what a test is about is given in `changes`. */
export function targetAt(endpoint: string, changes: Partial<Target> = {}): Target {
  return {
    service: 'keybuzz-client',
    namespace: 'keybuzz-client-dev',
    endpoint,
    workload: { kind: 'Deployment', name: 'keybuzz-client' },
    versionPointers: DEFAULT_VERSION_POINTERS,
    gitShaPointers: DEFAULT_GIT_SHA_POINTERS,
    versionMatch: 'exact',
    origin: 'file',
    ...changes
  }
}
