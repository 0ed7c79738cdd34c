import { helmReleaseOf } from '../domain/helm-release.ts'
import { isPodPath, POD_PATH_RULE, POD_SCHEMES, type PodEndpoint, podEndpointOf } from '../domain/pod-reports.ts'
import { readRequirements } from '../domain/required-objects.ts'
import {
  DEFAULT_GIT_SHA_POINTERS,
  DEFAULT_VERSION_POINTERS,
  isJsonPointer,
  isServiceName,
  type Objectives,
  SERVICE_NAME_RULE,
  type Target,
  VERSION_MATCHES,
  type VersionMatch
} from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { describeWorkload, type Workload, type WorkloadRef } from '../domain/workload.ts'
import { allContainers } from '../guards/deployed-image.ts'
import { readImageRules } from '../guards/image-update/image-rules.ts'
import { atMost } from '../text/lines.ts'

export interface ClaimRules {
  /** `true`: take targets from annotations. `all`: also every workload that has not opted out. */
  readonly discovery: 'false' | 'true' | 'all'
  /** For annotated workloads that name none. */
  readonly versionMatch: VersionMatch
  /** Milliseconds; `null`: the text is not a duration. */
  readonly parseDuration: (text: string) => number | null
}

/** What one workload asks for by itself, whatever others ask for. */
export interface Claim {
  readonly workload: WorkloadRef
  readonly isOptedOut: boolean
  /** `null`: it asks for nothing. */
  readonly target: Target | null
  /**
   * Its target with DISCOVERY=all, if it asks for nothing; `null`: it asks for something, or must not be discovered.
   */
  readonly discovered: Target | null
  /** What its annotations set for its service, no matter who names that: a targets file has no keys for it. */
  readonly limits: Limits
  /** Its Helm release, by namespace and name; `null`: none. */
  readonly release: string | null
  /** Whether it asks for its images to be watched; only a service's images are. */
  readonly wantsImages: boolean
  readonly warnings: readonly string[]
}

export type Limits = Pick<Target, 'rolloutDeadlineMs' | 'helmPendingMs' | 'objectives'>

const MISTAKES_OF_A_WORKLOAD = 5

// Below 1: if all requests may fail, there is no objective.
const RATIO = /^0(\.\d+)?$/

/** Reads a workload's annotations. A wrong one is ignored, with a warning. */
export function readClaim(workload: Workload, rules: ClaimRules): Claim {
  const { annotations } = workload
  const { namespace, kind, name } = workload
  const mistakes = [...workload.warnings, ...unclearOptOut(annotations), ...wrongImageRules(workload)]
  const read = createReader(annotations, mistakes)
  const limits = readLimits(read, rules)
  for (const { annotation, takes } of readRequirements(annotations).mistakes) read(annotation, takes, () => null)
  const isClaimed =
    annotations.endpoint !== undefined || annotations.enabled === 'true' || annotations['endpoint-scope'] !== undefined
  const isDiscovered = !isClaimed && rules.discovery === 'all'
  const isOptedOut = annotations.enabled === 'false'
  const reading = { rules, limits, read, mistakes }
  const discovered = isDiscovered ? discoveredTarget(workload, reading) : null
  const target = isClaimed && !isOptedOut ? annotatedTarget(workload, reading) : null
  const told = atMost(MISTAKES_OF_A_WORKLOAD, mistakes, { noun: 'mistake' })
  const who = describeWorkload(workload)
  return {
    workload: { namespace, kind, name },
    isOptedOut,
    target,
    discovered,
    limits,
    release: helmReleaseOf(workload),
    wantsImages: Object.entries(annotations).some(
      ([key, text]) => /^image-updates(?:\.|$)/.test(key) && text === 'true'
    ),
    warnings: isOptedOut ? [] : told.map(mistake => `${who}: ${mistake}`)
  }
}

type ReadAnnotation = <Value>(
  key: string,
  takes: string,
  parse: (text: string) => Value | null | undefined
) => Value | undefined

/** Adds to `mistakes` what is wrong with the annotations. */
function createReader(annotations: Workload['annotations'], mistakes: string[]): ReadAnnotation {
  return (key, takes, parse) => {
    const text = annotations[key]
    if (text === undefined) return undefined
    const value = parse(text) ?? undefined
    if (value === undefined) mistakes.push(ignored(key, text, takes))
    return value
  }
}

