import { styleText } from 'node:util'
import type { Severity } from '../domain/finding.ts'
import type { ExplainedFact, ExplainedFinding, ProbeStep, ServiceExplanation } from '../explain/explanation.ts'
import { formatDuration } from '../text/durations.ts'
import { type Screen, type Style, wrapHard } from './table.ts'

const STYLES: Readonly<Record<Severity, Style>> = {
  critical: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  unknown: 'magenta',
  info: 'cyan',
  ok: 'green'
}

/** What is told beside a name; more lines stand below it. */
interface Entry {
  readonly name: string
  readonly text: string
  readonly more?: readonly string[]
}

const INDENT = '  '
const LONGEST_NAME = 28
// Less than this cannot be read in a column.
const LEAST_TEXT = 30

/** An explanation for people: in colour where the stream is a terminal, in lines that fit it. */
export function renderExplanation(explanation: ServiceExplanation, now: number, screen: Screen): string {
  const { namespace, service, verdict, workload, endpoint, problems, facts, findings, links } = explanation
  const { probe, changes, revisions } = explanation
  const paint = (style: Style, text: string) => styleText(style, text, { stream: screen })
  const width = screen.isTTY === true && screen.columns !== undefined ? screen.columns : Number.POSITIVE_INFINITY
  const section = (title: string, entries: readonly Entry[], note = '') =>
    entries.length === 0 && note === ''
      ? []
      : [
          '',
          paint('bold', title),
          ...layOut(entries, width),
          ...fold(note, width - INDENT.length).map(line => `${INDENT}${line}`)
        ]
  const since = verdict.since === null ? '' : durationOf(verdict.since, verdict.isSinceStart, now)
  const runs = `${workload.kind}/${workload.name}${endpoint === null ? '' : `, ${endpoint}`}`
  return `${[
    `${paint(STYLES[verdict.severity], verdict.status)}  ${namespace}/${service}`,
    ...fold(`${verdict.message}${since === '' ? '' : `, ${since}`}`, width),
    ...diagnosisLines(explanation, width),
    ...fold(runs, width),
    ...problems.flatMap(problem => fold(`The guard does not see everything: ${problem}`, width)),
    ...facts.flatMap(({ kind, question, facts: some }) =>
      section(
        `${kind.toUpperCase()}: ${question}`,
        some.map(fact => factEntry(fact, now))
      )
    ),
    ...section(
      'FINDINGS',
      findings.map(finding => findingEntry(finding, now))
    ),
    ...section(
      `LAST CHECK${probe.checkedAt === null ? '' : `, ${ageOf(probe.checkedAt, now)} ago`}`,
      probe.steps.map(stepEntry),
      probe.note
    ),
    ...commandLines(explanation, paint),
    ...section(
      'CHANGES',
      changes.items.map(change => ({
        name: shortTime(change.at),
        text: `${change.what}: ${change.from} → ${change.to}`,
        more: change.message === '' ? [] : [change.message]
      })),
      changes.note
    ),
    ...section(
      'LIVE',
      revisions.items.map(revision => ({
        name: revision.number === null ? revision.name : `revision ${revision.number}`,
        text: revision.images.join(', ') || 'image not read',
        more: [describeLife(revision)]
      })),
      revisions.note
    ),
    ...section(
      'LINKS',
      links.map(({ text, href }) => ({ name: text, text: href }))
    )
  ].join('\n')}\n`
}

// Nobody needs to be told that nobody is to blame.
function diagnosisLines({ diagnosis, verdict }: ServiceExplanation, width: number): readonly string[] {
  if (diagnosis === null || (diagnosis.culprit === 'none' && verdict.severity === 'ok')) return []
  const { culprit, message } = diagnosis
  const isSomebody = culprit !== 'none' && culprit !== 'unknown'
  return fold(isSomebody ? `Out of step: ${culprit.replace('_', ' ')}. ${message}` : message, width)
}

function factEntry({ name, value, source, asOf, note }: ExplainedFact, now: number): Entry {
  const where = asOf === null ? source : `${source}, ${ageOf(asOf, now)} ago`
  return value === null
    ? { name, text: `not seen: ${note}`, more: [where] }
    : { name, text: value, more: note === '' ? [where] : [note, where] }
}

function findingEntry(
  { guard, part, status, message, since, isSinceStart, evidence }: ExplainedFinding,
  now: number
): Entry {
  const age = durationOf(since, isSinceStart, now)
  return {
    name: part === '' ? guard : `${guard} ${part}`,
    text: `${status}${message === '' ? '' : `: ${message}`}`,
    more: age === '' ? evidence : [age, ...evidence]
  }
}

function stepEntry({ what, text, durationMs, details }: ProbeStep): Entry {
  return { name: what, text: durationMs === null ? text : `${text} (${durationMs} ms)`, more: details }
}

// Never broken into lines: they are copied.
function commandLines(
  { commands }: ServiceExplanation,
  paint: (style: Style, text: string) => string
): readonly string[] {
  const of = (kind: 'check' | 'back', title: string) => {
    const some = commands.filter(command => command.kind === kind)
    const lines = some.flatMap(({ purpose, command, note }) => [
      `${INDENT}${paint('dim', `# ${purpose}${note === '' ? '' : `: ${note}`}`)}`,
      `${INDENT}${command}`
    ])
    return some.length === 0 ? [] : ['', paint('bold', title), ...lines]
  }
  return [...of('check', 'TO CHECK'), ...of('back', 'TO GO BACK')]
}

function describeLife({ from, to, isCurrent, pods }: ServiceExplanation['revisions']['items'][number]): string {
  const begin = from === null ? 'since when is not known' : `from ${shortTime(from)}`
  const end = isCurrent ? ' until now' : to === null ? '' : ` until ${shortTime(to)}`
  return `${begin}${end}${pods === null ? '' : `, ${pods} ${pods === 1 ? 'pod' : 'pods'} now`}`
}

/** Names in a column, what is told beside them; where that leaves too little room, below them. */
function layOut(entries: readonly Entry[], width: number): readonly string[] {
  const longest = Math.min(LONGEST_NAME, Math.max(0, ...entries.map(({ name }) => name.length)))
  const isBelow = width - longest - 2 * INDENT.length < LEAST_TEXT
  const lead = isBelow ? INDENT.repeat(2) : ' '.repeat(longest + 2 * INDENT.length)
  return entries.flatMap(({ name, text, more = [] }) => {
    const lines = [text, ...more].flatMap(line => wrapHard(line, width - lead.length)).map(line => `${lead}${line}`)
    if (isBelow || name.length > longest)
      return [...fold(name, width - INDENT.length).map(line => `${INDENT}${line}`), ...lines]
    const [first = '', ...rest] = lines
    return [`${INDENT}${name.padEnd(longest)}${INDENT}${first.slice(lead.length)}`, ...rest]
  })
}

function fold(text: string, width: number): readonly string[] {
  return text === '' ? [] : wrapHard(text, width)
}

function ageOf(at: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(at)) / 1000))
  const whole = seconds < 3600 ? seconds : seconds - (seconds % 60)
  return formatDuration(whole * 1000)
}

/** For how long; empty where this process has only just looked. */
function durationOf(since: string, isSinceStart: boolean, now: number): string {
  const isJustSeen = isSinceStart && now - Date.parse(since) < JUST_NOW_MS
  return isJustSeen ? '' : `for ${isSinceStart ? 'at least ' : ''}${ageOf(since, now)}`
}

const JUST_NOW_MS = 30_000

function shortTime(at: string): string {
  return at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
}
