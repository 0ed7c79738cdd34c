import { isObjectName } from '../domain/required-objects.ts'

// RFC 1123, as Kubernetes checks namespaces and containers.
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
// Kubernetes: a StatefulSet's pods are named after it, a hyphen and their ordinal.
const POD = /^.+-(0|[1-9]\d*)$/

export const DNS_LABEL_RULE = 'a DNS label: at most 63 lower-case letters, digits and hyphens'
export const DNS_SUBDOMAIN_RULE = 'a DNS name: at most 253 lower-case letters, digits, hyphens and dots'

// Docker's RestrictedNameChars, for containers. Projects of Docker Compose and stacks of Swarm have fewer.
const CONTAINER = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/
const PROJECT = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}$/

export const CONTAINER_RULE = "a container's name: at most 128 letters, digits, underscores, dots and hyphens"
export const PROJECT_RULE =
  'the name of a Compose project or a Swarm stack: at most 63 letters, digits, underscores and hyphens'

/** Whether a namespace or a container may have this name. */
export function isDnsLabel(text: string): boolean {
  return DNS_LABEL.test(text)
}

/** Whether a container on a Docker host, or a service of Docker Compose, may have this name. */
export function isContainerName(text: string): boolean {
  return CONTAINER.test(text)
}

/** Whether a project of Docker Compose may have this name, or a stack of Swarm, which may have capitals. */
export function isProjectName(text: string): boolean {
  return PROJECT.test(text)
}

/** A number by itself or the ordinal in the name of a StatefulSet's pod; `null`: neither. */
export function readOrdinal(text: string): number | null {
  if (/^(?:0|[1-9]\d*)$/.test(text)) return Number(text)
  const ordinal = isObjectName(text) ? POD.exec(text)?.[1] : undefined
  return ordinal === undefined ? null : Number(ordinal)
}
