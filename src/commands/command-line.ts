import { parseArgs } from 'node:util'
import { shown } from '../domain/text.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { accepted, badInput, type Mistake, type Result, refused } from '../text/mistake.ts'
import { CHECK_FORMATS, type CheckFormat } from './check.ts'

export type CommandLine =
  | { readonly command: 'help' | 'version' | 'serve' }
  | {
      readonly command: 'check'
      /** `null`: none was asked for. */
      readonly format: CheckFormat | null
      readonly textfile: string | undefined
      /** Whether images are checked, and no endpoints. */
      readonly images: boolean
      /** Judge a file of manifests as of then, ms since the epoch. */
      readonly at: number | undefined
    }

export const USAGE = `Usage: keybuzz-version-guard [serve|check] [options]

Tells whether what runs on Kubernetes is what you believe runs. Reads only.

  serve   listen, check for ever, export Prometheus gauges and a page (the default)
  check   check once: one JSON line for each service on standard output

Options
  --format json|table   check: JSON lines, or a table for people (default: json)
  --textfile FILE       check: also write the gauges for node_exporter's textfile collector
  --images              check: compare images with their registries, once, and ask no endpoints; a table on a terminal,
                        else one JSON line for each container; all images where IMAGE_UPDATES is off
  --at TIME             check: judge the rollouts of a saved file of manifests as of then (2026-11-03T03:04:05Z), asking nobody
  --help                print this
  --version             print the version

Exit codes of check: 0 all OK; 1 a warning (MISMATCH, WARNING); 2 a critical (ERROR);
3 unknown (UNKNOWN, or nothing to check). The worst decides. With --images: 0, or 3 where an image is UNKNOWN.
Of both: 64 a wrong option, variable or file; 74 something cannot be read, written or listened on.

Environment`

const COMMANDS = ['serve', 'check'] as const

const OPTIONS = {
  format: { type: 'string', of: 'check', takes: CHECK_FORMATS.join(' or ') },
  textfile: { type: 'string', of: 'check', takes: 'a path' },
  images: { type: 'boolean', of: 'check' },
  at: { type: 'string', of: 'check', takes: 'a time with its zone, such as 2026-11-03T03:04:05Z' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' }
} as const

type OptionName = keyof typeof OPTIONS
type Options = Partial<Record<OptionName, string | true>>

/** Reads the arguments that follow the program's name; all mistakes at once. */
export function readCommandLine(args: readonly string[]): Result<CommandLine> {
  const mistakes: Mistake[] = []
  const { given, words } = sortArguments(args, mistakes)
  const format = CHECK_FORMATS.find(name => name === given.format)
  if (typeof given.format === 'string' && format === undefined) {
    mistakes.push(badInput(`--format: "${shown(given.format)}" is none; it takes ${OPTIONS.format.takes}`))
  }
  const at = typeof given.at === 'string' ? parseTime(given.at) : undefined
  if (at === null) mistakes.push(badInput(`--at: "${shown(String(given.at))}" is none; it takes ${OPTIONS.at.takes}`))
  if (given.at !== undefined && given.textfile !== undefined) {
    mistakes.push(badInput('--textfile: of no use with --at: gauges are of now'))
  }
  const asked = given.help === true ? 'help' : given.version === true ? 'version' : undefined
  const command = asked ?? readCommand(words, mistakes)
  if (command !== undefined && command !== asked) {
    for (const name of namesIn(given)) {
      const option = OPTIONS[name]
      if ('of' in option && option.of !== command) mistakes.push(badInput(`--${name} belongs to ${option.of}`))
    }
  }
  if (given.images === true && given.at !== undefined) {
    mistakes.push(badInput('--images: does not go with --at: registries are of now'))
  }
  if (given.images === true && given.textfile !== undefined) {
    mistakes.push(badInput('--images: does not go with --textfile, which has the gauges of endpoints too'))
  }
  if (mistakes.length > 0 || command === undefined) return refused(mistakes)
  if (command !== 'check') return accepted({ command })
  const { textfile, images } = given
  return accepted({
    command,
    format: format ?? null,
    textfile: typeof textfile === 'string' ? textfile : undefined,
    images: images === true,
    at: at ?? undefined
  })
}

// As RFC 3339 profiles ISO 8601. Without a zone it would be another moment on every machine.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/

/** Milliseconds since the epoch; `null`: the text is no time, or of a day that does not exist. */
function parseTime(text: string): number | null {
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN
  // Date.parse takes the 30th of February for the 2nd of March.
  const day = Date.parse(`${text.slice(0, 10)}T00:00Z`)
  const isDay = !Number.isNaN(day) && new Date(day).toISOString().startsWith(text.slice(0, 10))
  return Number.isNaN(time) || !isDay ? null : time
}

function readCommand(words: readonly string[], mistakes: Mistake[]): (typeof COMMANDS)[number] | undefined {
  const [word = 'serve', ...more] = words
  const command = COMMANDS.find(name => name === word)
  if (command === undefined) {
    const hint = didYouMean(word, COMMANDS) ?? `there are ${COMMANDS.join(' and ')}`
    mistakes.push(badInput(`"${shown(word)}" is no command; ${hint}`))
  }
  if (more.length > 0) {
    mistakes.push(badInput(`"${shown(more.join(' '))}": takes one command, ${COMMANDS.join(' or ')}`))
  }
  return command
}

// The library's strict mode stops at the first mistake.
function sortArguments(args: readonly string[], mistakes: Mistake[]): { given: Options; words: string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true
  })
  const given: Options = {}
  const words: string[] = []
  let wasUnknown = false
  for (const token of tokens) {
    // What follows an unknown option may be its value; do not report it as a mistake of its own.
    if (token.kind === 'positional' && !wasUnknown) words.push(token.value)
    wasUnknown = false
    if (token.kind !== 'option') continue
    const name = namesIn(OPTIONS).find(known => known === token.name)
    if (name === undefined) {
      mistakes.push(badInput(`${shown(token.rawName)}: no such option; ${hintFor(token.rawName)}`))
      wasUnknown = token.inlineValue !== true
    } else {
      const mistake = mistakeOf(name, token)
      if (mistake === null) given[name] = token.value ?? true
      else mistakes.push(badInput(mistake))
    }
  }
  return { given, words }
}

function hintFor(wrong: string): string {
  const names = namesIn(OPTIONS).map(name => `--${name}`)
  return didYouMean(wrong, names) ?? 'see --help for those that there are'
}

function mistakeOf(
  name: OptionName,
  { rawName, value, inlineValue }: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined }
): string | null {
  const option = OPTIONS[name]
  if (option.type === 'boolean') return value === undefined ? null : `${rawName}: takes no value`
  if (value === undefined || value === '') return `${rawName}: missing; it takes ${option.takes}`
  if (inlineValue === true || !/^-./.test(value)) return null
  return `${rawName}: missing; it takes ${option.takes}; write ${rawName}=${shown(value)} if you mean that`
}

function namesIn(options: Readonly<Record<string, unknown>>): OptionName[] {
  return Object.keys(options) as OptionName[]
}
