import { dirname, resolve } from 'node:path'
import { certificatesFault, keyFault } from '../../config/certificates.ts'
import { type CheckedDocument, parseFile } from '../../config/file-schema.ts'
import { readSecret } from '../../config/headers.ts'
import { readPemFile, readTextFile } from '../../files/read-text.ts'
import type { YamlPath } from '../../files/read-yaml.ts'
import { parseDuration } from '../../text/durations.ts'
import { accepted, inFile, type Mistake, type Result, refused } from '../../text/mistake.ts'
import { isUrl } from '../files/paths.ts'
import type { Drill, GateConfig, HealthEndpoint, HttpAccess, Show } from '../gate-config.ts'
import { findGateFaults } from './gate-faults.ts'
import { type AccessEntry, GATE, type GateEntry } from './gate-schema.ts'
import { documentIdOf, healthIdsOf } from './item-ids.ts'

type Of<Key extends keyof GateEntry> = NonNullable<GateEntry[Key]>
type HealthEntry = Of<'health'>[string]
type DrillEntry = Of<'drills'>[string]

const MIB = 1024 * 1024
const FORMAT = {
  schema: GATE,
  takes: 'a gate file is one YAML document; gate --init writes one',
  findMore: findGateFaults
}

/** What applies where a gate file says nothing. */
export const DEFAULTS = {
  metricsPath: '/metrics',
  sections: ['Signal', 'Hypotheses', 'Checks', 'Actions'],
  seenWithin: '30d',
  timeout: '10s',
  drillTimeout: '5m'
} as const

/**
 * Reads a gate file of at most 1 MiB, and looks at the certificates and secrets that it names: otherwise their faults
 * would only be found in the middle of a run. Files that the gate judges are left alone.
 */
export function readGateFile(path: string): Result<GateConfig> {
  const file = readTextFile(path, MIB)
  if (!file.ok) return file
  const parsed = parseFile(file.value, path, FORMAT)
  if (!parsed.ok) return parsed
  const config = toConfig(parsed.value.value, dirname(resolve(path)))
  const mistakes = accessMistakes(parsed.value, config)
  if (mistakes.length === 0) return accepted(config)
  const inIt = mistakes.flatMap(mistake => inFile(path, [mistake]).map(({ message }) => ({ ...mistake, message })))
  return refused(inIt)
}

function toConfig(entry: GateEntry, folder: string): GateConfig {
  const { service, prometheus, alertmanager, metrics, rules, alert, runbooks } = entry
  const { timeout = DEFAULTS.timeout, health = {}, drills = {}, documents = [] } = entry
  const fileAt = (path: string) => resolve(folder, path)
  const toAccess = (access: AccessEntry) => accessTo(access, fileAt)
  return {
    folder,
    service: { ...toAccess(service), name: service.name, namespace: service.namespace ?? null },
    prometheus: prometheus
      ? {
          ...toAccess(prometheus),
          selector: prometheus.selector,
          configFile: prometheus.configFile === undefined ? null : fileAt(prometheus.configFile)
        }
      : null,
    alertmanager: alertmanager ? toAccess(alertmanager) : null,
    metrics: {
      path: metrics?.path ?? DEFAULTS.metricsPath,
      prefix: metrics?.prefix ?? null,
      isPushed: metrics?.pushed ?? false,
      required: metrics?.required ?? {}
    },
    // An empty list or mapping names nothing, as if it were not there.
    rules: {
      files: rules?.files?.length ? rules.files.map(fileAt) : null,
      groups: rules?.groups && Object.keys(rules.groups).length > 0 ? rules.groups : null
    },
    alert: alert
      ? {
          name: alert.name,
          runbook:
            alert.runbook === undefined || isUrl(alert.runbook) ? (alert.runbook ?? null) : fileAt(alert.runbook),
          seenWithinMs: msOf(alert.seenWithin ?? DEFAULTS.seenWithin)
        }
      : null,
    runbooks: {
      folder: runbooks?.folder === undefined ? null : fileAt(runbooks.folder),
      sections: runbooks?.sections ?? DEFAULTS.sections,
      follow: runbooks?.follow ?? false,
      everyAlert: runbooks?.everyAlert ?? false
    },
    health: toHealth(health, timeout),
    drills: Object.entries(drills).map(([name, drill]) => toDrill(name, drill)),
    documents: documents.map(document =>
      typeof document === 'string'
        ? { id: documentIdOf(document), path: fileAt(document) }
        : { id: document.id, path: fileAt(document.path) }
    ),
    required: entry.required ?? [],
    optional: entry.optional ?? [],
    waivers: (entry.waivers ?? []).map(({ by = null, ...waiver }) => ({ ...waiver, by })),
    timeoutMs: msOf(timeout)
  }
}

