import { parseArgs } from 'node:util'
import { CHECK_FORMATS, type CheckFormat } from './check.ts'

export type CommandLine =
  | { readonly command: 'help' | 'version' | 'serve' }
  | { readonly command: 'check'; readonly format: CheckFormat; readonly textfile: string | undefined }

/** A command line that cannot be carried out; the message says what is taken. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const USAGE = `Usage: keybuzz-version-guard [serve|check] [options]

Tells whether what runs on Kubernetes is what you believe runs. Reads only.

  serve   listen, check for ever, export Prometheus gauges and a page (the default)
  check   check once: one JSON line for each service on standard output

Options
  --format json|table   check: JSON lines, or a table for people (default: json)
  --textfile FILE       check: also write the gauges for node_exporter's textfile collector
  --help                print this
  --version             print the version

Exit codes of check: 0 all OK; 1 a warning (MISMATCH, WARNING); 2 a critical (ERROR);
3 unknown (UNKNOWN, or nothing to check). The worst decides.
Of both: 64 a wrong option, variable or file; 74 something cannot be read, written or listened on.

Environment`

/** Reads the arguments that follow the program's name. Throws a `UsageError`. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args)
  const [command = 'serve', ...more] = positionals
  if (values.help) return { command: 'help' }
  if (values.version) return { command: 'version' }
  if (more.length > 0) throw new UsageError(`"${more.join(' ')}": takes one command, serve or check`)
  if (command === 'check') return { command, format: readFormat(values.format), textfile: values.textfile }
  if (command !== 'serve') throw new UsageError(`"${command}" is no command; there are serve and check`)
  for (const option of ['format', 'textfile'] as const) {
    if (values[option] !== undefined) throw new UsageError(`--${option} belongs to check`)
  }
  return { command }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        format: { type: 'string' },
        textfile: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' }
      }
    })
  } catch (error) {
    // The library's words, without its advice on how to escape a dash.
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error))
  }
}

function readFormat(text = 'json'): CheckFormat {
  const format = CHECK_FORMATS.find(name => name === text)
  if (format === undefined) throw new UsageError(`--format: "${text}" is none; it takes ${CHECK_FORMATS.join(' or ')}`)
  return format
}