function readLimits(read: ReadAnnotation, { parseDuration }: ClaimRules): Limits {
  const rolloutDeadlineMs = read('rollout-deadline', 'a duration such as 10m', parseDuration)
  const helmPendingMs = read('helm-deadline', 'a duration such as 15m', parseDuration)
  const latencyP95Ms = read('postdeploy-latency-p95', 'a duration above 0 such as 500ms', text => {
    const ms = parseDuration(text)
    return ms === 0 ? null : ms
  })
  const errorRatio = read('postdeploy-error-ratio', 'a ratio from 0 to below 1 such as 0.01', text =>
    RATIO.test(text) ? Number(text) : null
  )
  const objectives: Objectives = {
    ...(latencyP95Ms === undefined ? {} : { latencyP95Ms }),
    ...(errorRatio === undefined ? {} : { errorRatio })
  }
  return {
    ...(rolloutDeadlineMs === undefined ? {} : { rolloutDeadlineMs }),
    ...(helmPendingMs === undefined ? {} : { helmPendingMs }),
    ...(Object.keys(objectives).length === 0 ? {} : { objectives })
  }
}

/** How the annotations of one workload are read. */
interface Reading {
  readonly rules: ClaimRules
  readonly limits: Limits
  readonly read: ReadAnnotation
  readonly mistakes: string[]
}

function annotatedTarget(workload: Workload, { rules, limits, read, mistakes }: Reading): Target {
  const { annotations, namespace, kind, name } = workload
  const pointer = (text: string) => (isJsonPointer(text) ? text : undefined)
  const versionPointer = read('version-pointer', 'a JSON pointer such as /build/version', pointer)
  const gitShaPointer = read('git-sha-pointer', 'a JSON pointer such as /build/gitSha', pointer)
  const service = read('service', SERVICE_NAME_RULE, text => (isServiceName(text) ? text : undefined))
  const versionMatch = read('version-match', VERSION_MATCHES.join(', '), text =>
    VERSION_MATCHES.find(match => match === text)
  )
  // A template may leave it empty. A wrong address stays: the probe refuses it, and people see that.
  const filled = (text: string) => (text.trim() === '' ? undefined : text)
  const container = read('container', "a container's name", filled)
  const endpoint = read('endpoint', 'http://HOST/PATH or https://HOST/PATH', filled) ?? null
  const podEndpoint = readPodEndpoint(annotations, read, mistakes)
  return {
    service: service ?? name,
    namespace,
    endpoint,
    workload: { kind, name, ...(container === undefined ? {} : { container }) },
    versionPointers: versionPointer === undefined ? DEFAULT_VERSION_POINTERS : [versionPointer],
    gitShaPointers: gitShaPointer === undefined ? DEFAULT_GIT_SHA_POINTERS : [gitShaPointer],
    versionMatch: versionMatch ?? rules.versionMatch,
    origin: 'annotation',
    ...(podEndpoint === undefined ? {} : { podEndpoint }),
    ...limits
  }
}

function readPodEndpoint(
  annotations: Workload['annotations'],
  read: ReadAnnotation,
  mistakes: string[]
): PodEndpoint | undefined {
  const scope = read('endpoint-scope', 'pods', text => (text === 'pods' ? text : undefined))
  if (annotations['endpoint-scope'] === undefined) {
    const idle = ['endpoint-port', 'endpoint-path', 'endpoint-scheme'].filter(key => annotations[key] !== undefined)
    const has = idle.length === 1 ? 'has' : 'have'
    if (idle.length > 0) mistakes.push(`${idle.join(', ')} ${has} no effect without endpoint-scope: pods`)
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

// A Deployment keeps its own name, and so does a container, since no other kind exists beside it. Other kinds carry
// their kind, so that none of them is lost because its name is taken, or renamed when a Deployment appears.
function discoveredTarget(workload: Workload, reading: Reading): Target {
  const hasOwnName = workload.kind === 'Deployment' || workload.kind === 'Container'
  const service = hasOwnName ? workload.name : nameWithKind(workload)
  return { ...annotatedTarget(workload, reading), service, endpoint: null, origin: 'discovery' }
}

/** `shop.statefulset`: for workloads that cannot have their own name. */
export function nameWithKind({ kind, name }: WorkloadRef): string {
  return `${name}.${kind.toLowerCase()}`
}

// Somebody who writes "False" believes that they have opted out.
function unclearOptOut({ enabled }: Workload['annotations']): string[] {
  return enabled === undefined || enabled === 'true' ? [] : [ignored('enabled', enabled, 'true or false')]
}

function ignored(annotation: string, text: string, takes: string): string {
  return `annotation ${annotation}: "${shown(text)}" is ignored; it takes ${takes}`
}

function wrongImageRules(workload: Workload): readonly string[] {
  const names = allContainers(workload).map(({ name }) => name)
  return readImageRules(workload.annotations, names, 'all').problems
}
