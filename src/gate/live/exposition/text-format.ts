import { baseNameOf, createCollector, type Exposition, floatOf, LineError, quoted } from './exposition.ts'
import { readSampleLine } from './sample-line.ts'

// Only in lower case, and after one blank: at anything else Prometheus gives up the whole scrape.
const TYPES: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped']
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
// Without a blank after the #, it is a comment like any other.
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
  // Families whose TYPE can no longer be given.
  const typed = new Set<string>()
  const grammar = { isLoose: true, hasQuotedNames }

  const comment = (line: string) => {
    const [, word, written, rest = ''] = COMMENT.exec(line) ?? []
    if (word === undefined || written === undefined) return
    const name = hasQuotedNames ? withoutQuotes(written) : written
    if (name === written && !METRIC_NAME.test(name)) throw new LineError(`not a metric name: ${quoted(name)}`)
    if (word === 'HELP') {
      if (helped.has(name)) throw new LineError(`a second HELP line of ${name}`)
      helped.add(name)
      collector.family(name, null)
      return
    }
    if (typed.has(name)) throw new LineError(`a second TYPE line of ${name}, or one after its samples`)
    if (!TYPES.includes(rest)) throw new LineError(`not a metric type: ${quoted(rest)}`)
    typed.add(name)
    collector.family(name, rest)
  }
  const sample = (line: string, number: number) => {
    // Prometheus 2 refuses them, and Prometheus 3 takes them for a part of the name.
    if (/^[ \t]+[^ \t{]/.test(line)) throw new LineError(`a space before the metric name: ${quoted(line)}`)
    const { name, labels, rest } = readSampleLine(line, grammar)
    const base = baseNameOf(name)
    typed.add(['histogram', 'summary'].includes(collector.families.get(base)?.type ?? '') ? base : name)
    const [written = '', timestamp, ...more] = rest.replace(/[ \t]+$/, '').split(/[ \t]+/)
    const value = floatOf(written)
    if (timestamp !== undefined && (!TIMESTAMP.test(timestamp) || BigInt(timestamp) > LAST_TIMESTAMP)) {
      throw new LineError(`the timestamp is not a whole number from 0 to 2^63 - 1: ${quoted(timestamp)}`)
    }
    if (more.length > 0) throw new LineError(`text after the timestamp: ${quoted(more.join(' '))}`)
    collector.sample(number, name, labels, value)
  }
  collector.readLines(text, (line, number, isLast) => {
    const trimmed = line.replace(/^[ \t]+/, '')
    if (isLast && line !== '') throw new LineError('the last line has no line break')
    if (trimmed.startsWith('#')) comment(trimmed)
    else if (trimmed !== '') sample(line, number)
  })
  return collector.finish()
}

function withoutQuotes(name: string): string {
  const quotes = QUOTED_NAME.exec(name)
  return quotes?.[1]?.replace(/\\([\\"n])/g, (_, character: string) => (character === 'n' ? '\n' : character)) ?? name
}
