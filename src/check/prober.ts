import { isDeepStrictEqual } from 'node:util'
import { unseen } from '../domain/observation.ts'
import type { Clock, ProbeEndpoint } from '../domain/ports.ts'
import type { Observation, Probe, ProbeReason } from '../domain/probe.ts'
import { type ProbedTarget, type Question, questionKey, type ServiceIdentity, targetKey } from '../domain/target.ts'
import type { Pace } from '../event-loop.ts'
import { LONGEST_TIMER_MS } from '../text/durations.ts'
import { createCycleEnd } from './cycle-end.ts'
import { type Claimant, createFairSlots, type Lane } from './fair-slots.ts'

export interface ProberParts {
  readonly probe: ProbeEndpoint
  /** How long one probe takes at most. */
  readonly timeoutMs: number
  /** Probes under way at once. */
  readonly concurrency: number
  /** Waited for before each probe begins. */
  readonly pace: Pace
  readonly clock: Clock
  /** Never jumps; for durations. */
  readonly monotonic: Clock
  /** Aborted when the process stops: what probes under way find from then on leaves no observation. */
  readonly signal: AbortSignal
  /** Called after each answer that is kept. */
  readonly onAnswer?: () => void
}

/** One pass over targets: which are asked, and what becomes of those that a deadline cuts off. */
export interface CycleOptions {
  /** How long the whole cycle takes at most. Absent: as long as its probes. */
  readonly budgetMs?: number
  /**
   * `kept`: a target that had no fair chance before the deadline keeps its last observation; it is not a failure.
   * `timeout`: every target that has not answered by then timed out.
   */
  readonly unanswered?: 'kept' | 'timeout'
  /**
   * Without a deadline, how long the cycle waits for answers; probes that have not ended by then go on beside the next
   * cycle. Absent: as long as it takes, but for slow services and those that never answered only as long as one probe
   * may take.
   */
  readonly patienceMs?: number
  /** Waits for services that are slow or never answered as long as for others. */
  readonly isPatient?: boolean
  /** Whether a target is asked at all; absent: each is. */
  readonly isWanted?: (target: ServiceIdentity) => boolean
  /** Called with the number of targets asked so far, and the number of all that will be asked. */
  readonly onProgress?: (asked: number, total: number) => void
}

/** Asks questions, and keeps the last answer to each. */
export interface Prober {
  /**
   * By question key; a target that was never asked has none. A report that says the same as the last is the same
   * object.
   */
  readonly observations: ReadonlyMap<string, Observation>
  /** The observations with a warning, kept apart because few of thousands have one. */
  readonly warned: ReadonlyMap<string, Observation>
  /** Asks the targets that have an endpoint. Resolves when all have been asked, or left out because time ran out. */
  ask(targets: readonly Question[], options?: CycleOptions): Promise<void>
  /** The targets among them that were never asked, and are not being asked now. */
  unasked(targets: readonly Question[]): readonly Question[]
  /** Forgets everything about targets that are not among these, or are asked another question now. */
  forgetAllBut(targets: readonly Question[]): void
  /** What kept us from asking targets at their last turn, each obstacle once. */
  obstacles(): readonly string[]
  /** What happened since the last call. */
  takeAnswers(): Answers
}

/** By target key. */
interface Answers {
  /** Targets that were asked anything. */
  readonly answered: ReadonlySet<string>
  /** Those whose check has ended: for a target that is asked pod by pod, once all of its pods were asked. */
  readonly checked: ReadonlySet<string>
}

/** How far a target is asked in one pass. */
interface Check {
  /** The target's key. */
  readonly key: string
  left: number
  isAnswered: boolean
}

/** A question in one pass, which claims a slot. */
interface Turn extends Claimant {
  readonly target: ProbedTarget
  /** The question's key: made once, since everything is kept by it. */
  readonly key: string
  /** When it was asked last; 0: never. */
  readonly lastAt: number
  readonly check: Check
}

// Of the time that the first target has: one that had to wait and has less than this is not blamed for a timeout.
const FAIR_SHARE = 0.9
// Of a probe's timeout: a service that took longer the last time is slow.
const SLOW_SHARE = 0.5