function accessTo(entry: AccessEntry, fileAt: (path: string) => string): HttpAccess {
  const { url, headers = {}, caFile, clientCertFile, clientKeyFile } = entry
  const pathOf = (path: string | undefined) => (path === undefined ? null : fileAt(path))
  return {
    url: url.replace(/\/+$/, ''),
    headers: async () =>
      Object.fromEntries(
        Object.entries(headers).map(([name, { prefix = '', file }]) => {
          const secret = readSecret(fileAt(file))
          if (!secret.ok) throw new Error(secret.mistakes.map(({ message }) => message).join('; '))
          return [name, `${prefix}${secret.value}`]
        })
      ),
    caFile: pathOf(caFile),
    clientCertFile: pathOf(clientCertFile),
    clientKeyFile: pathOf(clientKeyFile)
  }
}

function toHealth(health: Readonly<Record<string, HealthEntry>>, most: string): readonly HealthEndpoint[] {
  const ids = healthIdsOf(Object.keys(health))
  return Object.entries(health).map(([path, { status = 200, checks = [], timeout, html }], index) => {
    const id = ids[index] ?? ''
    return { id, path, status, checks, timeoutMs: msOf(timeout ?? most), isHtml: html ?? false }
  })
}

function toDrill(name: string, { timeout = DEFAULTS.drillTimeout, shows, ...drill }: DrillEntry): Drill {
  return { name, break: drill.break, restore: drill.restore, timeoutMs: msOf(timeout), shows: shows.map(toShow) }
}

function toShow({ get, query, alert, ...show }: DrillEntry['shows'][number]): Show {
  if (get !== undefined) {
    return { kind: 'get', path: get, status: show.status ?? null, json: show.json ?? {}, prefix: show.prefix ?? null }
  }
  if (query !== undefined) return { kind: 'query', query, value: show.value ?? 1 }
  return { kind: 'alert', alert: alert ?? '', state: show.state ?? 'firing' }
}

// The schema has refused anything that is no duration.
function msOf(duration: string): number {
  return parseDuration(duration) ?? 0
}

function accessMistakes({ value, lineOf }: CheckedDocument<typeof GATE>, config: GateConfig): Mistake[] {
  return (['service', 'prometheus', 'alertmanager'] as const).flatMap(name => {
    const entry = value[name]
    const access = config[name]
    if (entry === undefined || access === null) return []
    const at = (mistakes: readonly Mistake[], path: YamlPath) =>
      mistakes.map(mistake => ({ ...mistake, line: lineOf([name, ...path]) }))
    const secrets = Object.entries(entry.headers ?? {}).flatMap(([header, { file }]) => {
      const secret = readSecret(resolve(config.folder, file))
      return secret.ok ? [] : at(secret.mistakes, ['headers', header, 'file'])
    })
    return [...secrets, ...tlsMistakes(access).flatMap(({ key, mistakes }) => at(mistakes, [key]))]
  })
}

interface TlsMistakes {
  readonly key: 'caFile' | 'clientCertFile' | 'clientKeyFile'
  readonly mistakes: readonly Mistake[]
}

function tlsMistakes({ caFile, clientCertFile, clientKeyFile }: HttpAccess): TlsMistakes[] {
  const certificate = clientCertFile === null ? null : readPemFile(clientCertFile, MIB)
  const pem = certificate?.ok ? certificate.value : ''
  return [
    { key: 'caFile', mistakes: faultsIn(caFile, certificatesFault) },
    { key: 'clientCertFile', mistakes: faultsIn(clientCertFile, certificatesFault) },
    { key: 'clientKeyFile', mistakes: faultsIn(clientKeyFile, key => keyFault(key, pem)) }
  ]
}

function faultsIn(path: string | null, faultOf: (text: string) => string | null): readonly Mistake[] {
  if (path === null) return []
  const file = readPemFile(path, MIB)
  if (!file.ok) return file.mistakes
  const fault = faultOf(file.value)
  return fault === null ? [] : [{ kind: 'bad_input', message: `${path}: ${fault}` }]
}
