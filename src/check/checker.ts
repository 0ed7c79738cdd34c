import type { WorkloadSource } from '../domain/ports.ts'
import type { Report, ReportChange } from '../domain/report.ts'
import type { Target } from '../domain/target.ts'
import type { Workload } from '../domain/workload.ts'
import { inSteps } from '../pace.ts'
import { type AskerParts, type CycleOptions, createAsker } from './asker.ts'
import { judge } from './judge.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { singleFlight } from './single-flight.ts'
import { selectTargets, type TargetRules, type TargetSelection } from './targets.ts'

export interface CheckerParts extends AskerParts {
  readonly source: Pick<WorkloadSource, 'snapshot' | 'health'>
  /** The targets file's, as it is now. */
  readonly fileTargets: () => readonly Target[]
  readonly rules: TargetRules
  /** The most targets that are exposed as gauges; absent: all are. */
  readonly mostExposed?: number
  /** Called after each judgement; its callers, and the next one, wait for it. */
  readonly onReport: (report: Report, change: ReportChange) => Promise<void> | void
  /** Called after each whole cycle. */
  readonly onCycle?: (durationMs: number) => void
}

export interface Checker {
  report(): Report
  /** One cycle, over all targets; callers during a cycle share it. Judges when it ends. */
  cycle(options?: CycleOptions): Promise<void>
  /** Judges again with the last observations, after workloads or targets changed. */
  rejudge(): Promise<void>
  /** Asks those that were never asked, then judges; for targets that appear between two cycles. */
  askNew(): Promise<void>
  cyclesDone(): number
  /** Resolves when no judgement is under way or waited for. */
  settled(): Promise<void>
}

/** What targets were chosen from. */
interface Selected {
  readonly files: readonly Target[]
  readonly workloads: readonly Workload[]
  readonly selection: TargetSelection
}

/**
 * Has every target asked, and judges what it said last against the workloads: the pipeline's middle. Resolves with a first
 * report, of what is known before anybody is asked.
 */
export async function createChecker(parts: CheckerParts): Promise<Checker> {
  const { source, fileTargets, rules, clock, monotonic, signal, onReport, onCycle } = parts
  const asker = createAsker(parts)
  let cyclesDone = 0
  let selected: Selected | undefined
  let report = await judgeAll()
  const judgement = oneAtATime(async () => {
    report = await judgeAll(report)
  })

  // The same targets as long as nothing is new: to choose them is the longest block in the judgement of many.
  function select(): TargetSelection {
    const files = fileTargets()
    const { workloads } = source.snapshot()
    if (selected?.files !== files || selected.workloads !== workloads) {
      selected = { files, workloads, selection: selectTargets(files, workloads, rules) }
    }
    asker.forgetAllBut(selected.selection.targets)
    return selected.selection
  }

  async function judgeAll(before?: Report): Promise<Report> {
    const { targets, warnings } = select()
    const { mostExposed = targets.length } = parts
    const checked = asker.takeChecked()
    const facts = {
      targets,
      workloads: source.snapshot(),
      // As they are now: the steps take some turns, in which others are asked.
      observations: new Map(asker.observations),
      source: source.health(),
      warnings: [...warnings, ...asker.obstacles().map(warnOfObstacle)],
      mostExposed
    }
    const report = await inSteps(judge(facts, clock(), before))
    await onReport(report, { before, checked })
    return report
  }

  async function cycle(options?: CycleOptions): Promise<void> {
    const start = monotonic()
    await asker.ask(select().targets, options)
    if (signal.aborted) return
    onCycle?.(monotonic() - start)
    await judgement.run()
    cyclesDone += 1
  }

  async function askNew(): Promise<void> {
    const unasked = asker.unasked(select().targets)
    if (unasked.length === 0) return
    await asker.ask(unasked)
    if (!signal.aborted) await judgement.run()
  }

  return {
    report: () => report,
    cycle: singleFlight(cycle),
    rejudge: judgement.run,
    settled: judgement.settled,
    askNew,
    cyclesDone: () => cyclesDone
  }
}

function warnOfObstacle(obstacle: string): string {
  return `this guard cannot ask all targets, which keep what they said last: ${obstacle}`
}
