import type { KnownService } from '../domain/service-change.ts'
import { shown } from '../domain/text.ts'
import { chooseContainer } from '../guards/deployed-image.ts'
import type { ExplainedFact } from './explanation.ts'

/** A fact as it is explained; without more, it has no age and nothing to add. */
export function fact(name: string, value: string | null, rest: Pick<ExplainedFact, 'source'> & Partial<ExplainedFact>) {
  return { name, value: value === null ? null : shown(value), asOf: null, note: '', ...rest }
}

/** The name of the container that is compared; `undefined`: there is none, or the workload is not seen. */
export function ownContainer({ target, facts: { workload } }: KnownService): string | undefined {
  return workload.seen ? chooseContainer(target, workload.value)?.name : undefined
}
