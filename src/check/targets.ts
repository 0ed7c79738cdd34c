import { isDeepStrictEqual } from 'node:util'
import { ANNOTATION_PREFIX } from '../domain/annotations.ts'
import type { KnownWorkload } from '../domain/ports.ts'
import type { Shard } from '../domain/shard.ts'
import { type ServiceIdentity, type Target, targetKey } from '../domain/target.ts'
import { describeWorkload, type WorkloadRef, workloadKey } from '../domain/workload.ts'
import { compareText } from '../text/lines.ts'
import { type Claim, type ClaimRules, type Limits, nameWithKind, readClaim } from './claim.ts'
import { shardOf } from './shard-of.ts'
import type { Warning } from './warnings.ts'

export interface TargetRules extends ClaimRules {
  /** This instance's share of the targets. */
  readonly shard: Shard
  /** Whether images are compared with their registries; absent: they are not. */
  readonly watchesImages?: boolean
}

export interface TargetSelection {
  /**
   * Sorted by namespace and service. A target that did not change is the same object as before, and so is a whole
   * selection.
   */
  readonly targets: readonly Target[]
  /** The targets' keys, in the same order. */
  readonly keys: readonly string[]
  /** The targets' workloads, in the same order. */
  readonly refs: readonly WorkloadRef[]
  /**
   * The targets of all shards, by `workloadKey`; for a workload with several services, the first by name. Made on
   * demand.
   */
  readonly ofWorkload: () => ReadonlyMap<string, Target>
  /** How long Helm releases may be pending, by namespace and name, where a workload says so, a service or not. */
  readonly helmPendingMs: ReadonlyMap<string, number>
  readonly warnings: readonly Warning[]
}

