import { spawnSync } from 'node:child_process'

/** The programs that a drill needs beside Node, by the names under which they are found here. */
export interface Components {
  readonly prometheus: string
  readonly alertmanager: string
}

// In order of preference: the projects' own names, then Debian's.
const CANDIDATES = {
  prometheus: { names: ['prometheus'], debianPackage: 'prometheus' },
  alertmanager: { names: ['alertmanager', 'prometheus-alertmanager'], debianPackage: 'prometheus-alertmanager' }
} as const

/** The programs as found on the PATH, or a line for each that is missing, with the Debian package that has it. */
export function findComponents(): Components | { readonly missing: readonly string[] } {
  const prometheus = find(CANDIDATES.prometheus.names)
  const alertmanager = find(CANDIDATES.alertmanager.names)
  if (prometheus !== undefined && alertmanager !== undefined) return { prometheus, alertmanager }
  return {
    missing: Object.entries(CANDIDATES)
      .filter(([, { names }]) => find(names) === undefined)
      .map(([component, { debianPackage }]) => `${component} is not on the PATH; Debian: apt install ${debianPackage}`)
  }
}

function find(names: readonly string[]): string | undefined {
  return names.find(name => spawnSync(name, ['--version']).error === undefined)
}
