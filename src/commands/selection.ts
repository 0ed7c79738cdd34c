import type { ServiceIdentity } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import type { WantedService } from '../explain/find-service.ts'
import { didYouMean, namesWith } from '../text/did-you-mean.ts'
import { compareText } from '../text/lines.ts'

/** Which services are meant. */
export interface Selection {
  /** Empty: all. */
  readonly names: readonly WantedService[]
  /** `null`: all. */
  readonly namespace: string | null
}

/** Something that was named and cannot be checked, and why. */
export interface Missing extends WantedService {
  readonly message: string
}

// Enough to find the one that was meant.
const MOST_NAMES = 5

export const SERVICE_NAME_TAKES = 'a service, as NAME or NAMESPACE/NAME'

/** Reads `NAME` or `NAMESPACE/NAME`; a namespace never has a slash, a service's name may. `null`: a part is missing. */
export function parseServiceName(text: string): WantedService | null {
  const slash = text.indexOf('/')
  const namespace = slash < 0 ? null : text.slice(0, slash)
  const service = text.slice(slash + 1)
  return namespace === '' || service === '' ? null : { namespace, service }
}

/** Whether nothing is left out. */
export function isEverything({ names, namespace }: Selection): boolean {
  return names.length === 0 && namespace === null
}

export function isSelected({ names, namespace }: Selection, service: ServiceIdentity): boolean {
  if (namespace !== null && service.namespace !== namespace) return false
  return names.length === 0 || names.some(name => isNamed(name, service))
}

interface MissingReasons<Service> {
  readonly isJudged: (service: Service) => boolean
  /** Why one that is there is not judged. */
  readonly why: string
  /** Why one that is not there may be there all the same; `null`: it is not. */
  readonly unread: string | null
}

/**
 * What is named but cannot be judged: it is not among the services, or `isJudged` is false, for the reason that `why`
 * tells. Each has words that help to find what was meant.
 */
export function findMissing<Service extends ServiceIdentity>(
  { names, namespace }: Selection,
  services: readonly Service[],
  { isJudged, why, unread }: MissingReasons<Service>
): readonly Missing[] {
  const wanted = names.map(({ service, namespace: own }) => ({ service, namespace: own ?? namespace }))
  return wanted.flatMap(name => {
    const found = services.filter(service => isNamed(name, service))
    if (found.some(isJudged)) return []
    const hint = unread ?? hintFor(name, services)
    const message = found.length > 0 ? `${nameOf(name)} ${why}` : `there is no service ${nameOf(name)}; ${hint}`
    return [{ ...name, message }]
  })
}

/** Why a namespace without services may be the wrong one; empty: no namespace is near. */
export function namespaceHint(namespace: string, services: readonly ServiceIdentity[]): string {
  const near = didYouMean(
    namespace,
    services.map(service => service.namespace)
  )
  return near ?? namesOf(services.map(service => service.namespace))
}

function hintFor({ namespace, service }: WantedService, services: readonly ServiceIdentity[]): string {
  const elsewhere = services.filter(other => other.service === service).map(other => other.namespace)
  if (elsewhere.length > 0) return `it is in namespace ${listOf(elsewhere)}`
  const near = services.filter(other => namespace === null || other.namespace === namespace)
  if (near.length === 0 && namespace !== null)
    return `no service is in this namespace; ${namespaceHint(namespace, services)}`
  const names = [...new Set(near.map(other => other.service))]
  const longer = namesWith(service, names)
  if (longer.length === 1) return `did you mean ${longer[0]}?`
  return longer.length > 1 ? namesOf(longer) : (didYouMean(service, names) ?? namesOf(names))
}

function isNamed({ namespace, service }: WantedService, other: ServiceIdentity): boolean {
  return other.service === service && (namespace === null || other.namespace === namespace)
}

function nameOf({ namespace, service }: WantedService): string {
  const name = shown(namespace === null ? service : `${namespace}/${service}`)
  return /\s/.test(name) ? `"${name}"` : name
}

/** The first few of the names that there are, and how many more. */
export function namesOf(names: readonly string[]): string {
  return names.length === 0 ? 'there are no services' : `known are ${listOf(names)}`
}

function listOf(names: readonly string[]): string {
  const all = [...new Set(names)].sort(compareText)
  const more = all.length - MOST_NAMES
  const told = more > 0 ? [...all.slice(0, MOST_NAMES), `${more} more`] : all
  return new Intl.ListFormat('en-GB').format(told)
}
