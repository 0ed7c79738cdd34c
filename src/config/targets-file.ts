import Value from 'typebox/value'
import {
  DEFAULT_GIT_SHA_POINTERS,
  DEFAULT_VERSION_POINTERS,
  type Target,
  targetKey,
  type VersionMatch
} from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import type { LineMistake } from '../files/mistake.ts'
import { readYaml, type YamlDocument } from '../files/read-yaml.ts'
import { type Fault, findFaults } from './find-faults.ts'
import { printPath } from './print-path.ts'
import { IDENTITY, LIST, TARGETS, type TargetEntry } from './targets-schema.ts'

/** What holds for targets that do not say otherwise. */
export interface TargetDefaults {
  readonly versionMatch: VersionMatch
}

export type ParsedTargets =
  | { readonly ok: true; readonly targets: readonly Target[] }
  | { readonly ok: false; readonly mistakes: readonly LineMistake[] }

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
  const faults = [...findFaults(TARGETS, value), ...findDuplicates(document)]
  if (faults.length > 0 || !Value.Check(TARGETS, value)) return refused(atLines(faults))
  return { ok: true, targets: value.targets.map(entry => toTarget(entry, defaults)) }
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

function toTarget({ workload, ...entry }: TargetEntry, defaults: TargetDefaults): Target {
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
    origin: 'file'
  }
}
