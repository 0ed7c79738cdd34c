import { styleText } from 'node:util'
import type { Severity } from '../domain/finding.ts'
import { tellDiagnosis, tellOthers } from '../explain/explain.ts'
import type {
  ExplainedChange,
  ExplainedFact,
  ExplainedFinding,
  LiveRevision,
  ProbeStep,
  ServiceExplanation
} from '../explain/explanation.ts'
import { columnsOf, padColumns } from '../text/columns.ts'
import { formatDuration } from '../text/durations.ts'
import { wrapHard } from '../text/entries.ts'
import { utcTime } from '../text/times.ts'
import type { Screen, Style } from './table.ts'

const STYLES: Readonly<Record<Severity, Style>> = {
  critical: ['bold', 'red'],
  warning: ['bold', 'yellow'],
  unknown: 'magenta',
  info: 'cyan',
  ok: 'green'
}

/** What is printed beside a name; more lines stand below it. */
interface Entry {
  readonly name: string
  readonly text: string
  readonly more?: readonly string[]
}

const INDENT = '  '
const LONGEST_NAME = 28
// Less than this cannot be read in a column.
const LEAST_TEXT = 30

/** One part of an explanation; without lines it is left out. */
type Part = readonly [title: string, lines: readonly string[]]

/** An explanation for people: in colour where the stream is a terminal, in lines that fit it. */
export function renderExplanation(explanation: ServiceExplanation, now: number, screen: Screen): string {
  const look: Look = {
    paint: (style, text) => styleText(style, text, { stream: screen }),
    width: (screen.isTTY === true && screen.columns) || Number.POSITIVE_INFINITY
  }
  const parts = partsOf(explanation, now, look).filter(([, lines]) => lines.length > 0)
  const lines = parts.flatMap(([title, some]) => [
    '',
    ...fold(title, look.width).map(line => look.paint('bold', line)),
    ...some
  ])
  return `${[...headOf(explanation, now, look), ...lines].join('\n')}\n`
}

function headOf(explanation: ServiceExplanation, now: number, { paint, width }: Look): readonly string[] {
  const { namespace, service, verdict, workload, endpoint, problems } = explanation
  const since = verdict.since === null ? '' : durationOf(verdict.since, verdict.isSinceStart, now)
  const runs = `${workload.kind}/${workload.name}${endpoint === null ? '' : `, ${endpoint}`}`
  const [status = '', ...name] = fold(`${verdict.status}  ${namespace}/${service}`, width)
  return [
    status.replace(verdict.status, () => paint(STYLES[verdict.severity], verdict.status)),
    ...name,
    ...fold(`${verdict.message}${since === '' ? '' : `, ${since}`}`, width),
    ...diagnosisLines(explanation, width),
    ...tellOthers(explanation).flatMap(finding => otherLines(finding, { paint, width })),
    ...fold(runs, width),
    ...problems.flatMap(problem => fold(`The guard does not see everything: ${problem}`, width))
  ]
}

function partsOf(explanation: ServiceExplanation, now: number, look: Look): readonly Part[] {
  const { facts, findings, probe, changes, revisions, links } = explanation
  const { width } = look
  const tell = (entries: readonly Entry[], note = '') => [
    ...layOut(entries, width),
    ...fold(note, width - INDENT.length).map(line => `${INDENT}${line}`)
  ]
  const checked = probe.checkedAt === null ? '' : `, ${agoOf(probe.checkedAt, now)}`
  return [
    ...facts.map(
      ({ kind, question, facts: some }): Part => [
        `${kind.toUpperCase()}: ${question}`,
        tell(some.map(fact => factEntry(fact, now)))
      ]
    ),
    ['FINDINGS', tell(findings.map(finding => findingEntry(finding, now)))],
    [`LAST CHECK${checked}`, tell(probe.steps.map(stepEntry), probe.note)],
    ['TO CHECK', copyLines(commandsOf(explanation, 'check'), look)],
    ['TO GO BACK', copyLines(commandsOf(explanation, 'back'), look)],
    ['CHANGES', tell(changes.items.map(changeEntry), changes.note)],
    ['LIVE', tell(revisions.items.map(revisionEntry), revisions.note)],
    [
      'LINKS',
      copyLines(
        links.map(({ text, href }) => [text, href] as const),
        look
      )
    ]
  ]
}

