import { ANNOTATION_PREFIX, ANNOTATIONS, CONTAINER_ANNOTATIONS } from '../domain/annotations.ts'
import { shown } from '../domain/text.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { isJsonObject } from '../text/json.ts'
import { atMost } from '../text/lines.ts'

/** What an object's annotations say to us. */
export interface OwnAnnotations {
  /** By name without the prefix, cut to the lengths in `ANNOTATIONS`. */
  readonly values: Readonly<Record<string, string>>
  /** Unknown names: the first few, each in a line, and a count of the others. */
  readonly warnings: readonly string[]
  /** The name of an annotation whose value is not a string; `null`: there is none. */
  readonly notText: string | null
}

// Somebody may write thousands.
const MOST_NAMED = 3
const NAMES = [...ANNOTATIONS.keys()]

/** Reads our own annotations; what is not an object has none. */
export function readOwnAnnotations(annotations: unknown): OwnAnnotations {
  const values: Record<string, string> = {}
  const unknown: string[] = []
  let notText: string | null = null
  for (const name of ownNames(annotations)) {
    const bare = name.slice(ANNOTATION_PREFIX.length)
    const value = isJsonObject(annotations) ? annotations[name] : undefined
    const keptLength = ANNOTATIONS.get(CONTAINER_ANNOTATIONS.find(known => bare.startsWith(`${known}.`)) ?? bare)
    // As for kubectl, a name without a value, which often comes from a template, counts as absent.
    if (value === null) continue
    if (typeof value !== 'string') notText ??= name
    else if (keptLength === undefined) unknown.push(bare)
    else values[bare] = value.slice(0, keptLength)
  }
  return { values, warnings: unknownNames(unknown), notText }
}

/** The full names of our own annotations. */
export function ownNames(annotations: unknown): string[] {
  return isJsonObject(annotations) ? Object.keys(annotations).filter(name => name.startsWith(ANNOTATION_PREFIX)) : []
}

function unknownNames(names: readonly string[]): readonly string[] {
  const lines = names.slice(0, MOST_NAMED).map(name => {
    const hint = didYouMean(name, NAMES)
    return `unknown annotation ${ANNOTATION_PREFIX}${shown(name)}${hint === null ? '' : `; ${hint}`}`
  })
  return atMost(MOST_NAMED, lines, { noun: 'unknown annotation', more: names.length - lines.length })
}
