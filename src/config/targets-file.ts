import { dirname, resolve } from 'node:path'
import * as Value from 'typebox/value'
import { podEndpointOf } from '../domain/pod-reports.ts'
import {
  DEFAULT_GIT_SHA_POINTERS,
  DEFAULT_VERSION_POINTERS,
  type SecretHeader,
  type Target,
  targetKey,
  type VersionMatch
} from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { readTextFile } from '../files/read-text.ts'
import type { YamlDocument } from '../files/read-yaml.ts'
import { isJsonObject } from '../text/json.ts'
import { accepted, badInput, inFile, type Result, refused } from '../text/mistake.ts'
import type { Variables } from './environment.ts'
import { type Fault, parseFile } from './file-schema.ts'
import { headerNameMistakes } from './headers.ts'
import { DOCKER_TARGETS, HEADERS, IDENTITY, LIST, TARGETS, type TargetEntry } from './targets-schema.ts'

/** What applies to targets that do not say otherwise. */
export interface TargetDefaults {
  readonly versionMatch: VersionMatch
  /** The kind of a workload that names none. */
  readonly kind: 'Deployment' | 'Container'
}

/** The defaults by `VERSION_MATCH` and `WORKLOAD_SOURCE`. */
export function targetDefaults(versionMatch: VersionMatch, source: Variables['WORKLOAD_SOURCE']): TargetDefaults {
  return { versionMatch, kind: source === 'docker' ? 'Container' : 'Deployment' }
}

type HeaderEntry = readonly [name: string, NonNullable<TargetEntry['headers']>[string]]

const MAX_BYTES = 4 * 1024 * 1024
// Each is checked four times a second.
const MOST_HEADER_FILES = 256

const FORMAT = {
  takes: 'a targets file is one YAML or JSON document, such as "targets: []"',
  findMore: findTargetFaults
}

/** Reads a targets file of at most 4 MiB; the files that its headers name are not read. */
export function readTargetsFile(path: string, defaults: TargetDefaults): Result<readonly Target[]> {
  const file = readTextFile(path, MAX_BYTES)
  return file.ok ? parseTargetsFile(file.value, path, defaults) : file
}

/** Parses a targets file, YAML or JSON; each mistake starts with `path` and the line. */
export function parseTargetsFile(text: string, path: string, defaults: TargetDefaults): Result<readonly Target[]> {
  const schema = defaults.kind === 'Container' ? DOCKER_TARGETS : TARGETS
  const file = parseFile(text, path, { ...FORMAT, schema })
  if (!file.ok) return file
  const targets = file.value.value.targets.map(entry => toTarget(entry, defaults, dirname(path)))
  const files = headerFilesOf(targets).length
  if (files <= MOST_HEADER_FILES) return accepted(targets)
  const tooMany = `headers from ${files} different files; at most ${MOST_HEADER_FILES} are allowed, because each is watched`
  return refused(inFile(path, [badInput(tooMany, file.value.lineOf([]))]))
}

/** The paths of the files that the targets' headers are in, each once. */
export function headerFilesOf(targets: readonly Target[]): string[] {
  return [...new Set(targets.flatMap(({ headers = [] }) => headers.map(({ file }) => file)))]
}

function* findTargetFaults({ value, lineOf }: YamlDocument): Generator<Fault> {
  const entries = Value.Check(LIST, value) ? value.targets : []
  const firsts = new Map<string, number>()
  for (const [index, entry] of entries.entries()) {
    if (Value.Check(IDENTITY, entry)) {
      const key = targetKey(entry)
      const first = firsts.get(key)
      if (first === undefined) firsts.set(key, index)
      else {
        const where = () => `targets[${first}] on line ${lineOf(['targets', first])}`
        yield {
          path: ['targets', index],
          message: () => `${shown(key)} is listed twice, first as ${where()}; remove one`
        }
      }
    }
    yield* findUnread(entry, index)
    if (!Value.Check(HEADERS, entry)) continue
    for (const { name, message } of headerNameMistakes(Object.keys(entry.headers))) {
      yield { path: ['targets', index, 'headers', name], message: () => message }
    }
  }
}

// Settings for a report that nobody reads would silently have no effect; the endpoint may have been forgotten.
function* findUnread(entry: unknown, index: number): Generator<Fault> {
  if (!isJsonObject(entry)) return
  const without = (names: readonly string[], wanted: string): Fault[] =>
    names
      .filter(name => name in entry)
      .map(name => ({ path: ['targets', index, name], message: () => `has no effect without ${wanted}; add it` }))
  if (!('endpointScope' in entry)) {
    yield* without(['endpointPort', 'endpointPath', 'endpointScheme'], 'endpointScope: pods')
  }
  if ('endpoint' in entry) return
  // Pods get no headers: their addresses are not the operator's own.
  yield* without('endpointScope' in entry ? ['headers'] : ['versionPointer', 'gitShaPointer', 'headers'], 'endpoint')
}

// A relative path starts at the targets file's folder, as in Prometheus' files.
function toTarget({ workload, headers, ...entry }: TargetEntry, defaults: TargetDefaults, folder: string): Target {
  const { container } = workload ?? {}
  return {
    service: entry.service,
    namespace: entry.namespace,
    endpoint: entry.endpoint ?? null,
    workload: {
      kind: workload?.kind ?? defaults.kind,
      name: workload?.name ?? entry.service,
      ...(container === undefined ? {} : { container })
    },
    versionPointers: entry.versionPointer === undefined ? DEFAULT_VERSION_POINTERS : [entry.versionPointer],
    gitShaPointers: entry.gitShaPointer === undefined ? DEFAULT_GIT_SHA_POINTERS : [entry.gitShaPointer],
    versionMatch: entry.versionMatch ?? defaults.versionMatch,
    origin: 'file',
    ...(entry.endpointScope === undefined ? {} : { podEndpoint: toPodEndpoint(entry) }),
    ...(headers === undefined ? {} : { headers: Object.entries(headers).map(header => toHeader(header, folder)) })
  }
}

function toPodEndpoint({ endpoint, endpointScheme, endpointPort, endpointPath }: Omit<TargetEntry, 'workload'>) {
  const said = {
    ...(endpointScheme === undefined ? {} : { scheme: endpointScheme }),
    ...(endpointPort === undefined ? {} : { port: endpointPort }),
    ...(endpointPath === undefined ? {} : { path: endpointPath })
  }
  return podEndpointOf(said, endpoint ?? null)
}

function toHeader([name, { prefix = '', file }]: HeaderEntry, folder: string): SecretHeader {
  return { name, prefix, file: resolve(folder, file) }
}
