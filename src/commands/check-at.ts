import { assemble, type Runtime } from '../assemble.ts'
import type { Config } from '../config/config.ts'
import { findingBy, levelOf, SEVERITIES, type Severity } from '../domain/finding.ts'
import { type ServiceReport, worstFirst } from '../domain/report.ts'
import { whyNotKnown } from '../explain/find-service.ts'
import { badInput, type Mistake } from '../text/mistake.ts'
import { UNHEARD } from './check-once.ts'
import type { CheckFormat } from './check-report.ts'
import { EXIT_CODES } from './command.ts'
import { print } from './io-error.ts'
import { findMissing, isSelected, type Selection } from './selection.ts'
import { renderRolloutTable, type Screen } from './table.ts'

export interface CheckAtOptions {
  readonly runtime: Runtime
  /** The moment as of which the file is judged, ms since the epoch. */
  readonly at: number
  readonly selection: Selection
  /** Whether rollouts that are done or on their way are left out of what is printed; they count all the same. */
  readonly onlyBad: boolean
  /** Anything but `table`: a line of JSON for each. */
  readonly format: CheckFormat
  readonly stdout: Screen
  /** Diagnostics, a line each. */
  readonly complain: (line: string) => void
}

/** Why a configuration has nothing that could be judged as of a moment; `null`: it has. */
export function refusalOfAt({ workloads }: Pick<Config, 'workloads'>): Mistake | null {
  if (workloads.source === 'file') return null
  const why = 'judges a saved file of manifests, and a cluster only shows the present'
  return badInput(`--at: ${why}; set WORKLOAD_SOURCE=file and WORKLOADS_FILE`)
}

/**
 * Judges the rollouts in a file of manifests as of a moment, prints a line for each workload, and gives the exit code.
 *
 * No endpoint is asked: what it says now says nothing about then. Every workload in the file counts unless it has opted
 * out; with DISCOVERY=false, only those that the targets file names.
 */
export async function checkAt(config: Config, options: CheckAtOptions): Promise<number> {
  const { runtime, at, complain, selection, onlyBad, stdout } = options
  const { signal } = new AbortController()
  const discovery = config.discovery === 'false' ? 'false' : 'all'
  const { source, checker, ...parts } = await assemble(
    { ...config, discovery },
    { runtime, signal, clock: () => at, ...UNHEARD }
  )
  await source.read(signal)
  await checker.rejudge()
  const report = checker.report()
  await parts.close()

  for (const { message } of report.source.problems) complain(message)
  for (const line of report.warnings) complain(line)
  const missing = findMissing(selection, report.services, {
    isJudged: service => rolloutOf(service) !== null,
    why: 'has no rollout to judge',
    unread: whyNotKnown(report.source)
  })
  for (const { message } of missing) complain(message)
  const services = worstFirst(report.services).filter(service => isSelected(selection, service))
  if (services.length === 0 && missing.length === 0) complain(NOTHING_TO_JUDGE)
  const shown = onlyBad ? services.filter(service => isBad(rolloutOf(service)?.severity)) : services
  await print(render(shown, services, options), stdout)
  const severities = services.flatMap(service => rolloutOf(service)?.severity ?? [])
  return exitCode([...severities, ...missing.map(() => 'unknown' as const)])
}

const NOTHING_TO_JUDGE = 'nothing to judge: no workload in WORKLOADS_FILE is guarded, or none in this namespace'

function rolloutOf({ findings }: ServiceReport) {
  return findingBy(findings, 'rollout')
}

function isBad(severity: Severity | undefined): boolean {
  return severity !== 'ok' && severity !== 'info'
}

/** Without a rollout, nothing is known. */
function exitCode(severities: readonly Severity[]): number {
  return EXIT_CODES[SEVERITIES.find(severity => severities.includes(severity)) ?? 'unknown']
}

function render(
  services: readonly ServiceReport[],
  counted: readonly ServiceReport[],
  { at, format, stdout }: CheckAtOptions
): string {
  if (format === 'table') return renderRolloutTable(services, stdout, counted)
  return services.map(service => `${renderRolloutLine(service, at)}\n`).join('')
}

/** One line of JSON for one workload; unknown is `null`. */
function renderRolloutLine({ service, namespace, workload, deployed, findings }: ServiceReport, at: number): string {
  const rollout = findingBy(findings, 'rollout')
  const isInTrouble = rollout?.status === 'STUCK' || rollout?.status === 'MIXED'
  return JSON.stringify({
    timestamp: new Date(at).toISOString(),
    level: rollout === null ? null : levelOf(rollout.severity),
    message: rollout?.message ?? null,
    service,
    namespace,
    workload: `${workload.kind}/${workload.name}`,
    image: deployed.image,
    state: rollout?.status ?? null,
    pods: rollout?.evidence.awaitedPods ?? [],
    goBack: isInTrouble ? rollout.evidence.wayBack.command || null : null,
    note: isInTrouble ? rollout.evidence.wayBack.note : null
  })
}
