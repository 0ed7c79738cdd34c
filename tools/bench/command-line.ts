import { parseArgs } from 'node:util'
import type { Subject } from './subject.ts'

export type CommandLine =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly mistake: string }
  | { readonly kind: 'run'; readonly subjects: readonly Subject[]; readonly json: boolean; readonly keep: boolean }

export function renderUsage(subjects: readonly Subject[]): string {
  const width = Math.max(...subjects.map(({ name }) => name.length))
  return `Usage: npm run bench -- [SUBJECT…] [--json] [--keep]

Measures the guard as it ships beside its peers, by turns, on this machine, and prints a table for each subject. Without
a subject: all of them, which takes some minutes. Nothing fails by a clock.

Subjects
${subjects.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}`).join('\n')}

Options
  --json  print the results as JSON, with every sample
  --keep  write them into tools/bench/results.json and docs/benchmarks.md
  --help  print this

Exit codes: 0 measured; 1 something broke; 64 a wrong argument; 69 something is not installed.
`
}

/** Reads the arguments that follow the program's name. */
export function readCommandLine(args: readonly string[], subjects: readonly Subject[]): CommandLine {
  const parsed = parse(args)
  if (parsed instanceof Error) return { kind: 'wrong', mistake: parsed.message }
  const { values, positionals } = parsed
  if (values.help) return { kind: 'help' }
  const unknown = positionals.find(wanted => !subjects.some(({ name }) => name === wanted))
  if (unknown !== undefined) {
    return { kind: 'wrong', mistake: `"${unknown}": takes ${subjects.map(({ name }) => name).join(', ')}` }
  }
  const chosen = subjects.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
  return { kind: 'run', subjects: chosen, json: values.json, keep: values.keep }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false }
      }
    })
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
