import type { SourceHealth } from '../domain/ports.ts'
import { shown } from '../domain/text.ts'
import { namesWith, nearestName } from '../text/did-you-mean.ts'

/** A service by its name; the namespace is `null` where nobody said which. */
export interface WantedService {
  readonly namespace: string | null
  readonly service: string
}

interface Named {
  readonly namespace: string
  readonly service: string
}

/** The service that is meant, or why there is none and which may be meant instead, at most five. */
export type FoundService =
  | { readonly found: Named }
  | { readonly found: null; readonly message: string; readonly near: readonly Named[] }

const MOST_NEAR = 5

/** Finds a service; without a namespace its name has to be unique. */
export function findService(services: readonly Named[], { namespace, service }: WantedService): FoundService {
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

function near(message: string, services: readonly Named[]): FoundService {
  return { found: null, message, near: services.slice(0, MOST_NEAR) }
}

function similar(services: readonly Named[], wrong: string): readonly Named[] {
  const names = [...new Set(services.map(({ service }) => service))]
  const longer = namesWith(wrong, names)
  const near = longer.length > 0 ? longer : [nearestName(wrong, names)]
  return services.filter(({ service }) => near.includes(service))
}
