import { renderEnvironmentHelp } from '../config/environment-help.ts'
import { renderEntries, wrap } from '../text/entries.ts'
import type { Command } from './command.ts'
import { COMMON_OPTIONS, type Commands } from './command-line.ts'
import type { Options } from './options.ts'

const PROGRAM = 'keybuzz-version-guard'

/** What every command may exit with: codes of sysexits.h. A command's own 3 is the "unknown" of monitoring plugins. */
export const COMMON_EXIT_CODES = [
  [64, 'a wrong option, variable or file'],
  [74, 'something could not be read, written or listened on']
] as const

/** What `--help` prints: which commands there are, and where to read on. */
export function renderOverview(commands: Commands): string {
  return `Usage: ${PROGRAM} [COMMAND] [options]

Tells whether what runs on Kubernetes, or on a Docker host, is what you believe runs. Reads only.

Commands:
${renderEntries(Object.entries(commands).map(([name, { summary }]) => [name, summary]))}
Options:
${renderOptions(COMMON_OPTIONS)}
${PROGRAM} COMMAND --help says more about a command.
Environment variables configure it; ${PROGRAM} serve --help lists all of them.
`
}

/** What `COMMAND --help` prints. */
export function renderCommandHelp(name: string, command: Command): string {
  const { description, positional, options, examples, exitCodes, variables } = command
  const codes = [...exitCodes, ...COMMON_EXIT_CODES].map(([code, meaning]) => [`${code}`, meaning] as const)
  const words = positional === undefined ? [] : [[positional.placeholder, positional.description] as const]
  return [
    `Usage: ${PROGRAM} ${name} [options]${positional === undefined ? '' : ` ${usageOf(positional)}`}\n\n`,
    ...wrap(description).map(line => `${line}\n`),
    section('Arguments', renderEntries(words)),
    section('Options', renderOptions({ ...options, ...COMMON_OPTIONS })),
    section('Examples', renderExamples(examples)),
    section('Exit codes', renderEntries(codes)),
    section('Environment', renderVariables(variables))
  ].join('')
}

function usageOf({ placeholder, least, most }: NonNullable<Command['positional']>): string {
  const one = most > 1 ? `${placeholder}...` : placeholder
  return least > 0 ? one : `[${one}]`
}

function section(title: string, body: string): string {
  return body === '' ? '' : `\n${title}:\n${body}`
}

function renderOptions(options: Options): string {
  const names = Object.entries(options).map(([name, { short, placeholder, description }]) => {
    const dashes = `${short === undefined ? '    ' : `-${short}, `}--${name}`
    return [placeholder === '' ? dashes : `${dashes} ${placeholder}`, description] as const
  })
  return renderEntries(names)
}

function renderExamples(examples: Command['examples']): string {
  return examples.map(([line, purpose]) => `  # ${purpose}\n  ${`${PROGRAM} ${line}`.trimEnd()}\n`).join('')
}

function renderVariables(variables: Command['variables']): string {
  if (variables === 'all') return renderEnvironmentHelp()
  if (variables.length === 0) return ''
  return `${renderEnvironmentHelp(variables)}  ${PROGRAM} serve --help lists every variable.\n`
}
