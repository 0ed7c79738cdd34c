import * as Type from 'typebox'

/** What describes a variable, besides JSON Schema's own keywords. */
export interface VariableSchema {
  readonly description: string
  /** What a value must be: `"20 s" is not ${takes}`. */
  readonly takes: string
  readonly default?: string | number | boolean
  readonly enum?: readonly string[]
  readonly type?: string
  readonly format?: string
}

/** Formats that TypeBox does not know; the validator is taught them. */
export const DURATION_FORMAT = 'duration-above-zero'
export const NAMESPACES_FORMAT = 'namespaces'
export const SHARD_FORMAT = 'shard'
export const HOSTS_FORMAT = 'registry-hosts'
export const URL_FORMAT = 'link'
export const LISTEN_FORMAT = 'listen-host'

/** A text that may be left out. */
export function optional(takes: string, description: string) {
  return Type.Optional(Type.String({ description, takes } satisfies VariableSchema))
}

/** Names of namespaces, separated by commas. */
export function namespaces(description: string) {
  const takes = 'a list of namespaces; write it as shop-dev,shop-prod'
  return Type.Optional(Type.String({ format: NAMESPACES_FORMAT, description, takes } satisfies StringSchema))
}

/** Hosts, each with or without a port, separated by commas. */
export function hosts(description: string) {
  const takes = 'a list of hosts, with or without ports; write it as registry.example.com,10.0.0.5:5000'
  return Type.Optional(Type.String({ format: HOSTS_FORMAT, description, takes } satisfies StringSchema))
}

/** A host to listen on, which may be left out. */
export function listenHost(description: string) {
  const takes = 'a name or an address, without a port'
  return Type.Optional(Type.String({ format: LISTEN_FORMAT, description, takes } satisfies StringSchema))
}

/** A text with a default. */
export function text(takes: string, byDefault: string, description: string) {
  return Type.String({ default: byDefault, description, takes } satisfies VariableSchema)
}

/** A whole number within bounds. */
export function integer(bounds: { minimum: number; maximum: number }, byDefault: number, description: string) {
  const takes = `a whole number, ${bounds.minimum} to ${bounds.maximum}`
  return Type.Integer({ ...bounds, default: byDefault, description, takes } satisfies VariableSchema & typeof bounds)
}

/** `true` or `false`. */
export function toggle(byDefault: boolean, description: string) {
  return Type.Boolean({ default: byDefault, description, takes: 'true or false' } satisfies VariableSchema)
}

const DURATION = {
  format: DURATION_FORMAT,
  takes: 'a duration; write it as 500ms, 30s, 5m or 1h30m, more than 0 and at most 24d'
}

/** A duration as Prometheus writes it, above zero. */
export function duration(byDefault: string, description: string) {
  return Type.String({ ...DURATION, default: byDefault, description } satisfies StringSchema)
}

/** A duration that may be left out. */
export function optionalDuration(description: string) {
  return Type.Optional(Type.String({ ...DURATION, description } satisfies StringSchema))
}

const URL_SCHEMA = {
  format: URL_FORMAT,
  takes: 'an address that begins with http:// or https://, without a user or a password'
}

/** The address of a page, for links; without credentials, because every reader sees it. */
export function url(byDefault: string, description: string) {
  return Type.String({ ...URL_SCHEMA, default: byDefault, description } satisfies StringSchema)
}

/** The address of a page that may be left out. */
export function optionalUrl(description: string) {
  return Type.Optional(Type.String({ ...URL_SCHEMA, description } satisfies StringSchema))
}

/** A shard's number, by itself or at the end of a pod's name. */
export function shard(byDefault: string, description: string) {
  const takes = "a number from 0, or the name of a StatefulSet's pod, such as guard-2"
  return Type.String({ format: SHARD_FORMAT, default: byDefault, description, takes } satisfies StringSchema)
}

/** A variable of Docker's own, which may be set for other programs: only the source that reads it judges it. */
export function foreign(byDefault: string, description: string) {
  return Type.String({ default: byDefault, description, takes: 'a text' } satisfies VariableSchema)
}

/** One of some words. */
export function oneOf<const Words extends string[]>(
  words: readonly [...Words],
  byDefault: Words[number],
  description: string
) {
  const takes = `one of ${words.join(', ')}`
  return Type.Enum(words, { default: byDefault, description, takes } satisfies VariableSchema)
}

type StringSchema = VariableSchema & { readonly format: string }

/** The parts of a list separated by commas, trimmed; a blank part stays, as the empty string. */
export function splitList(text: string): string[] {
  return text.split(',').map(part => part.trim())
}
