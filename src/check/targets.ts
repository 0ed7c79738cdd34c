import { isDeepStrictEqual } from 'node:util'
import { isPodPath, POD_PATH_RULE, POD_SCHEMES, type PodEndpoint, podEndpointOf } from '../domain/pod-reports.ts'
import type { KnownWorkload } from '../domain/ports.ts'
import { readRequirements } from '../domain/required-objects.ts'
import type { Shard } from '../domain/shard.ts'
import {
  DEFAULT_GIT_SHA_POINTERS,
  DEFAULT_VERSION_POINTERS,
  isJsonPointer,
  isServiceName,
  type Objectives,
  SERVICE_NAME_RULE,
  type Target,
  targetKey,
  VERSION_MATCHES,
  type VersionMatch
} from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { type Workload, type WorkloadRef, workloadKey } from '../domain/workload.ts'
import { readImageRules } from '../guards/image-update/image-rules.ts'
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
  /** Milliseconds; `null`: the text is not a duration. */
  readonly parseDuration: (text: string) => number | null
}

export interface TargetSelection {
  /** By namespace and service. What did not change is the same object as before, and so is a whole selection. */
  readonly targets: readonly Target[]
  /** Of the targets, in their order. */
  readonly keys: readonly string[]
  /** Of the targets' workloads, in their order. */
  readonly refs: readonly WorkloadRef[]
  /** The targets of all shards, by `workloadKey`; of a workload with several services, the first by its name. Made when wanted. */
  readonly ofWorkload: () => ReadonlyMap<string, Target>
  readonly warnings: readonly Warning[]
}

const WARNINGS_OF_A_WORKLOAD = 5

// Below 1: a service all of whose requests may fail has no objective.
const RATIO = /^0(\.\d+)?$/

/** What one workload asks for by itself, whatever others ask. */
interface Claim {
  readonly workload: WorkloadRef
  readonly isOptedOut: boolean
  /** `null`: it asks for nothing. */
  readonly target: Target | null
  /** What it is with DISCOVERY=all, where it asks for nothing. */
  readonly discovered: Target
  /** Whether it asks for its images to be watched, which only those of a service are. */
  readonly wantsImages: boolean
  readonly warnings: readonly string[]
}

/** The last choice, and what it was made from. */
interface Selected {
  readonly workloads: readonly KnownWorkload[]
  readonly fileTargets: readonly Target[]
  readonly claims: readonly Claim[]
  readonly selection: TargetSelection
}

interface Claimed {
  readonly target: Target
  readonly workload: WorkloadRef
}

interface Chosen {
  readonly target: Target
  /** `null`: the file. */
  readonly claimedBy: WorkloadRef | null
}

/**
 * Picks what is to be guarded: the targets of the file, then those that workloads' annotations add, then, with
 * `DISCOVERY=all`, every other workload.
 *
 * One service is guarded once: the file has it before annotations, then the first workload by namespace, kind and name.
 * A workload with `enabled: "false"` is left alone, no matter who names it. A wrong annotation is ignored, with a warning.
 * Who has which service is settled among all targets, before a shard takes its own: all shards agree on it, and each
 * warning is that of the shard which has the target.
 */
