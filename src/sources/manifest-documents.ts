import { shown } from '../domain/text.ts'
import { readYaml, type YamlPath } from '../files/read-yaml.ts'

/** One document of a file of manifests. */
export interface ManifestDocument {
  readonly value: unknown
  /** The line, from 1, of what stands at a path; `null`: too large to find out. */
  lineOf(path: YamlPath): number | null
}

export type ManifestDocuments =
  | { readonly ok: true; readonly documents: readonly ManifestDocument[] }
  | { readonly ok: false; readonly mistakes: readonly DocumentMistake[] }

export interface DocumentMistake {
  /** From 1; `null`: not known. */
  readonly line: number | null
  readonly message: string
}

const MIB = 1024 * 1024
/** A fleet of 10,000 workloads as `kubectl get -o json` prints it has about half of this. */
export const MAX_JSON_BYTES = 64 * MIB
/** YAML takes half a second and 70 MB of memory per MB, a hundred times as much as JSON. */
const MAX_YAML_BYTES = 8 * MIB
const TOO_LARGE = 'larger than 8 MiB and not JSON; write it as JSON, which may have 64 MiB'

/** Parses JSON by the fast parser, and everything else as YAML; empty documents are left out. */
export function readDocuments(text: string): ManifestDocuments {
  const json = /^\s*\{/.test(text) ? parseJson(text) : undefined
  if (json !== undefined) return { ok: true, documents: [{ value: json, lineOf: lineFinder(text) }] }
  if (text.length > MAX_YAML_BYTES) return refused([{ line: null, message: TOO_LARGE }])
  const yaml = readYaml(text)
  if (!yaml.ok)
    return refused(yaml.mistakes.map(({ line, message }) => ({ line: line ?? null, message: shown(message) })))
  return { ok: true, documents: yaml.value.filter(({ value }) => value !== null) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Read as YAML, which says in which line it breaks.
    return undefined
  }
}

// JSON.parse knows no lines: they are looked for once there is a mistake to report.
function lineFinder(text: string): ManifestDocument['lineOf'] {
  let yaml: ReturnType<typeof readYaml> | undefined
  return path => {
    if (text.length > MAX_YAML_BYTES) return null
    yaml ??= readYaml(text)
    return yaml.ok ? (yaml.value[0]?.lineOf(path) ?? null) : null
  }
}

function refused(mistakes: readonly DocumentMistake[]): ManifestDocuments {
  return { ok: false, mistakes }
}