export function createProber(parts: ProberParts): Prober {
  const { probe, timeoutMs, concurrency, pace, clock, monotonic, signal, onAnswer } = parts
  const observations = new Map<string, Observation>()
  const warned = new Map<string, Observation>()
  const obstacles = new Map<string, { readonly target: Question; readonly message: string }>()
  const underWay = new Map<string, ProbedTarget>()
  let answered = new Set<string>()
  let checked = new Set<string>()
  // Targets that were all asked: every event asks again which are left.
  let allAsked: readonly Question[] | undefined
  const slots = createFairSlots<Turn>(concurrency)

  function record({ target, key, check }: Turn, outcome: Probe): void {
    const before = observations.get(key)?.report
    const report = before !== undefined && isSameReport(before, outcome.report) ? before : outcome.report
    const observation = observe(outcome, { report, target, checkedAt: clock() })
    observations.set(key, observation)
    if (observation.warning === undefined) warned.delete(key)
    else warned.set(key, observation)
    obstacles.delete(key)
    answered.add(check.key)
    check.isAnswered = true
    onAnswer?.()
  }

  function laneOf({ origin }: ProbedTarget, last: Observation | undefined): Lane {
    if (last !== undefined && last.durationMs >= SLOW_SHARE * timeoutMs) return 'slow'
    return origin === 'file' || last?.report.seen ? 'quick' : 'unproven'
  }

  // The target asked longest ago comes first, so that under a short budget every target gets its turn.
  function beginTurns(targets: readonly ProbedTarget[]): readonly Turn[] {
    const checks = new Map<string, Check>()
    const turns: Turn[] = []
    const now = clock()
    for (const target of targets) {
      const key = questionKey(target)
      if (asksTheSame(target, underWay.get(key))) continue
      underWay.set(key, target)
      const last = observations.get(key)
      const ofTarget = target.pod === undefined ? key : targetKey(target)
      const check = checks.get(ofTarget) ?? { key: ofTarget, left: 0, isAnswered: false }
      checks.set(ofTarget, check)
      check.left += 1
      const { namespace, service, origin } = target
      const lane = laneOf(target, last)
      const isTrusted = origin === 'file'
      turns.push({ target, key, lastAt: lastAt(last, now), check, namespace, service, isTrusted, lane })
    }
    return turns.sort((a, b) => a.lastAt - b.lastAt)
  }

  function endTurn(turn: Turn): void {
    const { target, key, check } = turn
    if (underWay.get(key) === target) underWay.delete(key)
    check.left -= 1
    if (check.left === 0 && check.isAnswered) checked.add(check.key)
    slots.giveBack(turn)
  }

  async function ask(targets: readonly Question[], options: CycleOptions = {}): Promise<void> {
    const { budgetMs = Number.POSITIVE_INFINITY, unanswered = 'kept', isPatient = false, onProgress } = options
    const { patienceMs = LONGEST_TIMER_MS, isWanted = () => true } = options
    const start = monotonic()
    let asked = 0
    const turns = beginTurns(targets.filter(isProbed).filter(isWanted))
    const cycle = createCycleEnd(turns.map(({ lane }) => lane))
    // It may be asked another question by now, or be gone.
    const isOver = ({ target, key }: Turn) => signal.aborted || underWay.get(key) !== target
    const conclude = (turn: Turn, outcome: Probe<ProbeReason>, leftMs: number) => {
      asked += 1
      onProgress?.(asked, turns.length)
      if (!wasAsked(outcome)) {
        if (!outcome.report.seen) obstacles.set(turn.key, { target: turn.target, message: outcome.report.message })
        return
      }
      const hadFairChance = leftMs >= FAIR_SHARE * Math.min(timeoutMs, budgetMs)
      const cutOff = !outcome.report.seen && outcome.report.reason === 'timeout' && !hadFairChance
      if (!cutOff || unanswered === 'timeout') record(turn, outcome)
    }
    const askOne = async (turn: Turn) => {
      try {
        await pace()
        const leftMs = Math.min(timeoutMs, budgetMs - (monotonic() - start))
        if (isOver(turn)) return
        if (leftMs > 0) {
          const outcome = await probe(turn.target, leftMs)
          if (!isOver(turn)) conclude(turn, outcome, leftMs)
        } else if (unanswered === 'timeout') record(turn, NOT_ASKED)
      } catch (error) {
        cycle.failed(error)
      } finally {
        endTurn(turn)
        cycle.ended(turn.lane)
      }
    }
    for (const turn of turns) slots.take(turn, askOne)
    const hasDeadline = unanswered === 'timeout' || budgetMs !== Number.POSITIVE_INFINITY
    await (hasDeadline ? cycle.all : cycle.over({ longestMs: patienceMs, slowMs: isPatient ? patienceMs : timeoutMs }))
  }

  function unasked(targets: readonly Question[]): readonly Question[] {
    if (targets === allAsked) return []
    const left = targets.filter(isProbed).filter(target => {
      const key = questionKey(target)
      return !asksTheSame(target, observations.get(key)?.target) && !asksTheSame(target, underWay.get(key))
    })
    if (left.length === 0 && underWay.size === 0) allAsked = targets
    return left
  }

  function forgetAllBut(targets: readonly Question[]): void {
    const wanted = new Map(targets.map(target => [questionKey(target), target]))
    for (const known of [observations, warned, obstacles]) {
      for (const [key, { target }] of known) if (!asksTheSame(target, wanted.get(key))) known.delete(key)
    }
    for (const [key, target] of underWay) if (!asksTheSame(target, wanted.get(key))) underWay.delete(key)
  }

  return {
    observations,
    warned,
    ask,
    unasked,
    forgetAllBut,
    obstacles: () => [...new Set([...obstacles.values()].map(({ message }) => message))],
    takeAnswers: () => {
      const taken = { answered, checked }
      answered = new Set()
      checked = new Set()
      return taken
    }
  }
}

