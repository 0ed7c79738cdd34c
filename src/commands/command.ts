import type { WriteStream } from 'node:tty'
import type { Runtime } from '../assemble.ts'
import type { Config } from '../config/config.ts'
import type { Severity } from '../domain/finding.ts'
import type { Result } from '../text/mistake.ts'
import type { Options, ValuesOf } from './options.ts'

/** One command: what it takes, what its help says, and what it does. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** Sentences for its own help. */
  readonly description: string
  readonly options: Options
  /** Absent: it takes no words. */
  readonly positional?: Positional
  readonly conflicts: readonly Conflict[]
  /** What else is wrong with values that are each right; a line each. */
  readonly mistakesIn: (given: Given) => readonly string[]
  /** Command lines, without the program's name, and what each is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[]
  /** Besides those that all commands share. */
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[]
  /** The environment variables that matter to it; `all`: it lists every one. */
  readonly variables: readonly string[] | 'all'
  /** The exit code; `null`: the process ends by itself, when it has no more to do. */
  readonly run: (given: Given, context: CommandContext) => Promise<number | null>
}

/** Words after the command, all of one kind. */
interface Positional<Word = unknown> {
  /** What stands for one in the help: `SERVICE`. */
  readonly placeholder: string
  /** What one must be: `"a/b/c" is not ${takes}`. */
  readonly takes: string
  readonly description: string
  readonly least: number
  readonly most: number
  /** What a word means; `null`: it is wrong. */
  readonly parse: (text: string) => Word | null
}

/** Two things that do not go together, and why: each an option's name, `name=value`, or the positional's placeholder. */
type Conflict = readonly [one: string, other: string, why: string]

/** What was given: options by their names, with what their `collect` made of them, and words. */
export interface Given<Values = Readonly<Record<string, unknown>>, Word = unknown> {
  readonly options: Values
  readonly words: readonly Word[]
}

/** The process, as far as commands see it. */
export interface CommandContext {
  readonly runtime: Runtime
  readonly stdout: WriteStream
  readonly stderr: WriteStream
  /** Diagnostics, a line each. */
  readonly complain: (line: string) => void
  /** The configuration; throws a `ConfigError` with everything that is wrong with it. */
  readonly loadConfig: () => Config
  /** Aborted by SIGINT and SIGTERM, which from this call on no longer end the process by themselves. */
  readonly interruption: () => AbortSignal
  /** Serves until a signal comes. */
  readonly serve: () => Promise<void>
  readonly sources: SourceFiles
}

/** Files that the sources read; no server is asked. */
interface SourceFiles {
  /** The Kubernetes configuration: where it is, and what it names. `null`: there is none, and no variable says so. */
  readonly checkKubernetes: () => Promise<Result<{ readonly place: string; readonly holds: string }> | null>
  readonly countReleaseManifests: (folder: string) => Result<number>
}

type Definition<Of extends Options, Word> = Partial<Pick<Command, 'conflicts' | 'examples' | 'exitCodes'>> &
  Pick<Command, 'summary' | 'description' | 'variables'> & {
    readonly options?: Of
    readonly positional?: Positional<Word>
    readonly mistakesIn?: (given: Given<ValuesOf<Of>, Word>) => readonly string[]
    readonly run: (given: Given<ValuesOf<Of>, Word>, context: CommandContext) => Promise<number | null>
  }

/** The exit codes of a command that judges, by the worst that it found: those of monitoring plugins. */
export const EXIT_CODES: Readonly<Record<Severity, number>> = { critical: 2, warning: 1, unknown: 3, info: 0, ok: 0 }

/** A command from its definition; it does not have what is left out. */
export function defineCommand<const Of extends Options = Record<never, never>, Word = never>({
  run,
  mistakesIn = () => [],
  ...definition
}: Definition<Of, Word>): Command {
  // What they are given was made by the command's own options and positional.
  const own = (given: Given) => given as Given<ValuesOf<Of>, Word>
  return {
    options: {},
    conflicts: [],
    examples: [],
    exitCodes: [],
    ...definition,
    mistakesIn: given => mistakesIn(own(given)),
    run: (given, context) => run(own(given), context)
  }
}
