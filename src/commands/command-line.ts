import { parseArgs } from 'node:util'
import { shown } from '../domain/text.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { accepted, badInput, type Mistake, type Result, refused } from '../text/mistake.ts'
import type { Command, Given } from './command.ts'
import { flag, type Option, type Options } from './options.ts'

/** Commands by their names, in the order in which they are listed. */
export type Commands = Readonly<Record<string, Command>>

export interface CommandLine extends Given {
  /** A name from the table. */
  readonly command: string
}

/** What every command takes. */
export const COMMON_OPTIONS = {
  help: flag('print this', 'h'),
  version: flag('print the version')
} satisfies Options

const BY_DEFAULT = 'serve'

/**
 * Reads the arguments that follow the program's name; all mistakes at once.
 *
 * The table must have the commands `serve` (the default), `help` and `version`. An option that two commands share must
 * have the same type and the same letter in both, for options may come before the command.
 */
export function readCommandLine(commands: Commands, args: readonly string[]): Result<CommandLine> {
  const everyOption: Options = Object.assign({}, ...Object.values(commands).map(one => one.options), COMMON_OPTIONS)
  const { given, unknown, words } = sortArguments(args, everyOption)
  const [name = BY_DEFAULT, ...rest] = words
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  const asked = (['help', 'version'] as const).find(one => given.some(option => option.name === one))
  const own: Options =
    command === undefined || asked !== undefined ? everyOption : { ...command.options, ...COMMON_OPTIONS }

  const mistakes = unknown.map(option => badInput(`${shown(option)}: no such option; ${hintFor(option, own, name)}`))
  const values = new Map<string, unknown[]>()
  for (const one of given) {
    const option = own[one.name]
    if (option === undefined) {
      mistakes.push(badInput(`--${one.name} belongs to ${ownersOf(one.name, commands)}`))
      continue
    }
    const meaning = meaningOf(option, one)
    if (meaning.ok) values.set(one.name, [...(values.get(one.name) ?? []), meaning.value])
    else mistakes.push(...meaning.mistakes)
  }
  if (asked !== undefined) {
    const topic = asked === 'help' && command !== undefined && words.length > 0 ? [name] : []
    return mistakes.length > 0 ? refused(mistakes) : accepted({ command: asked, options: {}, words: topic })
  }
  if (command === undefined) {
    return refused([...mistakes, badInput(`"${shown(name)}" is not a command; ${commandHint(name, commands)}`)])
  }
  const meant = wordsOf(command, name, rest)
  if (!meant.ok) mistakes.push(...meant.mistakes)
  mistakes.push(...conflictsIn(command, given, rest))
  const options = Object.fromEntries(
    Object.entries(command.options).map(([key, option]) => [key, option.collect(values.get(key) ?? [])])
  )
  if (meant.ok) mistakes.push(...command.mistakesIn({ options, words: meant.value }).map(line => badInput(line)))
  if (!meant.ok || mistakes.length > 0) return refused(mistakes)
  return accepted({ command: name, options, words: meant.value })
}

/** What to do about a word that is not a command. */
export function commandHint(wrong: string, commands: Commands): string {
  const names = Object.keys(commands)
  return didYouMean(wrong, names) ?? `known are ${listOf(names)}`
}

interface GivenOption {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

// The library's strict mode stops at the first mistake.
function sortArguments(args: readonly string[], options: Options) {
  const known = Object.entries(options).map(([name, { type, short }]) => [name, { type, ...(short ? { short } : {}) }])
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(known),
    strict: false,
    allowPositionals: true,
    tokens: true
  })
  const given: GivenOption[] = []
  const unknown: string[] = []
  const words: string[] = []
  let wasUnknown = false
  for (const token of tokens) {
    // What follows an unknown option may be its value; do not report it as a mistake of its own.
    if (token.kind === 'positional' && !wasUnknown) words.push(token.value)
    wasUnknown = false
    if (token.kind !== 'option') continue
    if (Object.hasOwn(options, token.name)) given.push(token)
    else {
      unknown.push(token.rawName)
      wasUnknown = token.inlineValue !== true
    }
  }
  return { given, unknown, words }
}

function hintFor(wrong: string, options: Options, command: string): string {
  const names = Object.keys(options).map(name => `--${name}`)
  return didYouMean(wrong, names) ?? `${shown(command)} --help lists all of them`
}

function ownersOf(option: string, commands: Commands): string {
  return listOf(Object.keys(commands).filter(name => Object.hasOwn(commands[name]?.options ?? {}, option)))
}

function listOf(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names)
}

function meaningOf(option: Option, { rawName, value, inlineValue }: GivenOption): Result<unknown> {
  const { type, takes } = option
  const wrong = (message: string) => refused([badInput(`${rawName}: ${message}`)])
  if (type === 'boolean') return value === undefined ? accepted(true) : wrong('takes no value')
  if (value === undefined || value === '') return wrong(`missing; it takes ${takes}`)
  if (inlineValue !== true && /^-./.test(value)) {
    return wrong(`missing; it takes ${takes}; write ${rawName}=${shown(value)} if you mean that`)
  }
  const meant = option.parse(value)
  if (meant !== null) return accepted(meant)
  const hint = didYouMean(value, option.words ?? [])
  return wrong(`"${shown(value)}" is not ${takes}${hint === null ? '' : `; ${hint}`}`)
}

function wordsOf({ positional }: Command, name: string, words: readonly string[]): Result<readonly unknown[]> {
  if (positional === undefined) {
    return words.length === 0
      ? accepted([])
      : refused([badInput(`"${shown(words.join(' '))}": ${name} takes no arguments`)])
  }
  const { placeholder, takes, least, most, parse } = positional
  const mistakes: Mistake[] = []
  if (words.length < least) mistakes.push(badInput(`${placeholder}: missing; it takes ${takes}`))
  if (words.length > most) {
    mistakes.push(badInput(`"${shown(words.slice(most).join(' '))}": ${name} takes at most ${most} ${placeholder}`))
  }
  const meant = words.map(word => parse(word))
  for (const [index, value] of meant.entries()) {
    if (value === null) mistakes.push(badInput(`${placeholder}: "${shown(words[index] ?? '')}" is not ${takes}`))
  }
  return mistakes.length > 0 ? refused(mistakes) : accepted(meant)
}

function conflictsIn(command: Command, given: readonly GivenOption[], words: readonly string[]): Mistake[] {
  const present = new Set(given.flatMap(({ name, value }) => [name, `${name}=${value}`]))
  if (words.length > 0 && command.positional !== undefined) present.add(command.positional.placeholder)
  const named = (one: string) => (one === command.positional?.placeholder ? one : `--${one}`)
  return command.conflicts
    .filter(([one, other]) => present.has(one) && present.has(other))
    .map(([one, other, why]) => badInput(`${named(one)}: does not work with ${named(other)}: ${why}`))
}
