import Value from 'typebox/value'
import type { LineMistake } from '../../files/mistake.ts'
import { readYaml, type YamlPath } from '../../files/read-yaml.ts'
import { didYouMean } from '../../text/did-you-mean.ts'
import { findFaults } from '../find-faults.ts'
import { printPath } from '../print-path.ts'
import { findContradictions } from './find-contradictions.ts'
import { KEYS, WEB_CONFIG, type WebConfigEntry } from './schema.ts'

export type ParsedWebConfig =
  | { readonly ok: true; readonly entry: WebConfigEntry; lineOf(path: YamlPath): number }
  | { readonly ok: false; readonly mistakes: readonly LineMistake[] }

const TAKES = 'a web config is one YAML document, such as "{}" for plain HTTP without a password'

/** Parses a web config. No message repeats anything that could be a key, a hash or a password, wherever it stands. */
export function parseWebConfig(text: string): ParsedWebConfig {
  const refused = (mistakes: readonly LineMistake[]): ParsedWebConfig => ({ ok: false, mistakes })

  const yaml = readYaml(text)
  if (!yaml.ok) return refused(yaml.mistakes.map(({ line, message }) => ({ line, message: withoutQuotes(message) })))
  const [document, second] = yaml.documents
  if (document === undefined || document.value === null) return refused([{ line: 1, message: `empty; ${TAKES}` }])
  if (second !== undefined) return refused([{ line: second.lineOf([]), message: `a second document; ${TAKES}` }])

  const { value, lineOf } = document
  const faults = [...findFaults(WEB_CONFIG, value), ...findContradictions(value)]
  if (faults.length === 0 && Value.Check(WEB_CONFIG, value)) return { ok: true, entry: value, lineOf }
  return refused(
    faults.map(({ path, message }) => ({ line: lineOf(path), message: `${printPath(path.map(printable))}${message}` }))
  )
}

// What the YAML library quotes comes last, after a colon or in quotes.
function withoutQuotes(message: string): string {
  return message.split(/[:"']/, 1)[0]?.trim() ?? ''
}

// A wrong indentation makes a key of what was a secret: the line has to do, but for our own keys and slips of them.
function printable(name: string | number): string | number {
  return typeof name === 'number' || didYouMean(name, KEYS) !== null ? name : '…'
}
