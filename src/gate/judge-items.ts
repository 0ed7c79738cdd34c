import {
  GATE_SECTIONS,
  type GateAction,
  type GateItem,
  type GateReport,
  type GateSection,
  type GateWaiver,
  isBlocking
} from '../domain/gate.ts'
import type { GateConfig } from './gate-config.ts'
import type { GateFacts, ItemResult, ItemSpec, SourceSpec } from './item.ts'

export interface Judgement {
  readonly specs: readonly ItemSpec[]
  /** What items may need, but is not a row of the report. */
  readonly sources: readonly SourceSpec[]
  readonly facts: GateFacts
  readonly config: Pick<GateConfig, 'required' | 'optional' | 'waivers'>
  readonly header: GateHeader
}

/** Who gated what; `null`: nobody said. Strings from outside have been through `shown`. */
export type GateHeader = Pick<GateReport, 'commit' | 'environment' | 'validator'>

interface Judged {
  readonly item: GateItem
  /** Whether it stands in the way of GO. */
  readonly blocking: boolean
  readonly showsLife: boolean
  /** What its missing PASS asks for. */
  readonly actions: readonly string[]
}

// `blockedBy`: the need at the start of the chain, the one that a person can do something about; `null`: it was looked at.
type Outcome = ItemResult & { readonly blockedBy: string | null }

/**
 * Judges every item from the facts. Pure. An item whose needs have not passed is SKIP, with the words and the action of
 * the need at the start of the chain. Throws if specs need something that does not exist, or each other.
 */
export function judgeItems({ specs, sources, facts, config, header }: Judgement): GateReport {
  const outcomeOf = createJudge([...sources, ...specs], facts)
  const date = new Date(facts.now).toISOString()
  const judged = specs.map(spec => judgeItem(spec, outcomeOf(spec.id), { config, day: date.slice(0, 10) }))
  const items = judged.map(({ item }) => item)
  const warnings = warningsOf([...sources, ...specs].map(({ id }) => [id, outcomeOf(id)]))
  const flaw = flawOf(judged)
  return {
    verdict: flaw !== null || judged.some(({ blocking }) => blocking) ? 'NO-GO' : 'GO',
    reservations: [
      ...(flaw === null ? [] : [flaw]),
      ...(flaw === null && items.every(({ required }) => !required) ? [NOTHING_REQUIRED] : []),
      ...reservationsOf(judged),
      ...warnings
    ],
    date,
    ...header,
    sections: sectionsOf(items),
    items,
    actions: actionsOf(
      flaw === null ? judged : judged.map(one => ({ ...one, blocking: one.blocking || one.showsLife }))
    )
  }
}

/** The exit code of the `gate` command: 0 GO, 1 GO with reservations, 2 NO-GO. */
export function exitCodeOf({ verdict, reservations }: Pick<GateReport, 'verdict' | 'reservations'>): 0 | 1 | 2 {
  if (verdict === 'NO-GO') return 2
  return reservations.length > 0 ? 1 : 0
}

function createJudge(specs: readonly SourceSpec[], facts: GateFacts): (id: string) => Outcome {
  const byId = new Map(specs.map(spec => [spec.id, spec]))
  if (byId.size < specs.length) throw new Error('Two items of the gate have the same id')
  const outcomes = new Map<string, Outcome | null>()
  const outcomeOf = (id: string): Outcome => {
    const known = outcomes.get(id)
    if (known) return known
    const spec = byId.get(id)
    if (spec === undefined) throw new Error(`An item of the gate needs ${id}, which does not exist`)
    if (known === null) throw new Error(`The item ${id} of the gate needs itself`)
    outcomes.set(id, null)
    const missing = spec.needs.find(need => outcomeOf(need).status !== 'PASS')
    const outcome =
      missing === undefined ? { ...spec.judge(facts), blockedBy: null } : skippedFor(missing, outcomeOf(missing))
    outcomes.set(id, outcome)
    return outcome
  }
  return outcomeOf
}

function skippedFor(need: string, { status, evidence, action, blockedBy }: Outcome): Outcome {
  const words = blockedBy === null ? `needs ${need}, which is ${status}: ${evidence}` : evidence
  return { status: 'SKIP', evidence: words, action, blockedBy: blockedBy ?? need }
}

