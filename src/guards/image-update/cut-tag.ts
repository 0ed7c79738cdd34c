import {
  ARCHITECTURE,
  COUNTER,
  GLUED_PRE_RELEASE,
  HEX_WORD,
  MARKED_COMMIT,
  NUMBER,
  SEPARATED_PRE_RELEASE,
  SYSTEM_NUMBER,
  TIMESTAMP,
  WORD
} from './tag-words.ts'

/** A piece of a tag. All pieces of a tag, joined, are the tag. */
export interface TagPiece extends Part {
  /** The index in the tag where it starts. */
  readonly at: number
}

interface Part {
  readonly kind: 'text' | 'version' | 'counter' | 'pre-release' | 'commit'
  readonly text: string
  /** For a text: the index in it of the first number that is glued to letters or belongs to a system. */
  readonly gluedAt?: number
}

/** Indexes of digits that are a commit although they look like a number. Other tags of the repository tell. */
export type CommitPlaces = ReadonlySet<number>

const NO_COMMITS: ReadonlySet<number> = new Set()

/**
 * Cuts a tag, from left to right, into texts, numbers, commits and at most one pre-release. The first number that stands
 * alone is the version. If no number stands alone, the first number that is glued to letters is (`php8.2-fpm`). All other
 * numbers are counters.
 */
export function cutTag(tag: string, commits: CommitPlaces = NO_COMMITS): readonly TagPiece[] {
  const pieces = cut(tag, { commits, versionAt: -1 })
  if (pieces.some(({ kind }) => kind === 'version')) return pieces
  const numbered = pieces.find(({ kind, gluedAt }) => kind === 'counter' || gluedAt !== undefined)
  if (numbered?.gluedAt === undefined) return pieces
  return cut(tag, { commits, versionAt: numbered.at + numbered.gluedAt })
}

interface Knowledge {
  readonly commits: CommitPlaces
  /** The index of a version that is glued to letters; -1: there is none. */
  readonly versionAt: number
}

interface Place extends Knowledge {
  readonly tag: string
  readonly at: number
  readonly hasVersion: boolean
  readonly hasPreRelease: boolean
}

/** Reads one kind of thing; `null`: something else is at this place. */
type Reader = (place: Place) => readonly Part[] | null

const READERS: readonly Reader[] = [
  readGluedVersion,
  readSeparator,
  readArchitecture,
  readMarkedCommit,
  readCommit,
  readTimestamp,
  readSystem,
  readNumber,
  readCounter,
  readWord
]

function cut(tag: string, knowledge: Knowledge): readonly TagPiece[] {
  const pieces: TagPiece[] = []
  const has = (wanted: Part['kind']) => pieces.some(({ kind }) => kind === wanted)
  for (let at = 0; at < tag.length; ) {
    const place = { ...knowledge, tag, at, hasVersion: has('version'), hasPreRelease: has('pre-release') }
    for (const part of readPlace(place).filter(({ text }) => text !== '')) {
      pieces.push({ ...part, at })
      at += part.text.length
    }
  }
  return pieces
}

function readPlace(place: Place): readonly Part[] {
  for (const read of READERS) {
    const parts = read(place)
    if (parts !== null) return parts
  }
  return [text(place.tag.slice(place.at))]
}

function readGluedVersion(place: Place): readonly Part[] | null {
  if (place.at !== place.versionAt) return null
  const [number = ''] = match(NUMBER, place) ?? []
  const rest = { ...place, at: place.at + number.length, hasVersion: true }
  return [numberAt(place, number), ...(readGlued(rest) ?? [text(match(WORD, rest)?.[0] ?? '')])]
}

// A separator, with the pre-release after it: `-beta.3`, `.dev20190830`.
function readSeparator(place: Place): readonly Part[] | null {
  const { tag, at, hasVersion, hasPreRelease, commits } = place
  if (isWordAt(tag, at)) return null
  const preRelease = hasVersion && !hasPreRelease ? match(SEPARATED_PRE_RELEASE, place) : null
  if (preRelease === null) return [text(tag.charAt(at))]
  const [all, word = '', number = ''] = preRelease
  return commits.has(at + word.length)
    ? [text(word), { kind: 'commit', text: number }]
    : [{ kind: 'pre-release', text: all }]
}

function readArchitecture(place: Place): readonly Part[] | null {
  const architecture = match(ARCHITECTURE, place)
  return architecture && [text(architecture[0])]
}

function readMarkedCommit(place: Place): readonly Part[] | null {
  const marked = match(MARKED_COMMIT, place)
  return marked && [text(marked[1] ?? ''), { kind: 'commit', text: marked[2] ?? '' }]
}

function readCommit(place: Place): readonly Part[] | null {
  const [hex] = match(HEX_WORD, place) ?? []
  if (hex === undefined) return null
  const isCommit = place.commits.has(place.at) || (/[a-f]/.test(hex) && /\d/.test(hex))
  return isCommit ? [{ kind: 'commit', text: hex }] : null
}

function readTimestamp(place: Place): readonly Part[] | null {
  const timestamp = match(TIMESTAMP, place)
  return timestamp && [numberAt(place, timestamp[0])]
}

function readSystem(place: Place): readonly Part[] | null {
  const system = match(SYSTEM_NUMBER, place)
  return system && [{ ...text(system[0]), gluedAt: 0 }]
}

function readNumber(place: Place): readonly Part[] | null {
  const [number] = match(NUMBER, place) ?? []
  if (number === undefined) return null
  const lastDot = number.lastIndexOf('.')
  // In `1.2.3.1234567` the version is 1.2.3.
  if (lastDot !== -1 && place.commits.has(place.at + lastDot + 1)) return [numberAt(place, number.slice(0, lastDot))]
  const end = place.at + number.length
  const glued = readGlued({ ...place, at: end })
  if (glued !== null) return [numberAt(place, number), ...glued]
  if (!isWordAt(place.tag, end)) return [numberAt(place, number)]
  // Letters turn the number before them into text: in `1.10a` the version is 1.
  const shorter = number.slice(0, Math.max(0, lastDot))
  return shorter === '' ? null : [numberAt(place, shorter)]
}

// A pre-release or a counter right after a number: `rc1` in `1.18rc1`, `u312` in `8u312`.
function readGlued(place: Place): readonly Part[] | null {
  const preRelease = place.hasPreRelease ? null : match(GLUED_PRE_RELEASE, place)
  return preRelease === null ? readCounter(place) : [{ kind: 'pre-release', text: preRelease[0] }]
}

function readCounter(place: Place): readonly Part[] | null {
  const counter = match(COUNTER, place)
  return counter && [text(counter[1] ?? ''), { kind: 'counter', text: counter[2] ?? '' }]
}

function readWord(place: Place): readonly Part[] | null {
  const [word] = match(WORD, place) ?? []
  if (word === undefined) return null
  const before = place.versionAt - place.at
  if (before > 0 && before < word.length) return [text(word.slice(0, before))]
  const gluedAt = word.search(/\d/)
  return [gluedAt === -1 ? text(word) : { ...text(word), gluedAt }]
}

function text(text: string): Part {
  return { kind: 'text', text }
}

function numberAt({ hasVersion }: Place, text: string): Part {
  return { kind: hasVersion ? 'counter' : 'version', text }
}

function isWordAt(tag: string, at: number): boolean {
  return /[A-Za-z0-9]/.test(tag.charAt(at))
}

function match(expression: RegExp, { tag, at }: Place): RegExpExecArray | null {
  expression.lastIndex = at
  return expression.exec(tag)
}