function diagnosisLines(explanation: ServiceExplanation, width: number): readonly string[] {
  const told = tellDiagnosis(explanation)
  if (told === null) return []
  return fold(told.culprit === '' ? told.message : `Out of step: ${told.culprit}. ${told.message}`, width)
}

function otherLines({ guard, part, status, severity, message }: ExplainedFinding, { paint, width }: Look) {
  const name = part === '' ? guard : `${guard} ${part}`
  const [first = '', ...rest] = fold(`${status}  ${name}: ${message}`, width)
  return [first.replace(status, () => paint(STYLES[severity], status)), ...rest]
}

function factEntry({ name, value, source, asOf, note }: ExplainedFact, now: number): Entry {
  const where = asOf === null ? source : `${source}, ${agoOf(asOf, now)}`
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

/** Texts for people to copy, so they are never broken into lines; each below what it is for. */
function copyLines(
  items: readonly (readonly [purpose: string, text: string])[],
  { paint, width }: Look
): readonly string[] {
  const lead = `${INDENT}# `
  return items.flatMap(([purpose, text]) => [
    ...fold(purpose, width - lead.length).map(line => paint('dim', `${lead}${line}`)),
    `${INDENT}${text}`
  ])
}

interface Look {
  readonly paint: (style: Style, text: string) => string
  readonly width: number
}

function commandsOf({ commands }: ServiceExplanation, wanted: 'check' | 'back') {
  const some = commands.filter(({ kind }) => kind === wanted)
  return some.map(({ purpose, command, note }) => [`${purpose}${note === '' ? '' : `: ${note}`}`, command] as const)
}

function changeEntry({ at, what, from, to, message }: ExplainedChange): Entry {
  return { name: utcTime(at), text: `${what}: ${from} → ${to}`, more: message === '' ? [] : [message] }
}

function revisionEntry({ number, name, images, from, to, isCurrent, pods }: LiveRevision): Entry {
  const begin = from === null ? 'since when is not known' : `from ${utcTime(from)}`
  const end = isCurrent ? ' until now' : to === null ? '' : ` until ${utcTime(to)}`
  const count = pods === null ? '' : `, ${pods} ${pods === 1 ? 'pod' : 'pods'} now`
  return {
    name: number === null ? name : `revision ${number}`,
    text: images.join(', ') || 'image not read',
    more: [`${begin}${end}${count}`]
  }
}

/** Names in a column, with the text beside them; where that leaves too little room, below them. */
function layOut(entries: readonly Entry[], width: number): readonly string[] {
  const longest = Math.min(LONGEST_NAME, Math.max(0, ...entries.map(({ name }) => columnsOf(name))))
  const isBelow = width - longest - 2 * INDENT.length < LEAST_TEXT
  const lead = isBelow ? INDENT.repeat(2) : ' '.repeat(longest + 2 * INDENT.length)
  return entries.flatMap(({ name, text, more = [] }) => {
    const lines = [text, ...more].flatMap(line => wrapHard(line, width - lead.length)).map(line => `${lead}${line}`)
    if (isBelow || columnsOf(name) > longest)
      return [...fold(name, width - INDENT.length).map(line => `${INDENT}${line}`), ...lines]
    const [first = '', ...rest] = lines
    return [`${INDENT}${padColumns(name, longest)}${INDENT}${first.slice(lead.length)}`, ...rest]
  })
}

function fold(text: string, width: number): readonly string[] {
  return text === '' ? [] : wrapHard(text, width)
}

function agoOf(at: string, now: number): string {
  return now - Date.parse(at) < 1000 ? 'just now' : `${ageOf(at, now)} ago`
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
