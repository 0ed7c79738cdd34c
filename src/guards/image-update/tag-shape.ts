import { type CommitPlaces, cutTag, type TagPiece } from './cut-tag.ts'
import { compareNumbers, compareTags } from './tag-order.ts'
import { COMPACT_TIME, stageRank } from './tag-words.ts'

/** A tag, ready to be compared. Only tags of the same shape are compared. */
export interface ShapedTag {
  readonly tag: string
  /** The text with `#` for each number, `@` for each commit, and without the pre-release: `v#.#.#-alpine`. */
  readonly shape: string
  /** Digits as written. Empty: the tag has no version. */
  readonly version: readonly string[]
  /** `null`: a release. */
  readonly preRelease: PreRelease | null
  /** All other numbers; digits as written. */
  readonly counters: readonly string[]
  /** Whether the version is a date or a time, which has no major, minor and patch. */
  readonly isTime: boolean
}

export interface PreRelease {
  /** 0 is the farthest from the release. */
  readonly stage: number
  readonly number: string
}

/** The newer tags of a repository. The others are dropped at once: there may be 100,000 of them. */
export interface TagsByShape {
  readonly running: ShapedTag
  /** Newer tags of the running tag's shape, in no order. */
  readonly newer: readonly ShapedTag[]
  /** The lengths of the numbers in each place of the version, among all tags of the running tag's shape. */
  readonly lengths: readonly ReadonlySet<number>[]
  /** Tags of other shapes with a newer version, in no order. */
  readonly newerElsewhere: readonly ShapedTag[]
}

/**
 * Reads the tags of a repository. One in 27 commits has only digits among its first seven characters, so a number of seven
 * digits or more counts as a commit when another tag, otherwise of the same shape, has a commit with letters in its place.
 */
export function readTags(runningTag: string, tags: Iterable<string>): TagsByShape {
  const form = formOf(runningTag)
  const plainVersion = shapeTag(runningTag, form.plain).version
  const commitColumns = new Set(form.commitColumns)
  const sameForm: string[] = []
  const newerElsewhere: ShapedTag[] = []
  const elsewhere = (tag: ShapedTag) => {
    if (compareNumbers(tag.version, plainVersion) > 0) newerElsewhere.push(tag)
  }
  for (const tag of tags) {
    const candidate = formOf(tag)
    if (candidate.form === form.form) {
      sameForm.push(tag)
      for (const column of candidate.commitColumns) commitColumns.add(column)
    } else elsewhere(shapeTag(tag, candidate.plain))
  }
  const running = shapeTag(runningTag, resolve(form, commitColumns))
  const lengths = running.version.map(digits => new Set([digits.length]))
  const newer: ShapedTag[] = []
  for (const tag of sameForm) {
    const candidate = shapeTag(tag, resolve(formOf(tag), commitColumns))
    if (candidate.shape !== running.shape) {
      elsewhere(candidate)
      continue
    }
    for (const [place, digits] of candidate.version.entries()) lengths[place]?.add(digits.length)
    if (compareTags(candidate, running) > 0) newer.push(candidate)
  }
  return { running, newer, lengths, newerElsewhere }
}

/** A tag before the other tags have shown which of its long numbers are commits. */
interface Form {
  readonly tag: string
  /** Cut without help from other tags. */
  readonly plain: readonly TagPiece[]
  /** The shape with `?` for everything that could be a commit in one tag and a number in another. */
  readonly form: string
  /** The `?` that are certainly commits, counted from 0. */
  readonly commitColumns: readonly number[]
  /** By column: the index of digits that may be a commit. */
  readonly doubtful: ReadonlyMap<number, number>
}

function formOf(tag: string): Form {
  const plain = cutTag(tag)
  const doubtfulAt = new Set(plain.flatMap(doubtfulPlace))
  const pieces = doubtfulAt.size === 0 ? plain : cutTag(tag, doubtfulAt)
  const commitColumns: number[] = []
  const doubtful = new Map<number, number>()
  let column = 0
  let form = ''
  for (const { kind, text, at } of pieces) {
    if (kind === 'commit') {
      if (doubtfulAt.has(at)) doubtful.set(column, at)
      else commitColumns.push(column)
      column += 1
      form += '?'
    } else if (isNumber(kind) && /^[vV]?\d+(?:\.\d+)*$/.test(text)) {
      column += digitsOf(text).length
      form += text.replace(/\d+/g, '?')
    } else form += printPiece(kind, text)
  }
  return { tag, plain, form, commitColumns, doubtful }
}

// Commits are abbreviated to seven digits or more. A date is not a commit.
function doubtfulPlace({ kind, text, at }: TagPiece): readonly number[] {
  if (!isNumber(kind) && kind !== 'pre-release') return []
  const digits = text.search(/\d{7,40}$/)
  const isLone = kind === 'pre-release' ? /[-._]\d+$/.test(text) : digits === 0 || text[digits - 1] === '.'
  return digits !== -1 && isLone && !COMPACT_TIME.test(text.slice(digits)) ? [at + digits] : []
}

function resolve({ tag, plain, doubtful }: Form, commitColumns: ReadonlySet<number>): readonly TagPiece[] {
  const commits: CommitPlaces = new Set([...doubtful].flatMap(([column, at]) => (commitColumns.has(column) ? at : [])))
  return commits.size === 0 ? plain : cutTag(tag, commits)
}

function shapeTag(tag: string, pieces: readonly TagPiece[]): ShapedTag {
  const textOf = (kind: TagPiece['kind']) => pieces.find(piece => piece.kind === kind)?.text
  const version = textOf('version') ?? ''
  const preRelease = textOf('pre-release')
  return {
    tag,
    shape: pieces.map(({ kind, text }) => printPiece(kind, text)).join(''),
    version: digitsOf(version),
    preRelease: preRelease === undefined ? null : readPreRelease(preRelease),
    counters: pieces.flatMap(({ kind, text }) => (kind === 'counter' ? digitsOf(text) : [])),
    isTime: /[-T]/.test(version) || COMPACT_TIME.test(digitsOf(version)[0] ?? '')
  }
}

function printPiece(kind: TagPiece['kind'], text: string): string {
  if (kind === 'text') return text
  if (kind === 'commit') return '@'
  return kind === 'pre-release' ? '' : text.replace(/\d+/g, '#')
}

function readPreRelease(text: string): PreRelease {
  const [, word = '', number = ''] = /^[-._]?([A-Za-z]+)[-._]?(\d+)$/.exec(text) ?? []
  return { stage: stageRank(word), number }
}

function isNumber(kind: TagPiece['kind']): boolean {
  return kind === 'version' || kind === 'counter'
}

function digitsOf(text: string): readonly string[] {
  return text.match(/\d+/g) ?? []
}
