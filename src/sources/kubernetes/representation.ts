import { valueAt } from '../../text/json.ts'
import type { Verb } from './failure.ts'

/**
 * How the API server shows objects: whole, only their metadata, or as a row of the columns that kubectl prints.
 *
 * The metadata of a Secret is not safe: the last input of `kubectl apply` is among its annotations, in clear.
 */
export type Representation = 'object' | 'metadata' | 'table'

const KINDS: Readonly<Record<Exclude<Representation, 'object'>, Readonly<Record<Verb, string>>>> = {
  metadata: { list: 'PartialObjectMetadataList', watch: 'PartialObjectMetadata' },
  table: { list: 'Table', watch: 'Table' }
}

/**
 * The `Accept` header. It offers no second choice, so that a server that cannot leave the rest out answers 406, not
 * all.
 */
export function acceptOf(representation: Representation, verb: Verb): string {
  if (representation === 'object') return 'application/json'
  return `application/json;as=${KINDS[representation][verb]};g=meta.k8s.io;v=v1`
}

/** Whether an answer is of the kind that was asked for; a proxy in between may have dropped the header. */
export function isShownAs(representation: Representation, verb: Verb, answer: unknown): boolean {
  return representation === 'object' || valueAt(answer, 'kind') === KINDS[representation][verb]
}
