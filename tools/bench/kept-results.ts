import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderAsked } from './asked.ts'
import type { KeptResult } from './subject.ts'
import { SUBJECTS } from './subjects.ts'
import { renderResult } from './table.ts'

const FILE = join(import.meta.dirname, 'results.json')
const PAGE = join(import.meta.dirname, '../../docs/benchmarks.md')

const INTRODUCTION = `# Benchmarks

The guard beside what one would use in its place, taken in one run by turns: \`npm run bench\`, or
\`npm run bench -- NAME\` for one subject; \`--keep\` writes the results here. It is measured as it ships: the
bundle, with every timeout, limit, metric and log. Endpoints and load generators run on the same machine as processes of
their own, which cost less than what they measure. CPU time is steadier than wall time. The load that is
named was the machine's before the first subject. No build fails by a clock.

## Asked

`

/** The latest results that were kept, in the order of the subjects. */
function readKeptResults(): readonly KeptResult[] {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

/** Replaces older results of the same subjects, and rewrites the page. */
export function keepResults(results: readonly KeptResult[]): void {
  const bySubject = new Map([...readKeptResults(), ...results].map(result => [result.subject, result]))
  const inOrder = SUBJECTS.flatMap(({ name }) => bySubject.get(name) ?? [])
  writeFileSync(FILE, renderFile(inOrder))
  writeFileSync(PAGE, renderBenchmarks())
}

/** A line for each row, so that the diff of a new run shows which figures changed. */
export function renderFile(results: readonly KeptResult[]): string {
  const lines = results.map(({ rows, ...run }) => {
    const head = JSON.stringify(run).slice(0, -1)
    return `${head},"rows":[\n  ${rows.map(row => JSON.stringify(row, rounded)).join(',\n  ')}\n]}`
  })
  return `[${lines.join(',\n')}]\n`
}

/** `docs/benchmarks.md`, from the results that are kept. */
export function renderBenchmarks(): string {
  const results = readKeptResults()
  const tables = SUBJECTS.flatMap(subject =>
    results.filter(result => result.subject === subject.name).map(result => renderResult(subject, result))
  )
  return `${INTRODUCTION}${renderAsked(results)}\n\n${tables.join('\n')}`
}

/** Keeps twice the digits that the page shows. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}
