import { Ajv } from 'ajv'
import envSchema from 'env-schema'
import { shown } from '../domain/text.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { LONGEST_TIMER_MS, parseDuration } from '../text/durations.ts'
import { badInput, type Mistake } from '../text/mistake.ts'
import { ENVIRONMENT, type Environment, VARIABLES, type Variables } from './environment.ts'
import { isDnsLabel, readOrdinal } from './names.ts'
import {
  DURATION_FORMAT,
  HOSTS_FORMAT,
  LISTEN_FORMAT,
  NAMESPACES_FORMAT,
  SHARD_FORMAT,
  splitList,
  URL_FORMAT,
  type VariableSchema
} from './variable-types.ts'

const LONGEST_QUOTED = 24

export interface ValidatedVariables {
  /** With defaults in place of wrong values, so that what depends on the others can be checked, too. */
  readonly variables: Variables
  /** One for each wrong value. */
  readonly mistakes: readonly Mistake[]
  readonly wrongNames: ReadonlySet<string>
}

/** Checks our variables against their schema; an empty string counts as unset, and other names are ignored. */
export function validateVariables(env: Environment): ValidatedVariables {
  const given = new Map([...VARIABLES.keys()].map(name => [name, env[name] ?? ''] as const))
  for (const [name, value] of given) if (value === '') given.delete(name)

  const { valid, wrongNames } = tryValidate(given)
  if (valid !== undefined) return { variables: valid, mistakes: [], wrongNames }
  const mistakes = [...VARIABLES]
    .filter(([name]) => wrongNames.has(name))
    .map(([name, variable]) => wrongValue(name, variable, given.get(name) ?? ''))
  for (const name of wrongNames) given.delete(name)
  return { variables: validate(given), mistakes, wrongNames }
}

function tryValidate(given: ReadonlyMap<string, string>): { valid?: Variables; wrongNames: Set<string> } {
  const wrong = [...given].filter(([name, value]) => isWrongText(VARIABLES.get(name), value))
  const wrongNames = new Set(wrong.map(([name]) => name))
  try {
    const valid = validate(given)
    return wrongNames.size === 0 ? { valid, wrongNames } : { wrongNames }
  } catch (error) {
    for (const name of namesIn(error)) wrongNames.add(name)
    return { wrongNames }
  }
}

/** Whether a value is wrong although the validator would take it. */
function isWrongText(variable: VariableSchema | undefined, value: string): boolean {
  // It turns text into numbers as JavaScript does, which takes `0x50`, `1e3` and blanks.
  if (variable?.type === 'integer') return !/^\d+$/.test(value)
  // A path of blanks would make a folder that nobody sees, or a complaint that names nothing.
  return value.trim() === '' && variable?.takes.endsWith(' text') === false
}

function validate(given: ReadonlyMap<string, string>): Variables {
  // Like env-schema's own, but does not first compile the schema of schemas, which takes a tenth of the start, nor
  // messages that nobody reads.
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    coerceTypes: true,
    messages: false,
    meta: false,
    validateSchema: false
  })
  ajv
    .addKeyword('takes')
    .addFormat(DURATION_FORMAT, isUsableDuration)
    .addFormat(NAMESPACES_FORMAT, isNamespaces)
    .addFormat(SHARD_FORMAT, isShard)
    .addFormat(HOSTS_FORMAT, isHosts)
    .addFormat(URL_FORMAT, isLink)
    .addFormat(LISTEN_FORMAT, isListenHost)
  return envSchema<Variables>({ schema: ENVIRONMENT, data: Object.fromEntries(given), env: false, dotenv: false, ajv })
}

// What env-schema throws has Ajv's errors, each with the JSON pointer of a variable.
function namesIn(error: unknown): string[] {
  if (!(error instanceof Error && 'errors' in error && Array.isArray(error.errors))) throw error
  return error.errors.map(({ instancePath }) => String(instancePath).slice(1))
}

function wrongValue(name: string, { takes, format, enum: words = [] }: VariableSchema, value: string): Mistake {
  const hint = didYouMean(value, words)
  // An address may have a password; a list of namespaces may be long.
  const quoted =
    format === URL_FORMAT ? UNQUOTED : format === NAMESPACES_FORMAT ? `"${shown(value)}"` : quotedValue(value)
  return badInput(`${name}: ${quoted} is not ${takes}${hint === null ? '' : `; ${hint}`}`)
}

/** A wrong value as a message shows it: a text longer than any valid value may be something else, and secret. */
export function quotedValue(value: string): string {
  return value.length > LONGEST_QUOTED ? UNQUOTED : `"${shown(value)}"`
}

const UNQUOTED = 'this'

function isUsableDuration(text: string): boolean {
  const ms = parseDuration(text)
  return ms !== null && ms > 0 && ms <= LONGEST_TIMER_MS
}

function isShard(text: string): boolean {
  return readOrdinal(text) !== null
}

// WHATWG URL accepts more than a link should be: other schemes, blanks around it, `https:/host`.
function isLink(text: string): boolean {
  if (!/^https?:\/\/[^\s/]/i.test(text) || /\s$/.test(text)) return false
  const url = URL.parse(text)
  return url !== null && url.username === '' && url.password === ''
}

function isNamespaces(text: string): boolean {
  return splitList(text).every(isDnsLabel)
}

// A name or an address, IPv6 in brackets, with or without a port.
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

function isHosts(text: string): boolean {
  return splitList(text).every(host => HOST.test(host))
}

// A name, or an address; IPv6 with or without brackets, and with the zone of a link-local one.
const LISTEN_HOST =
  /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+(?:%[\w.-]+)?\]|[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(?:%[\w.-]+)?)$/i

function isListenHost(text: string): boolean {
  return LISTEN_HOST.test(text)
}
