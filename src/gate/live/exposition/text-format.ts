import { createCollector, type Exposition, floatOf, LineError, quoted } from './exposition.ts'
import { readSampleLine } from './sample-line.ts'

const TYPES: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped', 'gaugehistogram']
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const COMMENT = /^#[ \t]*(HELP|TYPE)[ \t]+(?:(\S+)(?:[ \t]+(.*))?)?$/

/**
 * Parses Prometheus' text format 0.0.4 as strictly as `promtool check metrics` does (prometheus/common, expfmt), and
 * beyond it refuses series that are there twice, histograms without `+Inf`, and a TYPE without a type, at which
 * Prometheus gives up the whole scrape.
 */
export function parseTextFormat(text: string, { hasQuotedNames = false } = {}): Exposition {
  const collector = createCollector(hasQuotedNames ? 'text 1.0.0' : 'text 0.0.4')
  const helped = new Set<string>()
  // Families whose TYPE can no longer be said.
  const typed = new Set<string>()
  const grammar = { isLoose: true, hasQuotedNames }

  const comment = (line: string) => {
    const [, word, name, rest = ''] = COMMENT.exec(line) ?? []
    if (word === undefined || name === undefined) return
    if (!METRIC_NAME.test(name) && !hasQuotedNames) throw new LineError(`no name of a metric: ${quoted(name)}`)
    if (word === 'HELP') {
      if (helped.has(name)) throw new LineError(`a second HELP line of ${name}`)
      helped.add(name)
      collector.family(name, null)
      return
    }
    if (typed.has(name)) throw new LineError(`a second TYPE line of ${name}, or one behind its samples`)
    const type = rest.toLowerCase()
    if (!TYPES.includes(type)) throw new LineError(`no type of a metric: ${quoted(rest)}`)
    typed.add(name)
    collector.family(name, type)
  }
  const sample = (line: string, number: number) => {
    const { name, labels, rest } = readSampleLine(line, grammar)
    const base = name.replace(/_(?:bucket|count|sum)$/, '')
    typed.add(['histogram', 'summary'].includes(collector.families.get(base)?.type ?? '') ? base : name)
    const [value = '', timestamp, ...more] = rest.replace(/[ \t]+$/, '').split(/[ \t]+/)
    const number_ = floatOf(value)
    if (timestamp !== undefined && !/^[+-]?\d{1,19}$/.test(timestamp)) {
      throw new LineError(`the timestamp is no whole number: ${quoted(timestamp)}`)
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
      else sample(trimmed, number)
    } catch (error) {
      if (!(error instanceof LineError)) throw error
      collector.fault(number, error.message)
    }
  })
  return collector.finish()
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
