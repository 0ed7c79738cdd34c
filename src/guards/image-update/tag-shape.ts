import { type CommitPlaces, cutTag, type TagPiece } from './cut-tag.ts'
import { COMPACT_TIME, stageRank } from './tag-words.ts'

/** A tag as it is compared. Only tags of the same shape are compared at all. */
export interface ShapedTag {
  readonly tag: string
  /** Its text, with `#` for each number and `@` for each commit, without the pre-release: `v#.#.#-alpine`. */
  readonly shape: string
  /** Digits as written; empty: the tag names no version. */
  readonly version: readonly string[]
  /** `null`: a release. */
  readonly preRelease: PreRelease | null
  /** What counts builds of one version; digits as written. */
  readonly counters: readonly string[]
  /** Whether the version is a date or a time, whose numbers are no major, minor and patch. */
  readonly isTime: boolean
}

export interface PreRelease {
  /** How far it is from the release, 0 the farthest. */
  readonly stage: number
  readonly number: string
}

/** The tags of a repository, seen from one of them. */
export interface TagsByShape {
  readonly running: ShapedTag
  /** Those of the running tag's shape, itself not among them; in no order. */
  readonly same: readonly ShapedTag[]
  readonly other: readonly ShapedTag[]
}

/**
 * Reads tags beside the one that runs. Seven digits or more are a commit where another tag, of the same shape but for
 * that, has letters in their place: about one commit in 27 has no letters among its first seven digits.
 */
export function readTags(running: string, tags: Iterable<string>): TagsByShape {
  const form = formOf(running)
  const commitColumns = new Set(form.commitColumns)
  const sameForm: Form[] = []
  const other: ShapedTag[] = []
  for (const tag of tags) {
    if (tag === running) continue
    const candidate = formOf(tag)
    if (candidate.form !== form.form) {
      other.push(shapeTag(tag, candidate.plain))
      continue
    }
    sameForm.push(candidate)
    for (const column of candidate.commitColumns) commitColumns.add(column)
  }
  const read = (candidate: Form) => shapeTag(candidate.tag, resolve(candidate, commitColumns))
  const shaped = read(form)
  const candidates = sameForm.map(read)
  return {
    running: shaped,
    same: candidates.filter(({ shape }) => shape === shaped.shape),
    other: [...other, ...candidates.filter(({ shape }) => shape !== shaped.shape)]
  }
}

/** A tag before it is known which of its long numbers are commits. */
interface Form {
  readonly tag: string
  /** As cut without the help of other tags. */
  readonly plain: readonly TagPiece[]
  /** The shape, with `?` for whatever may be a commit in one tag and a number in the next. */
  readonly form: string
  /** The `?` that are surely commits, counted from 0. */
  readonly commitColumns: readonly number[]
  /** Where digits are that may be a commit, by column. */
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
    const isCommit = kind === 'commit'
    if (!isCommit && !(isNumber(kind) && /^\d+$/.test(text))) {
      form += printPiece(kind, text)
      continue
    }
    if (doubtfulAt.has(at)) doubtful.set(column, at)
    else if (isCommit) commitColumns.push(column)
    column += 1
    form += '?'
  }
  return { tag, plain, form, commitColumns, doubtful }
}

// A commit is shown with seven digits or more; a date of eight is none.
function doubtfulPlace({ kind, text, at }: TagPiece): readonly number[] {
  if (!isNumber(kind) && kind !== 'pre-release') return []
  const digits = text.search(/\d{7,40}$/)
  const isLone = kind === 'pre-release' ? /[-._]\d+$/.test(text) : digits === 0
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
