import type { ReleaseManifest } from '../../domain/release.ts'
import { shown } from '../../domain/text.ts'
import { copyOf } from '../../text/copy-of.ts'
import { isJsonObject, type JsonObject, parseJson } from '../../text/json.ts'
import { accepted, badInput, type Result, refused } from '../../text/mistake.ts'

/** What a release manifest says, apart from when it was read. */
export type ManifestContent = Omit<ReleaseManifest, 'readAt' | 'refusal'>

const TAKES = 'it takes a JSON object such as {"tag":"v1.4.2","gitSha":"abc1234"}'
// An image's tag (github.com/distribution/reference), and also `+`, which versions may have and tags may not.
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}$/
// As in a report: 7 to 64 hexadecimal digits, with or without `-dirty`.
const GIT_SHA = /^[0-9a-f]{7,64}(-dirty)?$/i

/** Reads the text of a release manifest. Only the tag is required; unknown keys are ignored. */
export function toReleaseManifest(text: string, path: string): Result<ManifestContent> {
  const document = parseJson(text)
  if (!isJsonObject(document)) {
    return refused([badInput(`${path}: ${document === undefined ? 'not JSON' : 'not a JSON object'}; ${TAKES}`)])
  }
  const { values, wrong } = readTexts(document)
  const { tag = '', gitSha = '', date = '', runner = '' } = values
  if (!wrong.includes('tag') && !TAG.test(tag)) wrong.push('tag')
  const releasedAt = Date.parse(date)
  if (date !== '' && Number.isNaN(releasedAt)) wrong.push('date')
  if (wrong.length > 0) {
    return refused(
      [...new Set(wrong)].map(name =>
        badInput(`${path}: ${name} ${describe(document[name])}; it takes ${EXAMPLES[name]}`)
      )
    )
  }
  return accepted(
    copyOf({
      tag,
      gitSha: GIT_SHA.test(gitSha) ? gitSha : null,
      releasedAt: date === '' ? null : releasedAt,
      runner: shown(runner)
    })
  )
}

type Key = 'tag' | 'gitSha' | 'date' | 'runner'

const EXAMPLES: Readonly<Record<Key, string>> = {
  tag: 'the image\'s tag, such as "v1.4.2"',
  gitSha: 'a string, such as "abc1234"',
  date: 'a time, such as "2026-01-04T18:00:00Z"',
  runner: 'a string, such as "ci-7"'
}

function readTexts(document: JsonObject): { values: Partial<Record<Key, string>>; wrong: Key[] } {
  const values: Partial<Record<Key, string>> = {}
  const wrong: Key[] = []
  for (const key of Object.keys(EXAMPLES) as Key[]) {
    const value = Object.hasOwn(document, key) ? document[key] : undefined
    if (typeof value === 'string') values[key] = value
    else if (value !== undefined) wrong.push(key)
  }
  return { values, wrong }
}

function describe(value: unknown): string {
  if (value === undefined) return 'is missing'
  if (typeof value === 'string') return `"${shown(value)}" is not valid`
  if (value === null) return 'is null'
  if (Array.isArray(value)) return 'is a list'
  return `is ${typeof value === 'object' ? 'an object' : `a ${typeof value}`}`
}
