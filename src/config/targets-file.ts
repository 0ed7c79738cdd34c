import { dirname, resolve } from 'node:path'
import Value from 'typebox/value'
import {
  DEFAULT_GIT_SHA_POINTERS,
  DEFAULT_VERSION_POINTERS,
  type SecretHeader,
  type Target,
  targetKey,
  type VersionMatch
} from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import type { LineMistake } from '../files/mistake.ts'
import { readYaml, type YamlDocument } from '../files/read-yaml.ts'
import { type Fault, findFaults } from './find-faults.ts'
import { headerNameMistakes, MOST_HEADER_FILES } from './header-rules.ts'
import { printPath } from './print-path.ts'
import { HEADERS, IDENTITY, LIST, TARGETS, type TargetEntry } from './targets-schema.ts'

/** What holds for targets that do not say otherwise. */
export interface TargetDefaults {
  readonly versionMatch: VersionMatch
}

export type ParsedTargets =
  | { readonly ok: true; readonly targets: readonly Target[] }
  | { readonly ok: false; readonly mistakes: readonly LineMistake[] }

type HeaderEntry = readonly [name: string, NonNullable<TargetEntry['headers']>[string]]

const TAKES = 'a targets file is one YAML or JSON document, such as "targets: []"'

/** Parses a targets file, YAML or JSON; each message starts with `path` and the line. */
export function parseTargetsFile(text: string, path: string, defaults: TargetDefaults): ParsedTargets {
  const refused = (mistakes: readonly LineMistake[]): ParsedTargets => ({
    ok: false,
    mistakes: mistakes
      .map(({ line, message }) => ({ line, message: `${path}:${line}: ${message}` }))
      .sort((one, other) => one.line - other.line)
  })

  const yaml = readYaml(text)
  if (!yaml.ok) return refused(yaml.mistakes.map(({ line, message }) => ({ line, message: shown(message) })))
  const [document, second] = yaml.documents
  if (document === undefined || document.value === null) return refused([{ line: 1, message: `empty; ${TAKES}` }])
  if (second !== undefined) return refused([{ line: second.lineOf([]), message: `a second document; ${TAKES}` }])

  const atLines = (faults: readonly Fault[]) =>
    faults.map(({ path, message }) => ({ line: document.lineOf(path), message: `${printPath(path)}${message}` }))
  const { value } = document
  const faults = [...findFaults(TARGETS, value), ...findDuplicates(document), ...findHeaderNames(document)]
  if (faults.length > 0 || !Value.Check(TARGETS, value)) return refused(atLines(faults))
  const targets = value.targets.map(entry => toTarget(entry, defaults, dirname(path)))
  const files = headerFilesOf(targets).length
  const tooMany = `headers from ${files} different files; it takes at most ${MOST_HEADER_FILES}, for each is followed`
  return files > MOST_HEADER_FILES ? refused(atLines([{ path: [], message: tooMany }])) : { ok: true, targets }
}

/** The paths of the files that the targets' headers are in, each once. */
export function headerFilesOf(targets: readonly Target[]): string[] {
  return [...new Set(targets.flatMap(({ headers = [] }) => headers.map(({ file }) => file)))]
}

function findHeaderNames({ value }: YamlDocument): Fault[] {
  const entries = Value.Check(LIST, value) ? value.targets : []
  return entries.flatMap((entry, index) =>
    Value.Check(HEADERS, entry)
      ? headerNameMistakes(Object.keys(entry.headers)).map(({ name, message }) => {
          return { path: ['targets', index, 'headers', name], message }
        })
      : []
  )
}

function findDuplicates({ value, lineOf }: YamlDocument): Fault[] {
  const entries = Value.Check(LIST, value) ? value.targets : []
  const firsts = new Map<string, number>()
  return entries.flatMap((entry, index) => {
    if (!Value.Check(IDENTITY, entry)) return []
    const key = targetKey(entry)
    const first = firsts.get(key)
    if (first !== undefined) {
      const where = `targets[${first}] in line ${lineOf(['targets', first])}`
      return [{ path: ['targets', index], message: `${shown(key)} is guarded twice, as ${where}; remove one` }]
    }
    firsts.set(key, index)
    return []
  })
}

// A relative path is meant from the targets file, as in Prometheus' files.
function toTarget({ workload, headers, ...entry }: TargetEntry, defaults: TargetDefaults, folder: string): Target {
  const { container } = workload ?? {}
  return {
    service: entry.service,
    namespace: entry.namespace,
    endpoint: entry.endpoint,
    workload: {
      kind: workload?.kind ?? 'Deployment',
      name: workload?.name ?? entry.service,
      ...(container === undefined ? {} : { container })
    },
    versionPointers: entry.versionPointer === undefined ? DEFAULT_VERSION_POINTERS : [entry.versionPointer],
    gitShaPointers: entry.gitShaPointer === undefined ? DEFAULT_GIT_SHA_POINTERS : [entry.gitShaPointer],
    versionMatch: entry.versionMatch ?? defaults.versionMatch,
    origin: 'file',
    ...(headers === undefined ? {} : { headers: Object.entries(headers).map(header => toHeader(header, folder)) })
  }
}

function toHeader([name, { prefix = '', file }]: HeaderEntry, folder: string): SecretHeader {
  return { name, prefix, file: resolve(folder, file) }
}
