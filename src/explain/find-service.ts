import type { SourceHealth } from '../domain/ports.ts'
import type { ServiceIdentity } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { namesWith, nearestName } from '../text/did-you-mean.ts'

/** A service as a person names it. */
export interface WantedService {
  /** `null`: in any namespace. */
  readonly namespace: string | null
  readonly service: string
}

/** The service that is meant, or why there is none and which may be meant instead, at most five. */
export type FoundService =
  | { readonly found: ServiceIdentity }
  | { readonly found: null; readonly message: string; readonly near: readonly ServiceIdentity[] }

const MOST_NEAR = 5

/** Finds a service; without a namespace its name has to be unique. */
export function findService(services: readonly ServiceIdentity[], { namespace, service }: WantedService): FoundService {
  const sameName = services.filter(one => one.service === service)
  const name = shown(service)
  if (namespace === null) {
    const [only] = sameName
    if (only !== undefined && sameName.length === 1) return { found: only }
    if (only === undefined) return near(`there is no service ${name}`, similar(services, service))
    return near(`${name} is in ${sameName.length} namespaces`, sameName)
  }
  const exact = sameName.find(one => one.namespace === namespace)
  if (exact !== undefined) return { found: exact }
  const message = `there is no service ${name} in namespace ${shown(namespace)}`
  if (sameName.length > 0) return near(message, sameName)
  const neighbours = services.filter(one => one.namespace === namespace)
  return near(message, similar(neighbours.length > 0 ? neighbours : services, service))
}

/** Why a service that is not found may be there all the same; `null`: workloads have been read. */
export function whyNotKnown({ lastSyncAt, problems }: SourceHealth): string | null {
  if (lastSyncAt !== null) return null
  const [first] = problems
  return `workloads have never been read${first === undefined ? '' : ` (${first.message})`}, so it may be there`
}

function near(message: string, services: readonly ServiceIdentity[]): FoundService {
  return { found: null, message, near: services.slice(0, MOST_NEAR) }
}

function similar(services: readonly ServiceIdentity[], wrong: string): readonly ServiceIdentity[] {
  const names = [...new Set(services.map(({ service }) => service))]
  const longer = namesWith(wrong, names)
  const near = longer.length > 0 ? longer : [nearestName(wrong, names)]
  return services.filter(({ service }) => near.includes(service))
}