function judgeItem(
  spec: ItemSpec,
  result: Outcome,
  { config, day }: { readonly config: Judgement['config']; readonly day: string }
): Judged {
  const { id, section, item } = spec
  const { status } = result
  const required = config.required.includes(id) || (spec.required && !config.optional.includes(id))
  const waiver = waiverOf(id, config.waivers, day)
  const isOver = status !== 'PASS' && waiver?.expired === true
  const evidence = isOver
    ? `${result.evidence} (its waiver ended with ${waiver.until}: it counts again)`
    : result.evidence
  const wanted = [result.action, result.blockedBy === null ? null : spec.alsoDo]
  const judged = { id, section, item, status, required, evidence, waiver }
  return {
    item: judged,
    blocking: isBlocking(judged),
    showsLife: spec.showsLife === true,
    actions: status === 'PASS' ? [] : wanted.filter(action => typeof action === 'string')
  }
}

// Of several, the one that holds longest.
function waiverOf(id: string, waivers: GateConfig['waivers'], day: string): GateWaiver | null {
  const own = waivers.filter(({ item }) => item === id)
  const [longest] = own.toSorted((one, other) => (one.until < other.until ? 1 : -1))
  if (longest === undefined) return null
  const { reason, by, until } = longest
  // Days written as YYYY-MM-DD sort by time.
  return { reason, by, until, expired: until < day }
}

// What keeps a report from GO if no item does: whatever is optional or waived, nobody deploys what shows no sign of
// life.
function flawOf(judged: readonly Judged[]): string | null {
  if (judged.every(({ item }) => item.status === 'SKIP')) return 'Nothing could be looked at'
  const signs = judged.filter(({ showsLife }) => showsLife)
  const isDead = signs.length > 0 && signs.every(({ item }) => item.status !== 'PASS')
  if (!isDead || judged.some(({ blocking }) => blocking)) return null
  return `Nothing shows that the service runs: not ${signs.map(({ item }) => item.id).join(', ')}`
}

const NOTHING_REQUIRED = 'No item is required: nothing could have led to NO-GO'

function reservationsOf(judged: readonly Judged[]): string[] {
  return judged.flatMap(({ item: { id, status, required, evidence, waiver } }) => {
    if (status === 'PASS') return []
    if (waiver?.expired === false) {
      const by = waiver.by === null ? '' : ` by ${waiver.by}`
      return [`${id} is ${status} and waived${by} until ${waiver.until}: ${waiver.reason}`]
    }
    return status === 'FAIL' && !required ? [`${id} is optional and FAIL: ${evidence}`] : []
  })
}

// The same warning from several items is told once.
function warningsOf(outcomes: readonly (readonly [id: string, Outcome])[]): string[] {
  const ids = new Map<string, string[]>()
  for (const [id, { warning }] of outcomes) {
    if (warning !== undefined) ids.set(warning, [...(ids.get(warning) ?? []), id])
  }
  return [...ids].map(([warning, of]) => `${warning} (${of.join(', ')})`)
}

function sectionsOf(items: readonly GateItem[]): GateSection[] {
  return GATE_SECTIONS.map(section => {
    const own = items.filter(item => item.section === section)
    const count = (status: GateItem['status']) => own.filter(item => item.status === status).length
    const [pass, fail, skip] = [count('PASS'), count('FAIL'), count('SKIP')]
    const total = own.length
    return { section, total, pass, fail, skip, rate: total === 0 ? null : pass / total }
  })
}

function actionsOf(judged: readonly Judged[]): GateAction[] {
  const actions = new Map<string, { blocking: boolean; items: string[] }>()
  const want = (action: string, { item, blocking }: Judged) => {
    const { blocking: before = false, items = [] } = actions.get(action) ?? {}
    actions.set(action, { blocking: before || blocking, items: [...items, item.id] })
  }
  for (const one of judged) for (const action of one.actions) want(action, one)
  // The actions above deal with what kept them from being looked at; only another run can tell their status.
  const unseen = judged.filter(({ item, blocking }) => blocking && item.required && item.status === 'SKIP')
  for (const one of unseen) want(AGAIN, one)
  const inOrder = [...actions].map(([action, { blocking, items }]) => ({ action, blocking, items }))
  return inOrder.toSorted((one, other) => Number(other.blocking) - Number(one.blocking))
}

const AGAIN = 'Run the gate again: required items could not be looked at'
