import { readFileSync } from 'node:fs'

/** What the guard says of itself; `null`: it was started from a checkout, not from a build. */
export interface BuildInfo {
  /** As its tag: `v0.1.0`, so that the guard's check of itself finds what was deployed. */
  readonly version: string
  readonly gitSha: string | null
  readonly buildDate: string | null
}

/** Reads the package's version, and the commit and date that a build leaves in `build.json` beside it. */
export function readBuildInfo(): BuildInfo {
  const { version } = readJson('../package.json')
  const { gitSha = null, buildDate = null } = readBuild()
  return { version: `v${version}`, gitSha, buildDate }
}

function readBuild(): Partial<Record<string, string>> {
  try {
    return readJson('../build.json')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
}

function readJson(path: string): Partial<Record<string, string>> {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}
