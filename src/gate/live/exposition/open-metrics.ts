import { createCollector, type Exposition, floatOf, LineError, quoted } from './exposition.ts'
import { readSampleLine } from './sample-line.ts'

// What the names of a type's samples end with, after the name of the family (OpenMetrics 1.0, "Metric types").
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  gaugehistogram: ['_bucket', '_gcount', '_gsum'],
  stateset: [''],
  info: ['_info'],
  summary: ['', '_count', '_sum', '_created'],
  unknown: ['']
}
const GRAMMAR = { isLoose: false, hasQuotedNames: false }
const METADATA = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/
const TIMESTAMP = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
// The value and the timestamp before it hold no such text; the labels after it may.
const EXEMPLAR_MARK = ' # '
// Section "Exemplars": code points of all label names and values together.
const EXEMPLAR_LENGTH = 128

/** Parses OpenMetrics 1.0, strictly: there are no comments and no empty lines, families do not mix, `# EOF` is the end. */
export function parseOpenMetrics(text: string): Exposition {
  const collector = createCollector('OpenMetrics 1.0.0')
  const ended = new Set<string>()
  const said = new Set<string>()
  let family: string | null = null
  let hasSamples = false
  let hasEnded = false
  let newExemplar: string | undefined

  const enter = (name: string) => {
    if (name === family) return
    if (family !== null) ended.add(family)
    if (ended.has(name)) throw new LineError(`the lines of ${name} are not together: other metrics come between them`)
    family = name
    hasSamples = false
  }
  const metadata = (line: string) => {
    const [, word = '', name = '', rest = ''] = METADATA.exec(line) ?? []
    if (word === '') throw new LineError(`neither HELP, TYPE, UNIT nor EOF: ${quoted(line)}`)
    enter(name)
    if (hasSamples) throw new LineError(`${word} of ${name} comes after its samples`)
    if (said.has(`${word} ${name}`)) throw new LineError(`a second ${word} line of ${name}`)
    said.add(`${word} ${name}`)
    if (word === 'TYPE' && SUFFIXES[rest] === undefined) throw new LineError(`not a metric type: ${quoted(rest)}`)
    if (word === 'UNIT' && rest !== '' && !name.endsWith(`_${rest}`)) {
      throw new LineError(`the name of ${name} does not end with its unit ${quoted(rest)}`)
    }
    collector.family(name, word === 'TYPE' ? rest : null)
  }
  const sample = (line: string, number: number) => {
    const { name, labels, rest } = readSampleLine(line, GRAMMAR)
    if (!rest.startsWith(' ')) throw new LineError(`no space before the value: ${quoted(rest)}`)
    const of = familyOf(name)
    enter(of)
    hasSamples = true
    const type = collector.families.get(of)?.type ?? 'unknown'
    const mark = rest.indexOf(EXEMPLAR_MARK)
    const measured = mark === -1 ? rest : rest.slice(0, mark)
    const [, written = '', timestamp, ...more] = measured.split(' ')
    const value = floatOf(written)
    if (timestamp !== undefined && !isTimestamp(timestamp)) {
      throw new LineError(`the timestamp is not a number: ${quoted(timestamp)}`)
    }
    if (more.length > 0) throw new LineError(`text after the timestamp: ${quoted(more.join(' '))}`)
    if (type === 'counter' && !(value >= 0)) throw new LineError(`a counter cannot be ${quoted(written)}`)
    if (mark !== -1) {
      readExemplar(rest.slice(mark + EXEMPLAR_MARK.length))
      if (!(type === 'counter' && name.endsWith('_total')) && !name.endsWith('_bucket')) newExemplar ??= name
    }
    collector.sample(number, name, labels, value)
  }
  const familyOf = (name: string): string => {
    if (family !== null && suffixesOf(family).some(suffix => `${family}${suffix}` === name)) return family
    const known = [...new Set(Object.values(SUFFIXES).flat())]
      .filter(suffix => suffix !== '' && name.endsWith(suffix))
      .map(suffix => ({ base: name.slice(0, -suffix.length), suffix }))
      .find(({ base, suffix }) => collector.families.has(base) && suffixesOf(base).includes(suffix))
    if (known !== undefined) return known.base
    if (family === name)
      throw new LineError(`no sample of the ${collector.families.get(name)?.type} ${name} has this name`)
    return name
  }
  const suffixesOf = (name: string) => SUFFIXES[collector.families.get(name)?.type ?? 'unknown'] ?? []

  collector.readLines(text, (line, number, isLast) => {
    if (hasEnded) {
      if (!isLast || line !== '') throw new LineError('a line after # EOF')
    } else if (line === '# EOF') hasEnded = true
    else if (isLast) throw new LineError('no # EOF at the end: the answer may be cut')
    else if (line === '') throw new LineError('an empty line')
    else if (line.startsWith('#')) metadata(line)
    else sample(line, number)
  })
  return { ...collector.finish(), ...(newExemplar === undefined ? {} : { newExemplar }) }
}

function readExemplar(text: string) {
  if (!text.startsWith('{')) throw new LineError(`an exemplar without labels: ${quoted(text)}`)
  const { labels, rest } = readSampleLine(`exemplar${text}`, GRAMMAR)
  if ([...labels].flat().reduce((sum, part) => sum + [...part].length, 0) > EXEMPLAR_LENGTH) {
    throw new LineError(`the labels of an exemplar are longer than ${EXEMPLAR_LENGTH} characters`)
  }
  const [, value = '', timestamp, ...more] = rest.split(' ')
  floatOf(value, 'of the exemplar')
  if (more.length > 0 || (timestamp !== undefined && !isTimestamp(timestamp))) {
    throw new LineError(`an exemplar takes a value and a timestamp, not ${quoted(rest)}`)
  }
}

function isTimestamp(text: string): boolean {
  return TIMESTAMP.test(text) && Number.isFinite(Number(text))
}
