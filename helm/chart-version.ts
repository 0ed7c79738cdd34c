import { createHash } from 'node:crypto'
import { parse } from 'yaml'

const RECORD = /^( {2}version-guard\.keybuzz\.io\/contents: ).*$/m

/** The files whose changes need a new version of the chart, by path; each with its text. */
export type ChartFiles = Readonly<Record<string, string>>

/**
 * Chart.yaml with a record of what its version stands for: the templates, the values and the application's version.
 *
 * A recorded version keeps its record, so that a change without a new version shows.
 */
export function recordContents(chartYaml: string, files: ChartFiles): string {
  const { version, annotations } = parse(chartYaml)
  const recorded: string = annotations['version-guard.keybuzz.io/contents']
  if (recorded.startsWith(`${version} `)) return chartYaml
  return chartYaml.replace(RECORD, (_all, name: string) => `${name}${contentsOf(chartYaml, files)}`)
}

/** The version and what it stands for: `0.1.0 sha256:…`. */
export function contentsOf(chartYaml: string, files: ChartFiles): string {
  const { version, appVersion } = parse(chartYaml)
  const hash = createHash('sha256').update(`${appVersion}\0`)
  for (const path of Object.keys(files).sort()) hash.update(`${path}\0${files[path]}\0`)
  return `${version} sha256:${hash.digest('hex').slice(0, 16)}`
}
