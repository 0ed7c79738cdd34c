import { findingBy } from '../domain/finding.ts'
import type { AnyGuard, FactSources } from '../domain/guard.ts'
import type { SourceHealth, SourceProblem, WorkloadSource } from '../domain/ports.ts'
import { type FleetFinding, isExposed, type Report, type ReportChange, type ServiceReport } from '../domain/report.ts'
import type { KnownService } from '../domain/service-change.ts'
import type { Question, Target } from '../domain/target.ts'
import { inSlices } from '../event-loop.ts'
import { createChangeHistory } from './change-history.ts'
import { createFleetJudge, type FleetParts } from './fleet.ts'
import { type Judged, judgeRepeated, judgeService } from './judge.ts'
import { changedSince, earlierOf, type JudgedAll, NOTHING_JUDGED, versionsOf } from './judged-all.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { createQuestionList } from './pod-questions.ts'
import { type CycleOptions, createProber, type ProberParts } from './prober.ts'
import { leaveOut, type SeriesBudget } from './series-budget.ts'
import { createSeriesHistory } from './series-history.ts'
import { singleFlight } from './single-flight.ts'
import { type Counted, sumAgain, sumUp } from './sums.ts'
import { createTargetSelector, type TargetRules, type TargetSelection } from './targets.ts'
import { takeTurns, warnOfChanges, warnOfNewSeries, warnOfObstacle, warnOfProbe } from './warnings.ts'

export interface CheckerParts extends Omit<ProberParts, 'onAnswer'> {
  readonly source: Pick<WorkloadSource, 'snapshot' | 'health' | 'readTemplates'>
  readonly factSources: FactSources
  /** In the order in which a service's findings are shown. */
  readonly guards: readonly AnyGuard[]
  /** The targets of the targets file, as it is now. */
  readonly fileTargets: () => readonly Target[]
  readonly rules: TargetRules
  readonly budget: SeriesBudget
  /** Absent: nothing is known besides the services. */
  readonly fleet?: Omit<FleetParts, 'shard'>
  /** How long a cycle waits for answers: a slow service does not keep others from being asked again. */
  readonly patienceMs: number
  /** Called after each judgement; its callers, and the next one, wait for it. */
  readonly onReport: (report: Report, change: ReportChange) => Promise<void> | void
  /** Called after each whole cycle. */
  readonly onCycle?: (durationMs: number) => void
}

export interface Checker {
  report(): Report
  /** By target key; `undefined`: there is no such service. */
  find(key: string): KnownService | undefined
  /** How well the source of workloads sees now, with the problems of all other sources added to its own. */
  health(): SourceHealth
  /** One cycle, over all targets; callers during a cycle share it. Judges while it runs, and when it ends. */
  cycle(options?: CycleOptions): Promise<void>
  /** Judges again what changed, with the last observations. */
  rejudge(): Promise<void>
  /** Asks the targets that were never asked, then judges; for targets that appear between two cycles. */
  askNew(): Promise<void>
  cyclesDone(): number
  /** Resolves when no judgement is under way or waited for. */
  settled(): Promise<void>
}

const MOST_CHANGING = 20
// Always the same, so that nothing seems to have changed.
const NO_FINDINGS: readonly FleetFinding[] = []
// If a cycle takes longer than this, the answers so far are judged together in the meantime.
const JUDGE_MEANWHILE_MS = 1_000
// The first cycle covers all targets, because nobody knows yet which ones are slow. Until it ends, none is asked again.
const FIRST_PATIENCE_MS = 30_000

/**
 * The middle of the pipeline: has every target asked, and judges what is new against what is known. Resolves once there
 * is a first report, of what is known before any target is asked.
 */
