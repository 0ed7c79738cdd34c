import type { AskedPod, PodEndpoint } from './pod-reports.ts'
import { shown } from './text.ts'
import type { WorkloadKind } from './workload.ts'

export const VERSION_MATCHES = ['exact', 'semver', 'git-sha'] as const

/**
 * `exact`: the same string. `semver`: a leading `v` and build metadata do not count. `git-sha`: the SHA in the tag and the
 * reported one begin alike.
 */
export type VersionMatch = (typeof VERSION_MATCHES)[number]

/** RFC 6901 pointers into a report, in order; the first that hits wins. */
export const DEFAULT_VERSION_POINTERS = [
  '/version',
  '/appVersion',
  '/build/version',
  '/gitVersion',
  '/data/version'
] as const
export const DEFAULT_GIT_SHA_POINTERS = [
  '/gitSha',
  '/git_sha',
  '/gitCommit',
  '/commit',
  '/build/gitSha',
  // Spring Boot has a whole object below /git/commit/id where its git mode is full.
  '/git/commit/id/full',
  '/git/commit/id',
  '/revision',
  '/data/revision'
] as const

/** What identifies a service: a namespace has no two of the same name. */
export interface ServiceIdentity {
  readonly namespace: string
  readonly service: string
}

/** What is guarded: a service in a namespace, its workload and, where it has one, its debug endpoint. */
export interface Target extends ServiceIdentity {
  /** The URL as it was given; from an annotation it may be anything. `null`: the service has none, and no version is judged. */
  readonly endpoint: string | null
  /** Where each pod of the workload is asked as well; absent: pods are not asked one by one. */
  readonly podEndpoint?: PodEndpoint
  readonly workload: TargetWorkload
  readonly versionPointers: readonly string[]
  readonly gitShaPointers: readonly string[]
  readonly versionMatch: VersionMatch
  /**
   * Endpoints from annotations are not trusted: `ENDPOINT_ALLOW` binds them. `discovery`: nobody named it,
   * DISCOVERY=all found it.
   */
  readonly origin: 'file' | 'annotation' | 'discovery'
  /** How long a rollout may go without progress; absent: as the workload or ROLLOUT_DEADLINE says. */
  readonly rolloutDeadlineMs?: number
  /** How long its Helm release may be pending; absent: as HELM_DEADLINE says. */
  readonly helmPendingMs?: number
  /**
   * The limits that the service has to keep after a rollout. Absent: nothing is said, and the alerts' own defaults
   * apply.
   */
  readonly objectives?: Objectives
  /** Sent only to the endpoint's own origin; only from a targets file. Absent: none. */
  readonly headers?: readonly SecretHeader[]
}

/** Limits for the minutes after a rollout; only passed on, since Prometheus does the measuring. Absent: the default. */
export interface Objectives {
  readonly latencyP95Ms?: number
  /** Failed requests among all, from 0 to below 1. */
  readonly errorRatio?: number
}

/** What is asked of a target: at its endpoint, or at the address of one of its pods. */
export interface Question extends Target {
  /** The pod whose own address the endpoint is; absent: the endpoint is the service's. */
  readonly pod?: AskedPod
}

/** A question that can be asked, for it has an address. */
export interface ProbedTarget extends Question {
  readonly endpoint: string
}

/** A header whose value is a secret: a target knows where the secret is, never what it is. */
export interface SecretHeader {
  readonly name: string
  /** Stands before the secret, such as `Bearer `; may be empty. */
  readonly prefix: string
  /** The path of the file that holds the secret. */
  readonly file: string
}

interface TargetWorkload {
  readonly kind: WorkloadKind
  readonly name: string
  /** Absent: the container named like the service, else the first. */
  readonly container?: string
}

/** Unique among targets: a service name never contains control characters, a namespace never a slash. */
export function targetKey({ namespace, service }: ServiceIdentity): string {
  // One string, as in `workloadKey`.
  return [namespace, service].join('/')
}

/** The namespace in a `targetKey`. */
export function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

/** Unique among all that is asked: the target's own key, and that of each of its pods. */
export function questionKey(target: ServiceIdentity & Pick<Question, 'pod'>): string {
  const key = targetKey(target)
  return target.pod === undefined ? key : `${key}\n${target.pod.name}`
}

// RFC 6901 section 3: each reference token is preceded by a slash; a tilde only as ~0 or ~1.
const JSON_POINTER = /^(?:\/(?:[^~/]|~[01])*)+$/u

/** A pointer to a member; the empty pointer is refused, for the whole report is never a version. */
export function isJsonPointer(text: string): boolean {
  return text.length <= 256 && JSON_POINTER.test(text)
}

export const SERVICE_NAME_RULE = '1 to 128 printable characters'

/** A service's name becomes a label and an identity, so `shown` must leave it unchanged. */
export function isServiceName(text: string): boolean {
  return text.trim() !== '' && shown(text) === text
}
