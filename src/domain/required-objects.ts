import type { Observed } from './observation.ts'

/** Kinds of objects that a workload may need to be there, in its own namespace. */
export type RequiredKind = 'ConfigMap' | 'Secret' | 'Job'

/** What a workload's annotations ask to be looked at. */
export interface Requirements {
  readonly configMaps: readonly string[]
  readonly secrets: readonly string[]
  readonly migration: Migration | null
  /** What makes no sense and is ignored, by the annotation's name: its text, and what the annotation takes. */
  readonly mistakes: readonly { readonly annotation: string; readonly text: string; readonly takes: string }[]
}

export interface Migration {
  readonly job: string
  /**
   * Whether it counts as failed if it is not there; otherwise nobody knows, for many jobs are deleted once they have
   * succeeded.
   */
  readonly isRequired: boolean
}

/** Of one kind, for one workload: each is a request a minute. */
const MOST_NAMES = 20
const DNS_SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

/** Reads `required-configmaps`, `required-secrets` and `migration-job`; a name that Kubernetes would not take is ignored. */
export function readRequirements(annotations: Readonly<Record<string, string>>): Requirements {
  const mistakes: Requirements['mistakes'][number][] = []
  const names = (annotation: string): readonly string[] => {
    const text = annotations[annotation]
    if (text === undefined) return []
    const parts = [...new Set(splitList(text))]
    const taken = parts.filter(isObjectName).slice(0, MOST_NAMES)
    if (taken.length < parts.length || parts.length === 0) {
      mistakes.push({
        annotation,
        text,
        takes: `at most ${MOST_NAMES} names of objects in its own namespace, separated by commas`
      })
    }
    return taken
  }
  return {
    configMaps: names('required-configmaps'),
    secrets: names('required-secrets'),
    migration: readMigration(annotations['migration-job'], text =>
      mistakes.push({
        annotation: 'migration-job',
        text,
        takes: 'the name of a Job, and `,required` where it must be there'
      })
    ),
    mistakes
  }
}

function readMigration(text: string | undefined, refuse: (text: string) => void): Migration | null {
  if (text === undefined) return null
  const [job = '', word = '', ...more] = splitList(text)
  if (isObjectName(job) && (word === '' || word === 'required') && more.length === 0) {
    return { job, isRequired: word === 'required' }
  }
  refuse(text)
  return null
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

/** Whether Kubernetes takes it as the name of an object, such as a Secret or a Deployment: a DNS subdomain (RFC 1123). */
export function isObjectName(text: string): boolean {
  return text.length <= 253 && DNS_SUBDOMAIN.test(text)
}

/** One object that was looked for. */
export interface RequiredObject {
  readonly kind: RequiredKind
  readonly name: string
  /** `null`: it is not there. */
  readonly found: Observed<FoundObject | null, RequiredUnseen>
  /** When that was last known to be true, if nobody answers now, ms since the epoch; `null`: it is known now. */
  readonly asOf: number | null
}

/** An object that is there; of a ConfigMap or Secret, nothing more is read. */
export interface FoundObject {
  /** Of a Job; `null`: it is no Job. */
  readonly job: JobState | null
}

export interface JobState {
  readonly outcome: 'succeeded' | 'failed' | 'running'
  /** When it succeeded, ms since the epoch; `null`: it has not, or does not say. */
  readonly completedAt: number | null
}

/** `forbidden`: no right to look. `too_many`: its namespace asks for more than is looked at. */
type RequiredUnseen = 'not_looked' | 'forbidden' | 'too_many' | 'unreachable'