export async function createChecker(parts: CheckerParts): Promise<Checker> {
  const { source, factSources, guards, fileTargets, rules, budget, clock, monotonic, signal, onReport, onCycle } = parts
  const select = createTargetSelector(rules)
  const prober = createProber({ ...parts, onAnswer: judgeMeanwhile })
  const listQuestions = createQuestionList()
  const history = createSeriesHistory()
  const changes = createChangeHistory()
  const judgeFleet = parts.fleet && createFleetJudge({ shard: rules.shard, ...parts.fleet })
  let askedBefore: readonly Question[] | undefined
  let cyclesDone = 0
  let meanwhile: NodeJS.Timeout | undefined
  let last: JudgedAll = NOTHING_JUDGED
  let report = await judgeAll()
  const judgement = oneAtATime(async () => {
    report = await judgeAll(report)
  })
  signal.addEventListener('abort', stopMeanwhile, { once: true })

  function stopMeanwhile(): void {
    clearTimeout(meanwhile)
    meanwhile = undefined
  }

  // A cycle may take a long time, and slow probes go on after it.
  function judgeMeanwhile(): void {
    meanwhile ??= setTimeout(() => {
      meanwhile = undefined
      void judgement.run()
    }, JUDGE_MEANWHILE_MS).unref()
  }

  /** The targets that are selected now; the same object as long as nothing changes. */
  function targets(): TargetSelection {
    const selection = select(fileTargets(), source.snapshot().known)
    if (selection !== last.selection) {
      prober.forgetAllBut(questions(selection))
      for (const one of Object.values(factSources)) one?.forgetAllBut(selection.targets)
      changes.forgetAllBut(selection.keys)
    }
    return selection
  }

  /**
   * What targets are asked now: at their endpoints and, if they want it, pod by pod. The same array as long as nothing
   * changes.
   */
  function questions(selection: TargetSelection): readonly Question[] {
    return listQuestions(selection, source.snapshot().find)
  }

  function health(): SourceHealth {
    const { problems, ...own } = source.health()
    const others = Object.values(factSources).flatMap(one => one?.health().problems ?? [])
    // One cause may withhold several kinds of facts: it is told once, for the workloads if they are among them.
    const all = [...problems, ...others]
    const isFirst = ({ message }: SourceProblem, at: number) => all.findIndex(one => one.message === message) === at
    return { ...own, problems: all.filter(isFirst) }
  }

  async function judgeAll(before?: Report): Promise<Report> {
    const selection = targets()
    const { answered, checked } = prober.takeAnswers()
    const now = clock()
    const workloads = source.snapshot()
    const obstacles = prober.obstacles().map(warnOfObstacle)
    const earlier = earlierOf(last, selection)
    const services = earlier.slice()
    // As they are now: judging many takes some turns of the event loop, in which others are asked.
    const { observations } = prober
    const versions = versionsOf(factSources)
    const changed = changedSince(last, { selection, workloads, observations, answered, sources: factSources, now })
    await inSlices(changed, ({ index, facts }) => {
      const key = selection.keys[index] as string
      const target = selection.targets[index] as Target
      services[index] = judgeOne({ key, target, facts }, services[index], now)
    })
    const counted = services as Counted[]
    // Also all of them if the selection or the place of a workload has changed.
    const isAll = changed.length === counted.length
    const sums = isAll ? sumUp(counted, workloads.known) : sumAgain(last, counted, changed)
    const judged: JudgedAll = { at: now, selection, workloads, versions, services: counted, sums }
    const { reports, validUntil, series } = sums
    const held = [...sums.held].sort((a, b) => a - b).map(place => reports[place] as ServiceReport)
    const wasExposed = (index: number) => {
      const one = earlier[index]
      return before !== undefined && one !== undefined && isExposed(before, one.report)
    }
    const tooNew = history.follow(judged, now)
    const fleet = judgeFleet?.({ selection, known: workloads.known, now })
    const next: Report = {
      generatedAt: now,
      services: reports,
      fleet: fleet?.findings ?? NO_FINDINGS,
      source: health(),
      warnings: [
        ...takeTurns(selection.warnings),
        ...takeTurns(fleet?.warnings ?? []),
        ...workloads.warnings,
        ...obstacles,
        ...takeTurns([...prober.warned.values()].map(warnOfProbe)),
        ...takeTurns(held.flatMap(warnOfChanges), MOST_CHANGING),
        ...takeTurns(warnOfNewSeries(tooNew))
      ],
      held,
      tooNew,
      leftOut: leaveOut(counted, series, { most: budget.most, wasExposed }),
      validUntil: earliest(validUntil, fleet?.validUntil ?? Number.POSITIVE_INFINITY)
    }
    last = judged
    await onReport(next, { before, checked })
    return next
  }

  function judgeOne(
    { key, target, facts }: Pick<Judged, 'target' | 'facts'> & { readonly key: string },
    earlier: Counted | undefined,
    now: number
  ): Counted {
    const repeated = earlier?.target === target ? judgeRepeated(earlier, facts, now) : null
    if (repeated !== null) return repeated
    const labels = earlier?.labels ?? history.labelsOf(key)
    const judged = judgeService({ target, facts }, guards, { now, earlier, labels })
    if (earlier !== undefined) changes.compare(key, [earlier.report, judged.report], now)
    readMissing(judged)
    const { validUntil, report, labels: held } = judged
    return { target, facts, validUntil, report, labels: held, series: budget.countSeries(report, earlier) }
  }

  /** Has the source read the templates that a finding lacks; the source announces them when they are there. */
  function readMissing({ facts: { workload }, report: { findings } }: Judged): void {
    const missing = findingBy(findings, 'rollout')?.evidence.unreadRevisions ?? []
    if (workload.seen && missing.length > 0) void source.readTemplates(workload.value, missing)
  }

  async function cycle(options?: CycleOptions): Promise<void> {
    const start = monotonic()
    const isFirst = cyclesDone === 0
    const patienceMs = isFirst ? Math.max(FIRST_PATIENCE_MS, 2 * parts.timeoutMs) : parts.patienceMs
    const asked = questions(targets())
    // Pods come and go all the time: once in a cycle, the answers of those that are gone are forgotten.
    if (asked !== askedBefore) prober.forgetAllBut(asked)
    askedBefore = asked
    await prober.ask(asked, { isPatient: isFirst, patienceMs, ...options })
    stopMeanwhile()
    if (signal.aborted) return
    onCycle?.(monotonic() - start)
    await judgement.run()
    cyclesDone += 1
  }

  async function askNew(): Promise<void> {
    const unasked = prober.unasked(questions(targets()))
    if (unasked.length === 0) return
    await prober.ask(unasked)
    if (!signal.aborted) await judgement.run()
  }

  function find(key: string): KnownService | undefined {
    const known = last.services[last.selection.keys.indexOf(key)]
    if (known === undefined) return undefined
    const { target, facts, report } = known
    return { target, facts, report, changes: changes.of(key) }
  }

  return {
    report: () => report,
    find,
    health,
    cycle: singleFlight(cycle),
    rejudge: judgement.run,
    settled: judgement.settled,
    askNew,
    cyclesDone: () => cyclesDone
  }
}

function earliest(times: Float64Array, other: number): number {
  let least = other
  for (const time of times) if (time < least) least = time
  return least
}
