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
import { shown } from '../domain/text.ts'
import { ANNOTATION_PREFIX, type Workload, workloadKey } from '../domain/workload.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { compareText } from '../text/lines.ts'
import { shardOf } from './shard-of.ts'
import type { Warning } from './warnings.ts'

export interface TargetRules {
  /** `true`: take targets from annotations. `all`: also every workload that has not opted out. */
  readonly discovery: 'false' | 'true' | 'all'
  /** For annotated workloads that do not say. */
  readonly versionMatch: VersionMatch
  /** This instance's part. */
  readonly shard: Shard
  /** Milliseconds; `null`: the text is no duration. */
  readonly parseDuration: (text: string) => number | null
}

export interface TargetSelection {
  /** By namespace and service. What did not change is the same object as before. */
  readonly targets: readonly Target[]
  readonly warnings: readonly Warning[]
}

/** Annotations without the prefix. */
const ANNOTATIONS = [
  'endpoint',
  'service',
  'container',
  'enabled',
  'version-pointer',
  'git-sha-pointer',
  'version-match',
  'rollout-deadline'
] as const

const WARNINGS_OF_A_WORKLOAD = 5

/** What one workload asks for by itself, whatever others ask. */
interface Claim {
  readonly workloadKey: string
  readonly isOptedOut: boolean
  /** `null`: it asks for nothing. */
  readonly target: Target | null
  readonly warnings: readonly string[]
}

interface Claimed {
  readonly target: Target
  readonly workload: Workload
}

interface Chosen {
  readonly target: Target
  /** `null`: the file. */
  readonly claimedBy: Workload | null
}

/**
 * Picks what is to be guarded: the targets of the file, then those that workloads' annotations add, then, with
 * `DISCOVERY=all`, every other workload.
 *
 * One service is guarded once: the file has it before annotations, then the first workload by namespace, kind and name.
 * A workload with `enabled: "false"` is left alone whoever names it. A wrong annotation is ignored, with a warning.
 * Who has which service is settled among all targets, before a shard takes its own: all shards agree on it, and each
 * warning is that of the shard which has the target.
 */
export function createTargetSelector(rules: TargetRules) {
  // A workload that did not change is the same object, and asks for the same.
  const claims = new WeakMap<Workload, Claim>()
  const claimOf = (workload: Workload): Claim => {
    const known = claims.get(workload) ?? readClaim(workload, rules)
    claims.set(workload, known)
    return known
  }
  const { index, total } = rules.shard
  const isOurs = (key: string) => total === 1 || shardOf(key, total) === index

  return (fileTargets: readonly Target[], workloads: readonly Workload[]): TargetSelection => {
    const chosen = new Map<string, Chosen>()
    const warnings: Warning[] = []
    const warn = ({ namespace, service }: Pick<Target, 'namespace' | 'service'>, line: string) => {
      if (isOurs(targetKey({ namespace, service }))) warnings.push({ namespace, line })
    }
    const byName = new Set<string>()
    const optedOut = new Set<string>()
    for (const workload of workloads) if (claimOf(workload).isOptedOut) optedOut.add(claimOf(workload).workloadKey)

    for (const target of fileTargets) {
      const { kind, name } = target.workload
      const key = workloadKey({ namespace: target.namespace, kind, name })
      if (optedOut.has(key)) {
        warn(target, `${targetKey(target)} is not checked: ${kind} ${name} has the annotation enabled: "false"`)
      } else {
        chosen.set(targetKey(target), { target, claimedBy: null })
        byName.add(key)
      }
    }
    warnings.push(...inTheClearWarning([...chosen.values()].map(({ target }) => target)))
    const claimed = new Map<string, Claimed[]>()
    const unclaimed: Workload[] = []
    for (const workload of rules.discovery === 'false' ? [] : workloads) {
      const { isOptedOut, target, warnings: wrong, workloadKey } = claimOf(workload)
      for (const line of wrong) warn({ namespace: workload.namespace, service: target?.service ?? workload.name }, line)
      if (isOptedOut) continue
      if (target === null) {
        if (rules.discovery === 'all' && !byName.has(workloadKey)) unclaimed.push(workload)
        continue
      }
      const others = claimed.get(targetKey(target))
      if (others === undefined) claimed.set(targetKey(target), [{ target, workload }])
      else others.push({ target, workload })
    }
    for (const [key, claims] of claimed) {
      if (claims.length > 1) claims.sort((a, b) => compareWorkloads(a.workload, b.workload))
      for (const { target, workload } of claims) {
        const other = chosen.get(key)
        if (other === undefined) chosen.set(key, { target, claimedBy: workload })
        else warn(target, `${describe(workload)} also claims ${key}, which ${describe(other.claimedBy)} has already`)
      }
    }
    for (const workload of unclaimed) {
      const target = discoveredTarget(workload, chosen, rules)
      chosen.set(targetKey(target), { target, claimedBy: workload })
    }
    const targets = [...chosen].filter(([key]) => isOurs(key)).map(([, { target }]) => target)
    return { targets: targets.sort(byNamespaceAndService), warnings: warnings.sort(byNamespace) }
  }
}

