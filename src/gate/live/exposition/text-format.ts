import { createCollector, type Exposition, floatOf, LineError, quoted } from './exposition.ts'
import { readSampleLine } from './sample-line.ts'

// In no other case, and behind one blank: at anything else Prometheus gives up the whole scrape.
const TYPES: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped']
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
// Without a blank behind the #, it is a comment like any other.
const COMMENT = /^#[ \t]+(HELP|TYPE)[ \t]+("(?:[^"\\]|\\.)*"|[^ \t]*)(?:[ \t](.*))?$/s
const QUOTED_NAME = /^"(.*)"$/s
// Prometheus takes neither a plus nor a minus in front.
const TIMESTAMP = /^0*\d{1,19}$/
const LAST_TIMESTAMP = 2n ** 63n - 1n

/**
 * Parses Prometheus' text format 0.0.4 as strictly as a scrape (model/textparse) and `promtool check metrics`
 * (prometheus/common, expfmt) do together: each takes what the other refuses. Beyond both it refuses series that are
 * there twice, and histograms without `+Inf`.
 */
export function parseTextFormat(text: string, { hasQuotedNames = false } = {}): Exposition {
  const collector = createCollector(hasQuotedNames ? 'text 1.0.0' : 'text 0.0.4')
  const helped = new Set<string>()
  // Families whose TYPE can no longer be said.
  const typed = new Set<string>()
  const grammar = { isLoose: true, hasQuotedNames }

  const comment = (line: string) => {
    const [, word, written, rest = ''] = COMMENT.exec(line) ?? []
    if (word === undefined || written === undefined) return
    const name = hasQuotedNames ? withoutQuotes(written) : written
    if (name === written && !METRIC_NAME.test(name)) throw new LineError(`no name of a metric: ${quoted(name)}`)
    if (word === 'HELP') {
      if (helped.has(name)) throw new LineError(`a second HELP line of ${name}`)
      helped.add(name)
      collector.family(name, null)
      return
    }
    if (typed.has(name)) throw new LineError(`a second TYPE line of ${name}, or one behind its samples`)
    if (!TYPES.includes(rest)) throw new LineError(`no type of a metric: ${quoted(rest)}`)
    typed.add(name)
    collector.family(name, rest)
  }
  const sample = (line: string, number: number) => {
    // Prometheus 2 refuses them, and Prometheus 3 takes them for a part of the name.
    if (/^[ \t]+[^ \t{]/.test(line)) throw new LineError(`a blank before the name of a metric: ${quoted(line)}`)
    const { name, labels, rest } = readSampleLine(line, grammar)
    const base = name.replace(/_(?:bucket|count|sum)$/, '')
    typed.add(['histogram', 'summary'].includes(collector.families.get(base)?.type ?? '') ? base : name)
    const [value = '', timestamp, ...more] = rest.replace(/[ \t]+$/, '').split(/[ \t]+/)
    const number_ = floatOf(value)
    if (timestamp !== undefined && (!TIMESTAMP.test(timestamp) || BigInt(timestamp) > LAST_TIMESTAMP)) {
      throw new LineError(`the timestamp is no whole number from 0 to 2^63 - 1: ${quoted(timestamp)}`)
    }
    if (more.length > 0) throw new LineError(`more behind the timestamp: ${quoted(more.join(' '))}`)
    collector.sample(number, name, labels, number_)
  }
  eachLine(text, (line, number, isLast) => {
    if (isLast) {
      if (line !== '') collector.fault(number, 'the last line has no line break')
      return
    }
    const trimmed = line.replace(/^[ \t]+/, '')
    if (trimmed === '') return
    try {
      if (trimmed.startsWith('#')) comment(trimmed)
      else sample(line, number)
    } catch (error) {
      if (!(error instanceof LineError)) throw error
      collector.fault(number, error.message)
    }
  })
  return collector.finish()
}

function withoutQuotes(name: string): string {
  const quotes = QUOTED_NAME.exec(name)
  return quotes?.[1]?.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character)) ?? name
}

/** Calls the function with each line and its number, from 1; the last is what follows the last line break. */
export function eachLine(text: string, read: (line: string, number: number, isLast: boolean) => void): void {
  let number = 1
  let start = 0
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
    read(text.slice(start, end), number, false)
    number += 1
    start = end + 1
  }
  read(text.slice(start), number, true)
}
