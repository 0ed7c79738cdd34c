import type { Observed } from '../domain/observation.ts'
import { seen, unseen } from '../domain/observation.ts'
import type { DebugReport } from '../domain/probe.ts'
import type { Target } from '../domain/target.ts'
import { shown } from '../domain/text.ts'
import { resolvePointer } from '../text/json.ts'

type Pointers = Pick<Target, 'versionPointers' | 'gitShaPointers'>

const GIT_SHA = /^[0-9a-f]{7,64}$/i
const BEGINNING_LENGTH = 32

/**
 * Reads a report from a body as it was sent; everything in the body is data, whatever its shape. `redact` takes out of it
 * what must not be repeated: from strings as they were meant, for JSON has many spellings of one.
 */
export function parseReport(
  body: Uint8Array,
  pointers: Pointers,
  redact = (text: string) => text
): Observed<DebugReport, 'not_json' | 'no_version'> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return unseen('not_json', 'not JSON: not UTF-8 text')
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return unseen('not_json', `not JSON: ${describeText(redact(text))}`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return unseen('not_json', `${describeValue(document)} instead of a JSON object`)
  }
  const version = firstVersion(document, pointers.versionPointers)
  if (version === undefined) return unseen('no_version', describeMissing(document, pointers.versionPointers))
  const gitSha = firstGitSha(document, pointers.gitShaPointers)
  return seen({ version: redact(version), gitSha: gitSha !== null && redact(gitSha) === gitSha ? gitSha : null })
}

function firstVersion(document: object, pointers: readonly string[]): string | undefined {
  for (const pointer of pointers) {
    const value = resolvePointer(document, pointer)
    if (typeof value === 'string' && value.trim() !== '') return value
  }
  return undefined
}

function firstGitSha(document: object, pointers: readonly string[]): string | null {
  for (const pointer of pointers) {
    const value = resolvePointer(document, pointer)
    if (typeof value === 'string' && GIT_SHA.test(value)) return value
  }
  return null
}

function describeMissing(document: object, pointers: readonly string[]): string {
  for (const pointer of pointers) {
    const value = resolvePointer(document, pointer)
    if (typeof value === 'string') return `${shown(pointer)} is empty`
    if (value !== undefined) return `${shown(pointer)} is ${describeValue(value)}, not a string`
  }
  return `no version at ${pointers
    .map(shown)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ')}`
}

function describeValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function describeText(text: string): string {
  const beginning = text.trimStart()
  if (beginning === '') return 'empty body'
  if (beginning.startsWith('<')) return /<!doctype html|<html/i.test(beginning) ? 'an HTML page' : 'markup'
  return `it begins with ${shown(beginning.slice(0, BEGINNING_LENGTH))}`
}
