import { isDeepStrictEqual } from 'node:util'
import pLimit from 'p-limit'
import { seen, unseen } from '../../domain/observation.ts'
import type { FactSource } from '../../domain/ports.ts'
import {
  type FoundObject,
  type JobState,
  type RequiredKind,
  type RequiredObject,
  readRequirements
} from '../../domain/required-objects.ts'
import { targetKey } from '../../domain/target.ts'
import type { Workload } from '../../domain/workload.ts'
import { listAt, textAt, timeAt } from '../../text/json.ts'
import { SYSTEM_TIMER, type Timer } from '../backoff.ts'
import { type ClusterOptions, createClusterClient } from './cluster-client.ts'
import { ApiError, describeFailure, refusalOf } from './failure.ts'
import { acceptOf, isShownAs } from './representation.ts'

export interface RequiredObjectsOptions extends ClusterOptions {
  readonly timer?: Timer
}

export type RequiredObjects = FactSource<readonly RequiredObject[]>

type Outcome = RequiredObject['found']

/** What is looked for, and in which namespace. */
interface Wanted {
  readonly namespace: string
  readonly kind: RequiredKind
  readonly name: string
}

interface Known {
  readonly wanted: Wanted
  outcome: Outcome
  /** When `outcome` was last known to be true, ms since the epoch; `null`: it was never looked for. */
  answeredAt: number | null
  /** The same time if the last try failed; `null`: it did not fail. */
  asOf: number | null
}

const POLL_MS = 60_000
const AT_ONCE = 4
/** Anybody who may write a workload may write annotations: this bounds the requests a minute for one namespace. */
const MOST_OF_A_NAMESPACE = 100
const NONE: readonly RequiredObject[] = []
const NOT_LOOKED: Outcome = unseen('not_looked', 'not looked for yet')
const TOO_MANY: Outcome = unseen(
  'too_many',
  `its namespace requires more than ${MOST_OF_A_NAMESPACE} objects, and this one is not looked for`
)

/**
 * Whether the objects exist that workloads require by annotation, each in the workload's own namespace. Polled: the
 * right to get a single name does not allow a watch.
 *
 * For Secrets and ConfigMaps, only the row of a table is asked for: not even their annotations, where `kubectl apply`
 * keeps what it was given.
 */
export function createRequiredObjects(options: RequiredObjectsOptions): RequiredObjects {
  const { clock, timer = SYSTEM_TIMER } = options
  const stopped = new AbortController()
  const client = createClusterClient(options, stopped.signal)
  const inTurn = pLimit(AT_ONCE)
  const known = new Map<string, Known>()
  const services = new Map<string, Service>()
  const counts = new Map<string, number>()
  let version = {}
  let problem: string | null = null
  let following: Promise<void> | undefined

  function want(wanted: Wanted): Known {
    const key = `${wanted.namespace}/${wanted.kind}/${wanted.name}`
    const before = known.get(key)
    if (before !== undefined) return before
    const count = (counts.get(wanted.namespace) ?? 0) + 1
    if (count > MOST_OF_A_NAMESPACE) return { wanted, outcome: TOO_MANY, answeredAt: null, asOf: null }
    counts.set(wanted.namespace, count)
    const entry: Known = { wanted, outcome: NOT_LOOKED, answeredAt: null, asOf: null }
    known.set(key, entry)
    return entry
  }

  /** Returns whether that changed anything. What was seen stays, with its age, while the server does not answer. */
  async function lookFor(entry: Known, signal: AbortSignal): Promise<boolean> {
    const outcome = await ask(entry.wanted, signal)
    if (signal.aborted) return false
    const { outcome: before, asOf } = entry
    const isLost = !outcome.seen && outcome.reason === 'unreachable'
    problem = isLost ? outcome.message : problem
    if (isLost && before.seen) entry.asOf ??= entry.answeredAt
    else {
      entry.answeredAt = clock()
      entry.asOf = null
      if (!isDeepStrictEqual(before, outcome)) entry.outcome = outcome
    }
    return before !== entry.outcome || asOf !== entry.asOf
  }

  async function ask(wanted: Wanted, signal: AbortSignal): Promise<Outcome> {
    const representation = wanted.kind === 'Job' ? 'object' : 'table'
    // By default the rows of a table carry the objects' metadata.
    const query = representation === 'table' ? '?includeObject=None' : ''
    try {
      const request = { path: `${pathOf(wanted)}${query}`, accept: acceptOf(representation, 'list') }
      const answer = await client.getJson(request, signal)
      if (!isShownAs(representation, 'list', answer)) throw new ApiError({ kind: 'not_kubernetes' })
      return seen<FoundObject>({ job: wanted.kind === 'Job' ? toJobState(answer) : null })
    } catch (error) {
      return outcomeOf(error, wanted)
    }
  }

  async function lookForAll(signal: AbortSignal): Promise<boolean> {
    prune()
    problem = null
    return lookForThese([...known.values()], signal)
  }

  async function lookForThese(entries: readonly Known[], signal: AbortSignal): Promise<boolean> {
    const changes = await Promise.all(entries.map(entry => inTurn(() => lookFor(entry, signal))))
    if (!changes.includes(true)) return false
    version = {}
    return true
  }

  async function poll(onChange: () => void): Promise<void> {
    const { signal } = stopped
    let dueAt = timer.now()
    while (!signal.aborted) {
      const isDue = timer.now() >= dueAt
      if (isDue) dueAt = timer.now() + POLL_MS
      const unasked = [...known.values()].filter(({ outcome }) => outcome === NOT_LOOKED)
      if (await (isDue ? lookForAll(signal) : lookForThese(unasked, signal))) onChange()
      await timer.pause(NEW_ONES_MS, signal)
    }
  }

  /** Drops what nobody requires any more, so that other objects of its namespace may take its place. */
  function prune(): void {
    const wanted = new Set([...services.values()].flatMap(({ entries }) => entries))
    const before = known.size
    counts.clear()
    for (const [key, entry] of known) {
      const { namespace } = entry.wanted
      if (wanted.has(entry)) counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
      else known.delete(key)
    }
    if (known.size === before) return
    for (const [key, { entries }] of services) {
      if (!entries.some(({ outcome }) => outcome === TOO_MANY)) continue
      services.delete(key)
      version = {}
    }
  }

  return {
    of: (target, { workload }) => {
      if (!workload.seen) return NONE
      const key = targetKey(target)
      const before = services.get(key)
      const service = before?.workload === workload.value ? before : toService(workload.value, want)
      if (service.entries.length === 0) {
        services.delete(key)
        return NONE
      }
      const facts = factsOf(service, before?.facts ?? NONE)
      services.set(key, { ...service, facts })
      return facts
    },
    version: () => version,
    forgetAllBut: targets => {
      const keys = new Set(targets.map(targetKey))
      for (const key of services.keys()) if (!keys.has(key)) services.delete(key)
      prune()
    },
    read: async signal => {
      await lookForAll(signal)
    },
    follow: async onChange => {
      following = poll(onChange)
    },
    health: () => ({ problems: problem === null ? [] : [{ message: problem, withholds: 'objects' }] }),
    close: async () => {
      stopped.abort()
      await following
    }
  }
}

