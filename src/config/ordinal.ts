import { isDnsSubdomain } from './names.ts'

// Kubernetes: a StatefulSet's pods are named after it, a hyphen and their ordinal.
const POD = /^.+-(0|[1-9]\d*)$/

/** A number, alone or as the ordinal of a StatefulSet's pod; `null`: neither. */
export function readOrdinal(text: string): number | null {
  if (/^(?:0|[1-9]\d*)$/.test(text)) return Number(text)
  const ordinal = isDnsSubdomain(text) ? POD.exec(text)?.[1] : undefined
  return ordinal === undefined ? null : Number(ordinal)
}