function readClaim(workload: Workload, rules: TargetRules): Claim {
  const { annotations } = workload
  const key = workloadKey(workload)
  if (annotations.enabled === 'false') return { workloadKey: key, isOptedOut: true, target: null, warnings: [] }
  const warnings = [...unknownAnnotations(workload), ...unclearOptOut(workload)]
  const isClaimed = annotations.endpoint !== undefined || annotations.enabled === 'true'
  const target = isClaimed ? annotatedTarget(workload, rules, warnings) : null
  const more = warnings.length - WARNINGS_OF_A_WORKLOAD
  const told =
    more > 0
      ? [...warnings.slice(0, WARNINGS_OF_A_WORKLOAD), `${describe(workload)}: and ${more} more mistakes`]
      : warnings
  return { workloadKey: key, isOptedOut: false, target, warnings: told }
}

function annotatedTarget(workload: Workload, rules: TargetRules, warnings: string[]): Target {
  const { annotations, namespace, kind, name } = workload
  const read = <Value>(key: string, takes: string, parse: (text: string) => Value | null | undefined) => {
    const text = annotations[key]
    if (text === undefined) return undefined
    const value = parse(text) ?? undefined
    if (value === undefined) {
      warnings.push(`${describe(workload)}: annotation ${key}: "${shown(text)}" is ignored; it takes ${takes}`)
    }
    return value
  }
  const pointer = (text: string) => (isJsonPointer(text) ? text : undefined)
  const versionPointer = read('version-pointer', 'a JSON pointer such as /build/version', pointer)
  const gitShaPointer = read('git-sha-pointer', 'a JSON pointer such as /build/gitSha', pointer)
  const service = read('service', SERVICE_NAME_RULE, text => (isServiceName(text) ? text : undefined))
  const versionMatch = read('version-match', VERSION_MATCHES.join(', '), text =>
    VERSION_MATCHES.find(match => match === text)
  )
  const rolloutDeadlineMs = read('rollout-deadline', 'a duration such as 10m', rules.parseDuration)
  const { container, endpoint = null } = annotations
  return {
    service: service ?? name,
    namespace,
    endpoint,
    workload: { kind, name, ...(container === undefined ? {} : { container }) },
    versionPointers: versionPointer === undefined ? DEFAULT_VERSION_POINTERS : [versionPointer],
    gitShaPointers: gitShaPointer === undefined ? DEFAULT_GIT_SHA_POINTERS : [gitShaPointer],
    versionMatch: versionMatch ?? rules.versionMatch,
    origin: 'annotation',
    ...(rolloutDeadlineMs === undefined ? {} : { rolloutDeadlineMs })
  }
}

// A Deployment has its own name; the others carry their kind, so that none is lost to a name or renamed by one that comes.
function discoveredTarget(workload: Workload, chosen: ReadonlyMap<string, Chosen>, rules: TargetRules): Target {
  const { namespace, kind, name } = workload
  const isFree = kind === 'Deployment' && !chosen.has(targetKey({ namespace, service: name }))
  const target = annotatedTarget(workload, rules, [])
  return { ...target, service: isFree ? name : `${name}.${kind.toLowerCase()}`, endpoint: null, origin: 'discovery' }
}

function unknownAnnotations(workload: Workload): string[] {
  return Object.keys(workload.annotations)
    .filter(name => !ANNOTATIONS.some(known => known === name))
    .map(name => {
      const hint = didYouMean(name, ANNOTATIONS)
      return `${describe(workload)}: unknown annotation ${ANNOTATION_PREFIX}${shown(name)}${hint === null ? '' : `; ${hint}`}`
    })
}

// Somebody who writes "False" believes to have opted out.
function unclearOptOut(workload: Workload): string[] {
  const { enabled } = workload.annotations
  if (enabled === undefined || enabled === 'true') return []
  return [`${describe(workload)}: annotation enabled: "${shown(enabled)}" is ignored; it takes true or false`]
}

function inTheClearWarning(targets: readonly Target[]): Warning[] {
  const isInTheClear = ({ endpoint, headers = [] }: Target) =>
    headers.length > 0 && endpoint !== null && URL.parse(endpoint)?.protocol === 'http:'
  const [first, ...others] = targets.filter(isInTheClear)
  if (first === undefined) return []
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  const line = `${targetKey(first)}${more}: a secret header goes over plain http, where everybody on the way can read it; use https`
  return [{ namespace: first.namespace, line }]
}

function compareWorkloads(a: Workload, b: Workload): number {
  return compareText(a.namespace, b.namespace) || compareText(a.kind, b.kind) || compareText(a.name, b.name)
}

function byNamespaceAndService(a: Target, b: Target): number {
  return compareText(a.namespace, b.namespace) || compareText(a.service, b.service)
}

function byNamespace(a: Warning, b: Warning): number {
  return compareText(a.namespace, b.namespace)
}

function describe(workload: Workload | null): string {
  if (workload === null) return 'TARGETS_FILE'
  return `${workload.kind} ${shown(workload.name)} in namespace ${shown(workload.namespace)}`
}