/** How soon a new annotation is looked after, without waiting for the next whole turn. */
const NEW_ONES_MS = 1_000

interface Service {
  readonly workload: Workload
  readonly entries: readonly Known[]
  readonly facts: readonly RequiredObject[]
}

function toService(workload: Workload, want: (wanted: Wanted) => Known): Service {
  const { configMaps, secrets, migration } = readRequirements(workload.annotations)
  const { namespace } = workload
  const entries = [
    ...configMaps.map(name => want({ namespace, kind: 'ConfigMap', name })),
    ...secrets.map(name => want({ namespace, kind: 'Secret', name })),
    ...(migration === null ? [] : [want({ namespace, kind: 'Job', name: migration.job })])
  ]
  return { workload, entries, facts: NONE }
}

/** The same array as before if nothing changed. */
function factsOf({ entries }: Service, before: readonly RequiredObject[]): readonly RequiredObject[] {
  const isAlike = ({ wanted: { kind, name }, outcome, asOf }: Known, at: number) => {
    const one = before[at]
    return one?.found === outcome && one.asOf === asOf && one.kind === kind && one.name === name
  }
  if (entries.length === before.length && entries.every(isAlike)) return before
  return entries.map(({ wanted: { kind, name }, outcome, asOf }) => ({ kind, name, found: outcome, asOf }))
}

const PATHS: Readonly<Record<RequiredKind, readonly [api: string, resource: string]>> = {
  ConfigMap: ['api/v1', 'configmaps'],
  Secret: ['api/v1', 'secrets'],
  Job: ['apis/batch/v1', 'jobs']
}

function pathOf({ namespace, kind, name }: Wanted): string {
  const [api, resource] = PATHS[kind]
  return `/${api}/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`
}

function outcomeOf(error: unknown, { namespace, kind, name }: Wanted): Outcome {
  const refusal = refusalOf(error)
  if (refusal === 'not_found') return seen(null)
  const [, resource] = PATHS[kind]
  if (refusal === 'forbidden') {
    return unseen(
      'forbidden',
      `not looked for: grant get on ${resource} with the resourceName ${name} in namespace ${namespace}`
    )
  }
  const { message } = describeFailure(error, { verb: 'list', collection: { resource, namespace } })
  return unseen('unreachable', `could not be looked for: ${message}`)
}

/** How a batch/v1 Job stands, by its conditions; `Complete` and `Failed` are final (batch/v1 types.go). */
function toJobState(job: unknown): JobState {
  const conditions = listAt(job, 'status', 'conditions').filter(condition => textAt(condition, 'status') === 'True')
  const find = (type: string) => conditions.find(condition => textAt(condition, 'type') === type)
  const complete = find('Complete')
  if (complete !== undefined) {
    const completedAt = timeAt(job, 'status', 'completionTime') ?? timeAt(complete, 'lastTransitionTime')
    return { outcome: 'succeeded', completedAt }
  }
  return { outcome: find('Failed') === undefined ? 'running' : 'failed', completedAt: null }
}
