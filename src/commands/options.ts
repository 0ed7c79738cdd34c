import { LONGEST_TIMER_MS, parseDuration } from '../text/durations.ts'
import { isDay } from '../text/times.ts'

/** An option of a command; `Given` is what the command gets from it. */
export interface Option<Given = unknown> {
  /** `boolean`: it takes no value. */
  readonly type: 'string' | 'boolean'
  /** The letter after a single dash. */
  readonly short?: string
  /** What stands for the value in the help: `FILE`. */
  readonly placeholder: string
  /** What a value must be: `"xml" is not ${takes}`. */
  readonly takes: string
  readonly description: string
  /** The words that a value may be; absent: the value is not one of a list. */
  readonly words?: readonly string[]
  /** What a value means; `null`: it is wrong. */
  readonly parse: (text: string) => unknown
  /** What the command gets, from all values in their order. */
  readonly collect: (values: readonly unknown[]) => Given
}

/** An option that takes one value; given twice, the last one holds. `null`: not given. */
type Single<Value> = Option<Value | null>

/** How the help and messages describe an option that takes a value. */
export interface OptionHelp {
  readonly placeholder: string
  readonly description: string
  readonly short?: string
}

export type Options = Readonly<Record<string, Option>>

/** The values of some options, by their names. */
export type ValuesOf<Of extends Options> = { readonly [Name in keyof Of]: ReturnType<Of[Name]['collect']> }

/** An option without a value. */
export function flag(description: string, short?: string): Option<boolean> {
  return {
    type: 'boolean',
    ...(short === undefined ? {} : { short }),
    placeholder: '',
    takes: 'no value',
    description,
    parse: () => true,
    collect: values => values.length > 0
  }
}

/** An option whose value is read by a function of its own; `takes` says what a value must be. */
function parsed<Value>(takes: string, parse: (text: string) => Value | null, help: OptionHelp): Single<Value> {
  return { type: 'string', takes, parse, ...help, collect: values => (values.at(-1) as Value | undefined) ?? null }
}

/** An option that takes any text but the empty one. */
export function text(takes: string, help: OptionHelp): Single<string> {
  return parsed(takes, value => value, help)
}

/** An option that takes one of some words. */
export function choice<const Word extends string>(words: readonly Word[], description: string): Single<Word> {
  const parse = (value: string) => words.find(word => word === value) ?? null
  return {
    ...parsed('', parse, { placeholder: words.join('|'), description }),
    words,
    // Put together only when it is read: the first list that Intl formats takes 10 ms, which every start would pay.
    get takes() {
      return anyOf(words)
    }
  }
}

/** An option that takes a duration as Prometheus writes it, in ms; at most as long as a timer lasts. */
export function duration(description: string): Single<number> {
  const parse = (value: string) => {
    const ms = parseDuration(value)
    return ms !== null && ms <= LONGEST_TIMER_MS ? ms : null
  }
  return parsed('a duration, such as 30s, 5m or 1h30m', parse, { placeholder: 'DURATION', description })
}

/** An option that takes a moment, in ms since the epoch. */
export function moment(description: string): Single<number> {
  const takes = 'a time with its zone, such as 2026-11-03T03:04:05Z'
  return parsed(takes, parseTime, { placeholder: 'TIME', description })
}

/** The same option, which may be given more than once; empty: not given. */
export function repeatable<Value>(option: Single<Value>): Option<readonly Value[]> {
  return { ...option, collect: values => values as readonly Value[] }
}

/** `json, table or junit`. */
function anyOf(words: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(words)
}

// As RFC 3339 profiles ISO 8601. Without a zone it would be another moment on every machine.
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/

/** Milliseconds since the epoch; `null`: the text is not a time, or its day does not exist. */
function parseTime(value: string): number | null {
  const time = TIME.test(value) && isDay(value.slice(0, 10)) ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? null : time
}