export function createTargetSelector(rules: TargetRules) {
  const { index, total } = rules.shard
  const isOurs = (key: string) => total === 1 || shardOf(key, total) === index
  let last: Selected | undefined

  /** What the workloads ask for; who asks for the same as before has the same object, and so has the whole list. */
  function readClaims(workloads: readonly KnownWorkload[]): readonly Claim[] {
    if (workloads.length !== last?.workloads.length) return workloads.map(({ workload }) => readClaim(workload, rules))
    const claims = [...last.claims]
    let isSame = true
    for (let position = 0; position < claims.length; position += 1) {
      const { workload } = workloads[position] as KnownWorkload
      // A workload that did not change is the same object.
      if (workload === last.workloads[position]?.workload) continue
      const claim = readClaim(workload, rules)
      if (isDeepStrictEqual(claim, claims[position])) continue
      claims[position] = claim
      isSame = false
    }
    return isSame ? last.claims : claims
  }

  return (fileTargets: readonly Target[], workloads: readonly KnownWorkload[]): TargetSelection => {
    const claims = readClaims(workloads)
    const isSame = last?.fileTargets === fileTargets && last.claims === claims
    const selection = last !== undefined && isSame ? last.selection : choose(fileTargets, claims)
    last = { workloads, fileTargets, claims, selection }
    return selection
  }

  function choose(fileTargets: readonly Target[], claims: readonly Claim[]): TargetSelection {
    const chosen = new Map<string, Chosen>()
    const warnings: Warning[] = []
    const warn = ({ namespace, service }: Pick<Target, 'namespace' | 'service'>, line: string) => {
      if (isOurs(targetKey({ namespace, service }))) warnings.push({ namespace, line })
    }
    const byName = new Set<string>()
    const optedOut = new Set<string>()
    for (const claim of claims) if (claim.isOptedOut) optedOut.add(workloadKey(claim.workload))

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
    const unclaimed: Claim[] = []
    for (const claim of rules.discovery === 'false' ? [] : claims) {
      const { workload, isOptedOut, target, warnings: wrong } = claim
      for (const line of wrong) warn({ namespace: workload.namespace, service: target?.service ?? workload.name }, line)
      if (isOptedOut) continue
      if (target === null) {
        if (byName.has(workloadKey(workload))) continue
        if (rules.discovery === 'all') unclaimed.push(claim)
        else if (claim.wantsImages) {
          const line = `${describe(workload)}: annotation image-updates has no effect on a workload that is not a service; add enabled: "true"`
          warn({ namespace: workload.namespace, service: workload.name }, line)
        }
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
        else warn(target, `${describe(workload)} also claims ${key}, which ${describe(other.claimedBy)} already has`)
      }
    }
    for (const { workload, discovered } of unclaimed) {
      const target = chosen.has(targetKey(discovered)) ? { ...discovered, service: nameWithKind(workload) } : discovered
      chosen.set(targetKey(target), { target, claimedBy: workload })
    }
    const ours = [...chosen]
      .filter(([key]) => isOurs(key))
      .map(([key, { target }]) => ({ key, target }))
      .sort((a, b) => byNamespaceAndService(a.target, b.target))
    return {
      targets: ours.map(({ target }) => target),
      keys: ours.map(({ key }) => key),
      refs: ours.map(({ target: { namespace, workload } }) => ({
        namespace,
        kind: workload.kind,
        name: workload.name
      })),
      ofWorkload: once(() => byWorkload([...chosen.values()].map(({ target }) => target))),
      warnings: warnings.sort(byNamespace)
    }
  }
}

