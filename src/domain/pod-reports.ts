import type { Observation } from './probe.ts'
import type { Pod } from './workload.ts'

/** Where the pods of a service are asked, each at its own address. */
export interface PodEndpoint {
  readonly scheme: (typeof POD_SCHEMES)[number]
  readonly port: number
  /** Begins with a slash; may have a query. */
  readonly path: string
}

export const POD_SCHEMES = ['http', 'https'] as const
const DEFAULT_PORTS: Readonly<Record<PodEndpoint['scheme'], number>> = { http: 80, https: 443 }

export const POD_PATH_RULE = 'a path such as /debug/version'

/** A path that cannot lead to another host, whatever stands before it. */
export function isPodPath(text: string): boolean {
  return text.length <= 1024 && /^\/[\x21-\x7e]*$/.test(text) && !/[#\\]/.test(text)
}

/**
 * Fills in what is not said: plain http, its usual port, and the path of the service's endpoint, else `/debug/version`.
 */
export function podEndpointOf(said: Partial<PodEndpoint>, endpoint: string | null): PodEndpoint {
  const { scheme = 'http', port = DEFAULT_PORTS[scheme], path } = said
  const url = endpoint === null ? null : URL.parse(endpoint)
  const itsPath = url === null ? '' : `${url.pathname}${url.search}`
  return { scheme, port, path: path ?? (isPodPath(itsPath) ? itsPath : '/debug/version') }
}

/** The pod that a question goes to; all of it comes from the pod's object, so none of it is trusted. */
export interface AskedPod {
  readonly name: string
  /** Tells a pod from an earlier one of the same name. */
  readonly createdAt: number
  /** `status.podIP` as it was written. */
  readonly ip: string
  readonly isOnHostNetwork: boolean
}

/** A pod of the sample that is asked, with the last read of its endpoint; `null`: none has ended. */
export interface PodReport {
  readonly pod: Pod
  readonly observation: Observation | null
}

/**
 * `differs`: from what is deployed, or from what the other pods say. `failed`: it gave no report. `refused`: its address
 * may not be asked. `not_asked`: not ready, being deleted, outside the sample, or not asked yet.
 */
export const POD_RESULTS = ['agrees', 'differs', 'failed', 'refused', 'not_asked'] as const

export type PodResult = (typeof POD_RESULTS)[number]

/** A result in words for a person, after a count or a pod's name. */
export const POD_RESULT_WORDS: Readonly<Record<PodResult, string>> = {
  agrees: 'as deployed',
  differs: 'different',
  failed: 'no report',
  refused: 'may not be asked',
  not_asked: 'not asked'
}

/** What one pod said. Strings from outside have been through `shown`. */
export interface PodAnswer {
  readonly name: string
  readonly node: string
  readonly result: PodResult
  /** `null`: no report, or none in it. */
  readonly version: string | null
  readonly gitSha: string | null
  /** Why there is no report; empty: there is one, or it was not asked yet. */
  readonly message: string
}

/** What the pods of a service say of themselves. */
export interface PodsEvidence {
  /** How many different answers the reports give, compared as versions are; 0: there is no report. */
  readonly versions: number
  /** Of all pods of the workload that have not ended. */
  readonly results: Readonly<Record<PodResult, number>>
  /** The sample, those that differ or failed first; at most 20. */
  readonly pods: readonly PodAnswer[]
  /** The pod whose report stands for the service in gauges and log lines; `null`: the endpoint's does, or nothing. */
  readonly spokesman: string | null
}
