import { isDeepStrictEqual } from 'node:util'
import { ANNOTATION_PREFIX } from '../domain/annotations.ts'
import type { KnownWorkload } from '../domain/ports.ts'
import type { Shard } from '../domain/shard.ts'
import { type ServiceIdentity, type Target, targetKey } from '../domain/target.ts'
import { describeWorkload, type WorkloadRef, workloadKey } from '../domain/workload.ts'
import { compareText } from '../text/lines.ts'
import { type Claim, type ClaimRules, nameWithKind, readClaim } from './claim.ts'
import { shardOf } from './shard-of.ts'
import type { Warning } from './warnings.ts'

export interface TargetRules extends ClaimRules {
  /** This instance's part. */
  readonly shard: Shard
  /** Whether images are compared with their registries; absent: they are not. */
  readonly watchesImages?: boolean
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
 * A workload with `enabled: "false"` is left alone, no matter who names it. Who has which service is settled among all
 * targets, before a shard takes its own: all shards agree on it, and each warning is that of the shard which has the
 * target.
 */
export function createTargetSelector(rules: TargetRules) {
  const { index, total } = rules.shard
  const isOurs = (key: string) => total === 1 || shardOf(key, total) === index
  let last: Selected | undefined

  /** What the workloads ask for; who asks for the same as before has the same object, and so has the whole list. */
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
    const selection = last !== undefined && isSame ? last.selection : choose(fileTargets, claims)
    last = { workloads, fileTargets, claims, selection }
    return selection
  }

  function choose(fileTargets: readonly Target[], claims: readonly Claim[]): TargetSelection {
    const chosen = new Map<string, Chosen>()
    const warnings: Warning[] = []
    const warn = ({ namespace, service }: ServiceIdentity, line: string) => {
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
    const unclaimed: Claimed[] = []
    for (const claim of rules.discovery === 'false' ? [] : claims) {
      const { workload, isOptedOut, target, discovered, wantsImages, warnings: wrong } = claim
      for (const line of wrong) warn({ namespace: workload.namespace, service: target?.service ?? workload.name }, line)
      if (isOptedOut) continue
      if (target === null) {
        if (byName.has(workloadKey(workload))) continue
        if (discovered !== null) unclaimed.push({ target: discovered, workload })
        else if (wantsImages) {
          const line = withoutImages(workload, rules)
          if (line !== null) warn({ namespace: workload.namespace, service: workload.name }, line)
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
        else
          warn(
            target,
            `${describeWorkload(workload)} also claims ${key}, which ${other.claimedBy === null ? 'TARGETS_FILE' : describeWorkload(other.claimedBy)} already has`
          )
      }
    }
    for (const { workload, target: found } of unclaimed) {
      const target = chosen.has(targetKey(found)) ? { ...found, service: nameWithKind(workload) } : found
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

/**
 * What a wish for images is worth where they are those of no service. Many label containers for Watchtower, which is a wish
 * to a guard that watches images, and no mistake for any other: `null`.
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
