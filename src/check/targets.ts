import type { Shard } from '../domain/shard.ts'
import {
  DEFAULT_GIT_SHA_POINTERS,
  DEFAULT_VERSION_POINTERS,
  isJsonPointer,
  isServiceName,
  SERVICE_NAME_RULE,
  type Target,
  targetKey,
  VERSION_MATCHES,
  type VersionMatch
} from '../domain/target.ts'
import { atMost, compareText, shown } from '../domain/text.ts'
import { type Workload, workloadKey } from '../domain/workload.ts'
import { shardOf } from './shard-of.ts'

export interface TargetRules {
  /** Also take targets from annotations. */
  readonly discovery: boolean
  /** For annotated workloads that do not say. */
  readonly versionMatch: VersionMatch
  /** This instance's part. */
  readonly shard: Shard
}

export interface TargetSelection {
  readonly targets: readonly Target[]
  /** What people should mend, one line each. */
  readonly warnings: readonly string[]
}

const MOST_WARNINGS = 500

/**
 * What is to be guarded: the targets of the file, then those that workloads' annotations add.
 *
 * One service is guarded once: the file has it before annotations, then the first workload by namespace, kind and name.
 * A workload with `enabled: "false"` is left alone whoever names it. A wrong annotation is ignored, with a warning.
 * Who has which service is settled among all targets, before a shard takes its own: all shards agree on it, and each
 * warning is that of the shard which has the target.
 */
export function selectTargets(
  fileTargets: readonly Target[],
  workloads: readonly Workload[],
  rules: TargetRules
): TargetSelection {
  const { index, total } = rules.shard
  const isOurs = (key: string) => shardOf(key, total) === index
  const warnings: string[] = []
  const warn = (key: string, ...lines: readonly string[]) => {
    if (lines.length > 0 && isOurs(key)) warnings.push(...lines)
  }
  const chosen = new Map<string, { target: Target; claimedBy: string }>()
  const inTheClear: Target[] = []
  const optedOut = new Set(workloads.filter(isOptedOut).map(workloadKey))

  for (const target of fileTargets) {
    const { kind, name } = target.workload
    if (optedOut.has(workloadKey({ namespace: target.namespace, kind, name }))) {
      const key = targetKey(target)
      warn(key, `${key} is not checked: ${kind} ${name} has the annotation enabled: "false"`)
    } else {
      chosen.set(targetKey(target), { target, claimedBy: 'TARGETS_FILE' })
      if (isInTheClear(target)) inTheClear.push(target)
    }
  }
  warnings.push(...inTheClearWarning(inTheClear))
  for (const workload of rules.discovery ? inOrder(workloads) : []) {
    if (isOptedOut(workload)) continue
    const wrong = [...withoutEffect(workload), ...unclearOptOut(workload)]
    if (workload.annotations.endpoint === undefined) {
      warn(targetKey({ namespace: workload.namespace, service: workload.name }), ...wrong)
      continue
    }
    const target = annotatedTarget(workload, rules, wrong)
    const key = targetKey(target)
    warn(key, ...wrong)
    const other = chosen.get(key)
    if (other === undefined) chosen.set(key, { target, claimedBy: describe(workload) })
    else warn(key, `${describe(workload)} also claims ${key}, which ${other.claimedBy} has already`)
  }
  const targets = [...chosen].filter(([key]) => isOurs(key)).map(([, { target }]) => target)
  return { targets, warnings: atMost(MOST_WARNINGS, warnings) }
}

function annotatedTarget(workload: Workload, rules: TargetRules, warnings: string[]): Target {
  const { annotations, namespace, kind, name } = workload
  const read = <Value extends string>(key: string, takes: string, parse: (text: string) => Value | undefined) => {
    const text = annotations[key]
    if (text === undefined) return undefined
    const value = parse(text)
    if (value === undefined) {
      warnings.push(`${describe(workload)}: annotation ${key}: "${shown(text)}" is ignored; it takes ${takes}`)
    }
    return value
  }
  const pointer = (text: string) => (isJsonPointer(text) ? text : undefined)
  const versionPointer = read('version-pointer', 'a JSON pointer such as /build/version', pointer)
  const gitShaPointer = read('git-sha-pointer', 'a JSON pointer such as /build/gitSha', pointer)
  const service = read('service', SERVICE_NAME_RULE, text => (isServiceName(text) ? text : undefined))
  const versionMatch = read('version-match', VERSION_MATCHES.join(' or '), text =>
    VERSION_MATCHES.find(match => match === text)
  )
  const { container, endpoint = '' } = annotations
  return {
    service: service ?? name,
    namespace,
    endpoint,
    workload: { kind, name, ...(container === undefined ? {} : { container }) },
    versionPointers: versionPointer === undefined ? DEFAULT_VERSION_POINTERS : [versionPointer],
    gitShaPointers: gitShaPointer === undefined ? DEFAULT_GIT_SHA_POINTERS : [gitShaPointer],
    versionMatch: versionMatch ?? rules.versionMatch,
    origin: 'annotation'
  }
}

function withoutEffect(workload: Workload): string[] {
  return workload.warnings.map(warning => `${describe(workload)}: ${warning}`)
}

// Somebody who writes "False" believes to have opted out.
function unclearOptOut(workload: Workload): string[] {
  const { enabled } = workload.annotations
  if (enabled === undefined || enabled === 'true') return []
  return [`${describe(workload)}: annotation enabled: "${shown(enabled)}" is ignored; it takes true or false`]
}

function isInTheClear({ endpoint, headers = [] }: Target): boolean {
  return headers.length > 0 && URL.parse(endpoint)?.protocol === 'http:'
}

function inTheClearWarning([first, ...others]: readonly Target[]): string[] {
  if (first === undefined) return []
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return [
    `${targetKey(first)}${more}: a secret header goes over plain http, for everybody on the way to read; use https`
  ]
}

function isOptedOut({ annotations }: Workload): boolean {
  return annotations.enabled === 'false'
}

function inOrder(workloads: readonly Workload[]): readonly Workload[] {
  return [...workloads].sort(
    (a, b) => compareText(a.namespace, b.namespace) || compareText(a.kind, b.kind) || compareText(a.name, b.name)
  )
}

function describe({ namespace, kind, name }: Workload): string {
  return `${kind} ${shown(name)} in namespace ${shown(namespace)}`
}
