const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)?\\})? (NaN|[+-]Inf|[+-]?[0-9.]+(?:e[+-]?[0-9]+)?)$`)
const COMMENT = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`)

/**
 * Reads the text format 0.0.4 more strictly than Prometheus: HELP, then TYPE, then all samples of a metric, each series
 * once, no control characters, well-formed Unicode. Gives the series; throws where it is none of that.
 */
export function parseExposition(text: string): string[] {
  if (!text.isWellFormed()) throw new Error('not well-formed Unicode')
  if (!text.endsWith('\n')) throw new Error('does not end with a line feed')
  const done = new Set<string>()
  const series = new Set<string>()
  let metric = ''
  let previous = ''
  for (const line of text.slice(0, -1).split('\n')) {
    if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(line))
      throw new Error(`a control character: ${JSON.stringify(line)}`)
    const [, kind, name = ''] = COMMENT.exec(line) ?? []
    if (kind === 'HELP') {
      if (done.has(name)) throw new Error(`a second HELP: ${line}`)
      done.add(name)
      metric = name
    } else if (kind === 'TYPE') {
      if (!previous.startsWith(`# HELP ${name} `)) throw new Error(`no HELP before: ${line}`)
    } else {
      const [, sampleOf = '', labels = ''] = SAMPLE.exec(line) ?? []
      if (sampleOf !== metric) throw new Error(`no sample of ${metric}: ${JSON.stringify(line)}`)
      const id = `${sampleOf}{${labels}}`
      if (series.has(id)) throw new Error(`there twice: ${id}`)
      series.add(id)
    }
    previous = line
  }
  return [...series]
}