/** The last choice, and what it was made from. */
interface Selected {
  readonly workloads: readonly KnownWorkload[]
  readonly fileTargets: readonly Target[]
  readonly claims: readonly Claim[]
  /** Of all shards, by their keys. */
  readonly targets: ReadonlyMap<string, Target>
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
 * Picks what to guard: the targets of the file, then those that workloads' annotations add, then, with `DISCOVERY=all`,
 * every other workload.
 *
 * One service is guarded once: the file comes before annotations, then the first workload by namespace, kind and name.
 * A workload with `enabled: "false"` is left alone, no matter who names it. This is settled among all targets, before a
 * shard takes its own: so all shards agree, and the shard that has a target also has its warnings.
 */
export function createTargetSelector(rules: TargetRules) {
  const { index, total } = rules.shard
  const isOurs = (key: string) => total === 1 || shardOf(key, total) === index
  let last: Selected | undefined

  /** What the workloads ask for. A claim that did not change is the same object as before, and so is the whole list. */
  function readClaims(workloads: readonly KnownWorkload[]): readonly Claim[] {
    if (workloads.length !== last?.workloads.length) return workloads.map(({ workload }) => readClaim(workload, rules))
    let claims: Claim[] | undefined
    for (let position = 0; position < last.claims.length; position += 1) {
      const known = workloads[position] as KnownWorkload
      const before = last.workloads[position]
      // What did not change is the same object.
      if (known === before || known.workload === before?.workload) continue
      const claim = readClaim(known.workload, rules)
      if (isDeepStrictEqual(claim, last.claims[position])) continue
      claims ??= [...last.claims]
      claims[position] = claim
    }
    return claims ?? last.claims
  }

  return (fileTargets: readonly Target[], workloads: readonly KnownWorkload[]): TargetSelection => {
    const claims = readClaims(workloads)
    const isSame = last?.fileTargets === fileTargets && last.claims === claims
    const chosen = last !== undefined && isSame ? last : choose(fileTargets, claims)
    last = { workloads, fileTargets, claims, targets: chosen.targets, selection: chosen.selection }
    return last.selection
  }

  function choose(fileTargets: readonly Target[], claims: readonly Claim[]): Pick<Selected, 'targets' | 'selection'> {
    const warnings: Warning[] = []
    const warn: Warn = ({ namespace, service }, line) => {
      if (isOurs(targetKey({ namespace, service }))) warnings.push({ namespace, line })
    }
    const ofFile = withoutOptedOut(fileTargets, claims, warn)
    warnings.push(...inTheClearWarning(ofFile))
    const chosen = new Map(ofFile.map((target): [string, Chosen] => [targetKey(target), { target, claimedBy: null }]))
    const { claimed, discovered } = sortClaims(claims, { ofFile, rules, warn })
    for (const [key, rivals] of Map.groupBy(claimed, ({ target }) => targetKey(target))) {
      if (rivals.length > 1) rivals.sort((a, b) => compareWorkloads(a.workload, b.workload))
      for (const { target, workload } of rivals) {
        const owner = chosen.get(key)
        if (owner === undefined) chosen.set(key, { target, claimedBy: workload })
        else warn(target, `${describeWorkload(workload)} also claims ${key}, which ${nameOwner(owner)} already has`)
      }
    }
    for (const { workload, target: found } of discovered) {
      const target = chosen.has(targetKey(found)) ? { ...found, service: nameWithKind(workload) } : found
      chosen.set(targetKey(target), { target, claimedBy: workload })
    }
    const heeded = claims.filter(({ isOptedOut }) => !isOptedOut)
    const helmPendingMs = pendingOf(heeded)
    const targets = withLimits(chosen, limitsOf(heeded, helmPendingMs), last?.targets)
    const ours = [...targets]
      .filter(([key]) => isOurs(key))
      .map(([key, target]) => ({ key, target }))
      .sort((a, b) => byNamespaceAndService(a.target, b.target))
    const selection: TargetSelection = {
      targets: ours.map(({ target }) => target),
      keys: ours.map(({ key }) => key),
      refs: ours.map(({ target }) => refOf(target)),
      ofWorkload: once(() => byWorkload([...targets.values()])),
      helmPendingMs,
      warnings: warnings.sort(byNamespace)
    }
    return { targets, selection }
  }
}

type Warn = (about: ServiceIdentity, line: string) => void

/** The file's targets, except those whose workload has opted out; warns of each of those. */
function withoutOptedOut(targets: readonly Target[], claims: readonly Claim[], warn: Warn): readonly Target[] {
  const optedOut = new Set<string>()
  for (const { isOptedOut, workload } of claims) if (isOptedOut) optedOut.add(workloadKey(workload))
  const isOut = (target: Target) => optedOut.has(workloadKey(refOf(target)))
  for (const target of targets.filter(isOut)) {
    const { kind, name } = target.workload
    warn(target, `${targetKey(target)} is not checked: ${kind} ${name} has the annotation enabled: "false"`)
  }
  return targets.filter(target => !isOut(target))
}

interface Sorting {
  /** The file's targets: a workload that they name is not discovered. */
  readonly ofFile: readonly Target[]
  readonly rules: TargetRules
  readonly warn: Warn
}

/**
 * What workloads ask for, and what is only discovered, in the order of the claims; warns of what is wrong with them.
 */
function sortClaims(claims: readonly Claim[], { ofFile, rules, warn }: Sorting) {
  const named = new Set(ofFile.map(target => workloadKey(refOf(target))))
  const isOff = rules.discovery === 'false'
  const claimed: Claimed[] = []
  const discovered: Claimed[] = []
  for (const claim of claims) {
    const { workload, target } = claim
    const isNamed = named.has(workloadKey(workload))
    if (isOff && !isNamed) continue
    const about = { namespace: workload.namespace, service: target?.service ?? workload.name }
    for (const line of claim.warnings) warn(about, line)
    if (claim.isOptedOut || isOff) continue
    if (target !== null) claimed.push({ target, workload })
    else if (isNamed) continue
    else if (claim.discovered !== null) discovered.push({ target: claim.discovered, workload })
    else if (claim.wantsImages) {
      const line = withoutImages(workload, rules)
      if (line !== null) warn(about, line)
    }
  }
  return { claimed, discovered }
}

/** The chosen targets, with the limits that the annotations of their workloads set. */
function withLimits(
  chosen: ReadonlyMap<string, Chosen>,
  limits: ReadonlyMap<string, Limits>,
  before: ReadonlyMap<string, Target> = new Map()
): ReadonlyMap<string, Target> {
  const limited = (key: string, target: Target): Target => {
    const own = limits.size === 0 ? undefined : limits.get(workloadKey(refOf(target)))
    if (own === undefined) return target
    const next = { ...target, ...own }
    return [target, before.get(key)].find(known => isDeepStrictEqual(known, next)) ?? next
  }
  return new Map([...chosen].map(([key, { target }]) => [key, limited(key, target)]))
}

/** How long a release may be pending holds for all of it: of several annotations, the longest counts. */
function pendingOf(claims: readonly Claim[]): ReadonlyMap<string, number> {
  const pendingMs = new Map<string, number>()
  for (const { release, limits } of claims) {
    if (release === null || limits.helmPendingMs === undefined) continue
    pendingMs.set(release, Math.max(limits.helmPendingMs, pendingMs.get(release) ?? 0))
  }
  return pendingMs
}

/** By workload; those without any are left out. */
function limitsOf(claims: readonly Claim[], pendingMs: ReadonlyMap<string, number>): ReadonlyMap<string, Limits> {
  const byKey = new Map<string, Limits>()
  for (const { workload, release, limits } of claims) {
    const helmPendingMs = release === null ? undefined : pendingMs.get(release)
    const all = helmPendingMs === undefined ? limits : { ...limits, helmPendingMs }
    if (Object.keys(all).length > 0) byKey.set(workloadKey(workload), all)
  }
  return byKey
}

function nameOwner({ claimedBy }: Chosen): string {
  return claimedBy === null ? 'TARGETS_FILE' : describeWorkload(claimedBy)
}

function refOf({ namespace, workload: { kind, name } }: Target): WorkloadRef {
  return { namespace, kind, name }
}

/**
 * The warning about a wish to watch the images of a workload that is not a service; `null`: none. Many people label
 * containers for Watchtower: if this guard watches no images, that is no mistake.
 */
function withoutImages(workload: WorkloadRef, { watchesImages = false }: TargetRules): string | null {
  const who = describeWorkload(workload)
  if (workload.kind !== 'Container') {
    return `${who}: annotation image-updates has no effect on a workload that is not a service; add enabled: "true"`
  }
  if (!watchesImages) return null
  return `${who}: its label ${ANNOTATION_PREFIX}image-updates or com.centurylinklabs.watchtower.enable has no effect, because it is not a service; set DISCOVERY=all, or add the label ${ANNOTATION_PREFIX}enabled: "true"`
}

function byWorkload(targets: readonly Target[]): ReadonlyMap<string, Target> {
  // The last one in the map wins.
  const inOrder = targets.toSorted((a, b) => compareText(b.service, a.service))
  return new Map(inOrder.map(target => [workloadKey(refOf(target)), target]))
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
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