// A time in the future is from before the clock was set back. Kept, it would let those asked since come first each
// time.
function lastAt(last: Observation | undefined, now: number): number {
  return last === undefined || last.checkedAt > now ? 0 : last.checkedAt
}

// Field by field: V8 keeps what a spread adds in a separate list, and each service would have one.
function observe(
  { httpStatus, durationMs, warning, trace }: Probe,
  { report, target, checkedAt }: Pick<Observation, 'report' | 'target' | 'checkedAt'>
): Observation {
  const observation =
    trace === undefined
      ? { report, httpStatus, durationMs, target, checkedAt }
      : { report, httpStatus, durationMs, target, checkedAt, trace }
  return warning === undefined ? observation : { ...observation, warning }
}

// An observation counts for a target only as long as the same address is asked the same with the same trust.
function asksTheSame(one: Question, other: Question | undefined): boolean {
  if (one === other) return true
  return (
    one.endpoint === other?.endpoint &&
    one.origin === other.origin &&
    isDeepStrictEqual(one.pod, other.pod) &&
    (one.versionMatch === 'git-sha') === (other.versionMatch === 'git-sha') &&
    isDeepStrictEqual(one.versionPointers, other.versionPointers) &&
    isDeepStrictEqual(one.gitShaPointers, other.gitShaPointers) &&
    isDeepStrictEqual(one.headers ?? [], other.headers ?? [])
  )
}

function isSameReport(one: Observation['report'], other: Observation['report']): boolean {
  if (!one.seen || !other.seen)
    return !one.seen && !other.seen && one.reason === other.reason && one.message === other.message
  return one.value.version === other.value.version && one.value.gitSha === other.value.gitSha
}

function isProbed(target: Question): target is ProbedTarget {
  return target.endpoint !== null
}

function wasAsked(outcome: Probe<ProbeReason>): outcome is Probe {
  return outcome.report.seen || outcome.report.reason !== 'not_asked'
}

const NOT_ASKED = {
  report: unseen('timeout', 'not asked within CHECK_DEADLINE; raise it, or CHECK_CONCURRENCY'),
  httpStatus: null,
  durationMs: 0
} as const