function byWorkload(targets: readonly Target[]): ReadonlyMap<string, Target> {
  // The last one that is put there stays.
  const inOrder = targets.toSorted((a, b) => compareText(b.service, a.service))
  return new Map(inOrder.map(target => [workloadKey({ namespace: target.namespace, ...target.workload }), target]))
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function readClaim(workload: Workload, rules: TargetRules): Claim {
  const { annotations } = workload
  const { namespace, kind, name } = workload
  const warnings = [...withoutEffect(workload), ...unclearOptOut(workload), ...wrongImageRules(workload)]
  const isClaimed =
    annotations.endpoint !== undefined || annotations.enabled === 'true' || annotations['endpoint-scope'] !== undefined
  const isToBeFound = !isClaimed && rules.discovery === 'all'
  const claim = {
    workload: { namespace, kind, name },
    discovered: discoveredTarget(workload, rules, isToBeFound ? warnings : []),
    wantsImages: Object.entries(annotations).some(
      ([key, text]) => /^image-updates(?:\.|$)/.test(key) && text === 'true'
    )
  }
  if (annotations.enabled === 'false') return { ...claim, isOptedOut: true, target: null, warnings: [] }
  const target = isClaimed ? annotatedTarget(workload, rules, warnings) : null
  const more = warnings.length - WARNINGS_OF_A_WORKLOAD
  const told =
    more > 0
      ? [...warnings.slice(0, WARNINGS_OF_A_WORKLOAD), `${describe(workload)}: and ${more} more mistakes`]
      : warnings
  return { ...claim, isOptedOut: false, target, warnings: told }
}

type ReadAnnotation = <Value>(
  key: string,
  takes: string,
  parse: (text: string) => Value | null | undefined
) => Value | undefined

function annotatedTarget(workload: Workload, rules: TargetRules, warnings: string[]): Target {
  const { annotations, namespace, kind, name } = workload
  const read: ReadAnnotation = (key, takes, parse) => {
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
  const helmPendingMs = read('helm-deadline', 'a duration such as 15m', rules.parseDuration)
  for (const { annotation, takes } of readRequirements(annotations).mistakes) read(annotation, takes, () => null)
  const latencyP95Ms = read('postdeploy-latency-p95', 'a duration above 0 such as 500ms', text => {
    const ms = rules.parseDuration(text)
    return ms === 0 ? null : ms
  })
  const errorRatio = read('postdeploy-error-ratio', 'a ratio from 0 to below 1 such as 0.01', text =>
    RATIO.test(text) ? Number(text) : null
  )
  const objectives: Objectives = {
    ...(latencyP95Ms === undefined ? {} : { latencyP95Ms }),
    ...(errorRatio === undefined ? {} : { errorRatio })
  }
  const { container, endpoint = null } = annotations
  const podEndpoint = readPodEndpoint(workload, read, warnings)
  return {
    service: service ?? name,
    namespace,
    endpoint,
    workload: { kind, name, ...(container === undefined ? {} : { container }) },
    versionPointers: versionPointer === undefined ? DEFAULT_VERSION_POINTERS : [versionPointer],
    gitShaPointers: gitShaPointer === undefined ? DEFAULT_GIT_SHA_POINTERS : [gitShaPointer],
    versionMatch: versionMatch ?? rules.versionMatch,
    origin: 'annotation',
    ...(rolloutDeadlineMs === undefined ? {} : { rolloutDeadlineMs }),
    ...(helmPendingMs === undefined ? {} : { helmPendingMs }),
    ...(podEndpoint === undefined ? {} : { podEndpoint }),
    ...(Object.keys(objectives).length === 0 ? {} : { objectives })
  }
}

function readPodEndpoint(workload: Workload, read: ReadAnnotation, warnings: string[]): PodEndpoint | undefined {
  const { annotations } = workload
  const scope = read('endpoint-scope', 'pods', text => (text === 'pods' ? text : undefined))
  if (annotations['endpoint-scope'] === undefined) {
    const idle = ['endpoint-port', 'endpoint-path', 'endpoint-scheme'].filter(key => annotations[key] !== undefined)
    const has = idle.length === 1 ? 'has' : 'have'
    if (idle.length > 0) {
      warnings.push(`${describe(workload)}: ${idle.join(', ')} ${has} no effect without endpoint-scope: pods`)
    }
  }
  if (scope === undefined) return undefined
  const scheme = read('endpoint-scheme', POD_SCHEMES.join(' or '), text => POD_SCHEMES.find(known => known === text))
  const port = read('endpoint-port', 'a port from 1 to 65535', parsePort)
  const path = read('endpoint-path', POD_PATH_RULE, text => (isPodPath(text) ? text : undefined))
  const said = {
    ...(scheme === undefined ? {} : { scheme }),
    ...(port === undefined ? {} : { port }),
    ...(path === undefined ? {} : { path })
  }
  return podEndpointOf(said, annotations.endpoint ?? null)
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65535 ? port : undefined
}

// A Deployment has its own name, and so has a container, which stands beside no other kind; the others carry their kind,
// so that none is lost to a name or renamed by one that comes.
function discoveredTarget(workload: Workload, rules: TargetRules, warnings: string[]): Target {
  const hasOwnName = workload.kind === 'Deployment' || workload.kind === 'Container'
  const service = hasOwnName ? workload.name : nameWithKind(workload)
  return { ...annotatedTarget(workload, rules, warnings), service, endpoint: null, origin: 'discovery' }
}

function nameWithKind({ kind, name }: WorkloadRef): string {
  return `${name}.${kind.toLowerCase()}`
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

function wrongImageRules(workload: Workload): string[] {
  const containers = workload.containers.map(({ name }) => name)
  return readImageRules(workload.annotations, containers, 'all').problems.map(line => `${describe(workload)}: ${line}`)
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

function compareWorkloads(a: WorkloadRef, b: WorkloadRef): number {
  return compareText(a.namespace, b.namespace) || compareText(a.kind, b.kind) || compareText(a.name, b.name)
}

function byNamespaceAndService(a: Target, b: Target): number {
  return compareText(a.namespace, b.namespace) || compareText(a.service, b.service)
}

function byNamespace(a: Warning, b: Warning): number {
  return compareText(a.namespace, b.namespace)
}

function describe(workload: WorkloadRef | null): string {
  if (workload === null) return 'TARGETS_FILE'
  return `${workload.kind} ${shown(workload.name)} in namespace ${shown(workload.namespace)}`
}
