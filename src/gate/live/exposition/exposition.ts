import { shown } from '../../../domain/text.ts'

/** What is written in answer to a scrape, as far as the gate needs it. */
export interface Exposition {
  /** For a person: `text 0.0.4`. */
  readonly format: string
  readonly samples: number
  /** By the name of a sample, such as `http_requests_total` or `latency_seconds_bucket`. */
  readonly series: ReadonlyMap<string, SeriesOfName>
  /** By the name that HELP and TYPE lines give. */
  readonly families: ReadonlyMap<string, FamilyFacts>
  /** In the order of the lines, at most 10. */
  readonly faults: readonly LineFault[]
  /** Including those that are not listed. */
  readonly faultCount: number
  /**
   * The name of the first sample with an exemplar that OpenMetrics 1.0 gives only to counters and buckets. Micrometer
   * writes such by default; Prometheus 3 takes them, and 2.42 refuses the whole scrape. Absent: there is none.
   */
  readonly newExemplar?: string
}

export interface SeriesOfName {
  readonly count: number
  /** The value of the first; may be NaN. */
  readonly value: number
}

export interface FamilyFacts {
  /** In lower case, as its TYPE line says; `null`: it has none. */
  readonly type: string | null
}

interface LineFault {
  /** From 1. */
  readonly line: number
  /** May be shown. */
  readonly fault: string
}

export type Labels = ReadonlyMap<string, string>

const MOST_FAULTS = 10

/** Thrown for a line that does not parse; whoever reads the lines notes it. */
export class LineError extends Error {}

/** Collects what the lines contain, and judges what must hold between lines; the same for both formats. */
export function createCollector(format: string) {
  const series = new Map<string, SeriesOfName>()
  const families = new Map<string, FamilyFacts>()
  const seen = new Set<string>()
  const histograms = new Map<string, { readonly line: number; readonly name: string; hasInfinity: boolean }>()
  const faults: LineFault[] = []
  let faultCount = 0
  let samples = 0

  const fault = (line: number, text: string) => {
    faultCount += 1
    if (faults.length < MOST_FAULTS) faults.push({ line, fault: text })
  }
  return {
    families,
    /**
     * Calls the function with each line and its number, from 1; the last is what follows the last line break. A LineError
     * that it throws is a fault of the line.
     */
    readLines: (text: string, read: (line: string, number: number, isLast: boolean) => void) => {
      let number = 1
      let start = 0
      for (let isLast = false; !isLast; number += 1) {
        const end = text.indexOf('\n', start)
        isLast = end === -1
        try {
          read(isLast ? text.slice(start) : text.slice(start, end), number, isLast)
        } catch (error) {
          if (!(error instanceof LineError)) throw error
          fault(number, error.message)
        }
        start = end + 1
      }
    },
    /** Notes a HELP or TYPE line. */
    family: (name: string, type: string | null) => {
      families.set(name, { type: type ?? families.get(name)?.type ?? null })
    },
    /** Notes a sample; throws where it contradicts what is known already. */
    sample: (line: number, name: string, labels: Labels, value: number) => {
      samples += 1
      const { count, value: first } = series.get(name) ?? { count: 0, value }
      series.set(name, { count: count + 1, value: first })
      const key = keyOf(name, labels)
      if (seen.has(key)) throw new LineError(`the series of ${name} with these labels was there already`)
      seen.add(key)
      const base = baseNameOf(name)
      const type = families.get(base)?.type
      if (base !== name && type === 'histogram') noteHistogram(line, { name, base, labels })
      if (type === 'summary' && labels.has('quantile')) floatOf(labels.get('quantile') ?? '', 'of the label quantile')
    },
    finish: (): Exposition => {
      for (const { line, name, hasInfinity } of histograms.values()) {
        if (!hasInfinity) fault(line, `the histogram ${name} has no bucket with le="+Inf"`)
      }
      faults.sort((one, other) => one.line - other.line)
      return { format, samples, series, families, faults, faultCount }
    }
  }

  function noteHistogram(line: number, { name, base, labels }: { name: string; base: string; labels: Labels }) {
    const rest = new Map(labels)
    rest.delete('le')
    const key = keyOf(base, rest)
    const known = histograms.get(key) ?? { line, name: base, hasInfinity: false }
    histograms.set(key, known)
    if (!name.endsWith('_bucket')) return
    const le = labels.get('le')
    if (le === undefined) throw new LineError(`a bucket of the histogram ${base} has no label le`)
    if (floatOf(le, 'of the label le') === Number.POSITIVE_INFINITY) known.hasInfinity = true
  }
}

/** The name of the family that a sample of a histogram or a summary belongs to; else the name itself. */
export function baseNameOf(sample: string): string {
  return sample.replace(/_(?:bucket|count|sum)$/, '')
}

// An empty label is the same as none. The lengths tell apart what would look the same when it is joined.
function keyOf(name: string, labels: Labels): string {
  const written: string[] = []
  for (const [label, value] of labels) if (value !== '') written.push(`${label}=${value.length}:${value}`)
  return `${name} ${written.length > 1 ? written.sort().join() : written.join()}`
}

// Go's strconv.ParseFloat without hexadecimals and underscores, as expfmt and the OpenMetrics ABNF have it.
const FLOAT = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]?inf(?:inity)?|nan)$/i

/** A number as it is written in an exposition; throws a LineError. `what` follows the word value. */
export function floatOf(text: string, what = 'of the sample'): number {
  if (!FLOAT.test(text)) throw new LineError(`the value ${what} is not a number: ${quoted(text)}`)
  const infinite = /^([+-]?)inf/i.exec(text)
  if (infinite !== null) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const value = Number(text)
  if (Math.abs(value) === Number.POSITIVE_INFINITY)
    throw new LineError(`the value ${what} is larger than a float can be: ${quoted(text)}`)
  return value
}

/** A piece of a line, for a message. */
export function quoted(text: string): string {
  return shown(JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 40)}…`))
}
