// RFC 1123, as Kubernetes checks namespaces and containers (label), and workloads (subdomain).
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const DNS_SUBDOMAIN_LENGTH = 253
// Kubernetes: a StatefulSet's pods are named after it, a hyphen and their ordinal.
const POD = /^.+-(0|[1-9]\d*)$/

export const DNS_LABEL_RULE = 'a DNS label: at most 63 lower-case letters, digits and hyphens'
export const DNS_SUBDOMAIN_RULE = 'a DNS name: at most 253 lower-case letters, digits, hyphens and dots'

/** Whether a namespace or a container may have this name. */
export function isDnsLabel(text: string): boolean {
  return DNS_LABEL.test(text)
}

/** Whether a workload may have this name. */
export function isDnsSubdomain(text: string): boolean {
  return (
    text.length <= DNS_SUBDOMAIN_LENGTH && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(text) && !/\.[-.]|-\./.test(text)
  )
}

/** A number, alone or as the ordinal of a StatefulSet's pod; `null`: neither. */
export function readOrdinal(text: string): number | null {
  if (/^(?:0|[1-9]\d*)$/.test(text)) return Number(text)
  const ordinal = isDnsSubdomain(text) ? POD.exec(text)?.[1] : undefined
  return ordinal === undefined ? null : Number(ordinal)
}
