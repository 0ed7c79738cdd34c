import { setImmediate as nextTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import pLimit from 'p-limit'
import { unseen } from '../domain/observation.ts'
import type { Clock, ProbeEndpoint, WorkloadSource } from '../domain/ports.ts'
import type { Observation, Probe, ProbeReason } from '../domain/probe.ts'
import type { Report, ReportChange } from '../domain/report.ts'
import { type Target, targetKey } from '../domain/target.ts'
import { judge } from './judge.ts'
import { singleFlight } from './single-flight.ts'
import { selectTargets, type TargetRules, type TargetSelection } from './targets.ts'

export interface CheckerParts {
  readonly source: Pick<WorkloadSource, 'snapshot' | 'health'>
  readonly probe: ProbeEndpoint
  /** The targets file's, as it is now. */
  readonly fileTargets: () => readonly Target[]
  readonly rules: TargetRules
  /** The most that one probe takes. */
  readonly timeoutMs: number
  /** The most targets that are exposed as gauges; absent: all are. */
  readonly mostExposed?: number
  /** Probes under way at once. */
  readonly concurrency: number
  readonly clock: Clock
  /** Never jumps; for durations. */
  readonly monotonic: Clock
  /** Aborted when the process stops: what probes under way find from then on leaves no observation. */
  readonly signal: AbortSignal
  /** Called after each judgement, before its callers go on. */
  readonly onReport: (report: Report, change: ReportChange) => void
  /** Called after each whole cycle. */
  readonly onCycle?: (durationMs: number) => void
}

/** One pass over all targets: who is asked, and what becomes of those whom a deadline cuts off. */
export interface CycleOptions {
  /** The most that the whole cycle takes. Absent: as long as its probes. */
  readonly budgetMs?: number
  /**
   * `kept`: a target that had no fair chance before the deadline keeps its last observation; it is not a failure.
   * `timeout`: all that has not answered by then timed out.
   */
  readonly unanswered?: 'kept' | 'timeout'
  /** Called with the numbers of targets that have been asked so far and that will be. */
  readonly onProgress?: (asked: number, total: number) => void
}

export interface Checker {
  report(): Report
  /** One cycle; callers during a cycle share it. Judges when it ends. */
  cycle(options?: CycleOptions): Promise<void>
  /** Judges again with the last observations, after workloads or targets changed. */
  rejudge(): void
  /** Asks those that were never asked, then judges; for targets that appear between two cycles. */
  askNew(): Promise<void>
  cyclesDone(): number
}

// What is begun at once blocks the loop: meanwhile a scrape waits.
const STARTED_IN_A_TURN = 10
// Of the time that the first one asked has: who has less of it, for he had to wait, is not blamed for a timeout.
const FAIR_SHARE = 0.9

/** Keeps the last observation of every target and judges it against the workloads: the pipeline's middle. */
export function createChecker(parts: CheckerParts): Checker {
  const { source, probe, fileTargets, rules, timeoutMs, clock, monotonic, signal } = parts
  const observations = new Map<string, Observation>()
  const checked = new Set<string>()
  // What kept us from asking a target at its last turn.
  const hindrances = new Map<string, string>()
  const underWay = new Map<string, Target>()
  const limit = pLimit(parts.concurrency)
  let cyclesDone = 0
  let report: Report | undefined

  const select = (): TargetSelection => selectTargets(fileTargets(), source.snapshot().workloads, rules)

  function rejudge(): Report {
    const { targets, warnings } = select()
    forget(targets)
    const { mostExposed = targets.length } = parts
    const seen = { workloads: source.snapshot(), source: source.health(), observations }
    const before = report
    const allWarnings = [...warnings, ...[...new Set(hindrances.values())].map(warnOfHindrance)]
    report = judge({ ...seen, targets, warnings: allWarnings, mostExposed }, clock(), before)
    parts.onReport(report, { before, checked: new Set(checked) })
    checked.clear()
    return report
  }

  // What is no longer asked, or is asked another question now, leaves nothing behind.
  function forget(targets: readonly Target[]): void {
    const wanted = new Map(targets.map(target => [targetKey(target), target]))
    for (const [key, { target }] of observations) {
      if (!asksTheSame(target, wanted.get(key))) observations.delete(key)
    }
    for (const key of hindrances.keys()) if (!wanted.has(key)) hindrances.delete(key)
  }

  async function ask(targets: readonly Target[], options: CycleOptions = {}): Promise<void> {
    const { budgetMs = Number.POSITIVE_INFINITY, unanswered = 'kept', onProgress } = options
    const start = monotonic()
    let asked = 0
    const record = (target: Target, outcome: Probe) => {
      const key = targetKey(target)
      observations.set(key, { ...outcome, target, checkedAt: clock() })
      checked.add(key)
      hindrances.delete(key)
    }
    const askOne = async (target: Target) => {
      const leftMs = Math.min(timeoutMs, budgetMs - (monotonic() - start))
      if (signal.aborted) return
      if (leftMs <= 0) {
        if (unanswered === 'timeout') record(target, notAsked(budgetMs))
        return
      }
      const outcome = await probe(target, leftMs)
      if (signal.aborted) return
      asked += 1
      onProgress?.(asked, targets.length)
      if (!wasAsked(outcome)) {
        if (!outcome.report.seen) hindrances.set(targetKey(target), outcome.report.message)
        return
      }
      const hadFairChance = leftMs >= FAIR_SHARE * Math.min(timeoutMs, budgetMs)
      const cutOff = !outcome.report.seen && outcome.report.reason === 'timeout' && !hadFairChance
      if (!cutOff || unanswered === 'timeout') record(target, outcome)
    }
    // The one asked longest ago comes first, so that under a short budget every target gets its turn.
    const lastAsked = (target: Target) => observations.get(targetKey(target))?.checkedAt ?? 0
    const inTurn = [...targets].sort((a, b) => lastAsked(a) - lastAsked(b))
    for (const target of targets) underWay.set(targetKey(target), target)
    const end = (target: Target) => {
      if (underWay.get(targetKey(target)) === target) underWay.delete(targetKey(target))
    }
    const ends: Promise<void>[] = []
    for (const [position, target] of inTurn.entries()) {
      if (position % STARTED_IN_A_TURN === STARTED_IN_A_TURN - 1) await nextTurn()
      ends.push(limit(() => askOne(target).finally(() => end(target))))
    }
    await Promise.all(ends)
  }

  async function cycle(options?: CycleOptions): Promise<void> {
    const start = monotonic()
    const { targets } = select()
    forget(targets)
    await ask(targets, options)
    if (signal.aborted) return
    cyclesDone += 1
    parts.onCycle?.(monotonic() - start)
    rejudge()
  }

  async function askNew(): Promise<void> {
    const { targets } = select()
    forget(targets)
    const unasked = targets.filter(target => {
      const key = targetKey(target)
      return !observations.has(key) && !asksTheSame(target, underWay.get(key))
    })
    if (unasked.length === 0) return
    await ask(unasked)
    if (!signal.aborted) rejudge()
  }

  return {
    report: () => report ?? rejudge(),
    cycle: singleFlight(cycle),
    rejudge,
    askNew,
    cyclesDone: () => cyclesDone
  }
}

// An observation answers for a target only as long as the same is asked of the same address with the same trust.
function asksTheSame(one: Target, other: Target | undefined): boolean {
  return (
    one.endpoint === other?.endpoint &&
    one.origin === other.origin &&
    isDeepStrictEqual(one.versionPointers, other.versionPointers) &&
    isDeepStrictEqual(one.gitShaPointers, other.gitShaPointers) &&
    isDeepStrictEqual(one.headers ?? [], other.headers ?? [])
  )
}

function wasAsked(outcome: Probe<ProbeReason>): outcome is Probe {
  return outcome.report.seen || outcome.report.reason !== 'not_asked'
}

function warnOfHindrance(hindrance: string): string {
  return `this guard cannot ask all targets, which keep what they said last: ${hindrance}`
}

function notAsked(budgetMs: number) {
  const message = `not asked within the ${budgetMs / 1000} s of CHECK_DEADLINE; raise it, or CHECK_CONCURRENCY`
  return { report: unseen('timeout', message), httpStatus: null, durationMs: 0 } as const
}
