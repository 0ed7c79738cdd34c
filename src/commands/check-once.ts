import { assemble, type Parts, type Runtime, type Surroundings } from '../assemble.ts'
import type { CycleOptions } from '../check/prober.ts'
import type { Config } from '../config/config.ts'
import { VERSION_STATUSES } from '../domain/finding.ts'
import { type Report, type ServiceReport, versionOf } from '../domain/report.ts'
import { describePart, type Shard } from '../domain/shard.ts'
import { whyNotKnown } from '../explain/find-service.ts'
import type { Progress } from './progress.ts'
import { findMissing, isEverything, isSelected, type Missing, type Selection } from './selection.ts'

export interface CheckOnceOptions {
  readonly runtime: Runtime
  readonly selection: Selection
  readonly progress: Progress
}

/** What one look at the services has found. */
export interface Outcome {
  readonly report: Report
  /** Those that are selected and have an endpoint, the worst first. */
  readonly services: readonly ServiceReport[]
  /** What is selected by its name and cannot be checked. */
  readonly missing: readonly Missing[]
  /** False: not all workloads could be read, and those that could not may be services that were asked for. */
  readonly isWhole: boolean
  /** All gauges, for node_exporter's textfile collector. */
  readonly gauges: () => Promise<string>
}

/** For a single pass: its outcome is read from the report at its end. */
export const UNHEARD = {
  onReport: () => {},
  onRefused: () => {},
  onWebConfig: () => {},
  onTargetsChange: () => {}
} satisfies Partial<Surroundings>

/** For when no workloads are known: the configuration may be right. The source's problems say why. */
export const NOTHING_READ = 'nothing to check: workloads have never been read'

/** Reads everything, asks the selected services within CHECK_DEADLINE, and judges them. */
export async function checkOnce(config: Config, { runtime, selection, progress }: CheckOnceOptions): Promise<Outcome> {
  const { parts, budgetMs } = await readWorkloads(config, { runtime, progress })
  // This tells the other sources which services there are.
  if (sourcesOf(parts).length > 0) await parts.checker.rejudge()
  const isWanted: Wanted = service => isSelected(selection, service)
  await askServices(parts, { budgetMs, progress, ...(isEverything(selection) ? {} : { isWanted }) })
  const report = parts.checker.report()
  await parts.close()
  return {
    report,
    services: report.services
      .filter(service => versionOf(service) !== null && isSelected(selection, service))
      .toSorted((a, b) => versionRank(a) - versionRank(b)),
    missing: findMissing(selection, report.services, {
      isJudged: service => versionOf(service) !== null,
      why: 'has no endpoint, so there is no version to check',
      unread: whyNotKnown(report.source)
    }),
    // A named service is either found or missing.
    isWhole: report.source.up || config.discovery === 'false' || selection.names.length > 0,
    gauges: () => parts.exposition.textfile()
  }
}

/** What limits what a report says, a line each: that it is of one shard, what could not be read, what needs fixing. */
export function remarksOn({ source, warnings }: Report, shard: Shard): readonly string[] {
  const part = describePart(shard)
  return [
    ...(part === null ? [] : [`this is ${part}: services of the other shards are not checked here`]),
    ...source.problems.map(({ message }) => message),
    ...warnings
  ]
}

// Other faults of a service are not printed, so an order by them would only look like disorder.
function versionRank(service: ServiceReport): number {
  const status = versionOf(service)?.status
  return status === undefined ? VERSION_STATUSES.length : VERSION_STATUSES.indexOf(status)
}

type Wanted = NonNullable<CycleOptions['isWanted']>

/** Reads the workloads once, and returns what is left of CHECK_DEADLINE. The caller closes the parts. */
export async function readWorkloads(
  config: Config,
  { runtime, progress }: Pick<CheckOnceOptions, 'runtime' | 'progress'>
): Promise<{ readonly parts: Parts; readonly budgetMs: number }> {
  const start = performance.now()
  // Images have a clock of their own, and a registry may take minutes: `--images` checks them.
  const withoutImages: Config = { ...config, images: { ...config.images, mode: 'off' } }
  const parts = await assemble(withoutImages, { runtime, signal: new AbortController().signal, ...UNHEARD })
  progress.show('reading workloads')
  // A source that does not answer leaves half of the time to the endpoints.
  await readSource(parts.source, Math.ceil(config.checkDeadlineMs / 2), runtime)
  return { parts, budgetMs: Math.max(0, config.checkDeadlineMs - (performance.now() - start)) }
}

/** If the process exits meanwhile, what the source has started, such as a plugin, ends with it. */
export async function readSource(
  source: Parts['source'],
  withinMs: number,
  { exiting }: Pick<Runtime, 'exiting'>
): Promise<void> {
  const end = () => void source.close()
  exiting.addEventListener('abort', end)
  await source.read(AbortSignal.timeout(withinMs)).finally(() => exiting.removeEventListener('abort', end))
}

interface AskOptions {
  readonly budgetMs: number
  /** Absent: every service is asked. */
  readonly isWanted?: Wanted
  readonly progress: Progress
}

/** Asks services in one cycle, reads everything else that is known of them, and judges. */
export async function askServices(parts: Parts, { progress, ...options }: AskOptions): Promise<void> {
  const others = sourcesOf(parts)
  await Promise.all([
    parts.checker.cycle({
      ...options,
      unanswered: 'timeout',
      onProgress: (asked, total) => progress.show(`${asked} of ${total} services asked`)
    }),
    ...others.map(one => one.read(AbortSignal.timeout(Math.ceil(options.budgetMs))))
  ])
  if (others.length > 0) await parts.checker.rejudge()
}

function sourcesOf({ factSources }: Parts) {
  return Object.values(factSources).filter(one => one !== null)
}
