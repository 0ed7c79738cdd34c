import { type Dirent, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Observed, seen, unseen } from '../../domain/observation.ts'
import type { Clock, FactSource } from '../../domain/ports.ts'
import type { ManifestUnseen, ReleaseManifest } from '../../domain/release.ts'
import { shown } from '../../domain/text.ts'
import type { FollowFile } from '../../files/follow-file.ts'
import { followLastGood, type LastGood, type Reading } from '../../files/last-good.ts'
import { readTextFile, systemReason } from '../../files/read-text.ts'
import { atMost, counted } from '../../text/lines.ts'
import { accepted, cannotRead, type Mistake, type Result, refused } from '../../text/mistake.ts'
import { type ManifestContent, toReleaseManifest } from './to-release-manifest.ts'

export interface ReleaseManifestsOptions {
  /** `RELEASES_DIR`. */
  readonly folder: string
  readonly clock: Clock
  /**
   * Called once for each version of a manifest that is refused, with a line for each mistake; with none once all are good
   * again.
   */
  onRefused?(lines: readonly string[]): void
  readonly follow?: FollowFile
}

export interface ReleaseManifests extends FactSource<Observed<ReleaseManifest, ManifestUnseen>> {
  /** False: the current version of a manifest is refused, and the last good one stays in use. */
  ok(): boolean
}

type ManifestFact = Observed<ReleaseManifest, ManifestUnseen>

/** One followed manifest of the folder; `null`: nobody has released there. */
interface Place {
  readonly file: LastGood<ReadManifest | null>
  fact: ManifestFact
}

interface ReadManifest {
  readonly content: ManifestContent
  readonly readAt: number
}

// Each is checked four times a second.
const MOST_PLACES = 256
const MAX_BYTES = 64 * 1024
const MOST_PROBLEMS = 20
/** The place of the manifest that is for all services. */
const EVERY_SERVICE = ''
const NONE: ManifestFact = unseen('none', 'no release manifest')

/**
 * Release manifests: `current/manifest.json` for all services, or `SERVICE/current/manifest.json`, which then overrides
 * it.
 *
 * What `current` points to is the declared release, never the newest one, and a switch is noticed. If a version is
 * broken or half written, it is refused, and the last good one stays with its age.
 */
export function createReleaseManifests(options: ReleaseManifestsOptions): ReleaseManifests {
  const { folder, clock, onRefused } = options
  const follow = options.follow === undefined ? {} : { follow: options.follow }
  const places = new Map<string, Place>()
  let version = {}
  let wasRefused = false
  let announce = (): void => {}

  const listing = followLastGood<readonly string[]>(folder, {
    ...follow,
    read: () => ({ result: listPlaces(folder), files: [folder] }),
    onChange: () => {
      followPlaces()
      change()
    }
  })
  followPlaces()

  function change(): void {
    if (wasRefused && mistakes().length === 0) {
      wasRefused = false
      onRefused?.([])
    }
    version = {}
    announce()
  }

  function followPlaces(): void {
    const names = new Set([EVERY_SERVICE, ...(listing.current() ?? []).slice(0, MOST_PLACES)])
    for (const [name, { file }] of places) {
      if (names.has(name)) continue
      file.close()
      places.delete(name)
    }
    for (const name of names) if (!places.has(name)) places.set(name, openPlace(name))
  }

  function openPlace(name: string): Place {
    const file = followLastGood<ReadManifest | null>(join(folder, name, 'current', 'manifest.json'), {
      ...follow,
      read: () => readManifest(folder, name, clock),
      onRefused: refusals => {
        // Without the folder, all places have the same to say.
        const others = [...places].flatMap(([other, { file }]) => (other === name ? [] : messagesOf(file.mistakes())))
        const news = messagesOf(refusals).filter(message => !others.includes(message))
        if (news.length === 0) return
        wasRefused = true
        onRefused?.(news)
      },
      onChange: () => {
        place.fact = factOf(file)
        change()
      }
    })
    const place: Place = { file, fact: factOf(file) }
    return place
  }

  function mistakes(): readonly Mistake[] {
    return [...listing.mistakes(), ...[...places.values()].flatMap(({ file }) => file.mistakes())]
  }

  function problems(): readonly string[] {
    const more = (listing.current() ?? []).length - MOST_PLACES
    const tooMany = `${folder}: the guard leaves out ${counted(more, 'service folder')}: it watches ${MOST_PLACES} at most`
    return [...atMost(MOST_PROBLEMS, [...new Set(messagesOf(mistakes()))]), ...(more > 0 ? [tooMany] : [])]
  }

  return {
    of: ({ service }) => {
      const own = isFolderName(service) ? places.get(service)?.fact : undefined
      return own === undefined || own === NONE ? (places.get(EVERY_SERVICE)?.fact ?? NONE) : own
    },
    version: () => version,
    forgetAllBut: () => {},
    // Everything was read at creation.
    read: async () => {},
    follow: async onChange => {
      announce = onChange
    },
    health: () => ({ problems: problems().map(message => ({ message, withholds: 'manifest' })) }),
    ok: () => mistakes().length === 0,
    close: async () => {
      for (const { close } of [listing, ...[...places.values()].map(({ file }) => file)]) close()
    }
  }
}

/** Reads a folder of release manifests once: how many there are, or every mistake in them. */
export function countReleaseManifests(folder: string): Result<number> {
  const places = listPlaces(folder)
  if (!places.ok) return places
  const read = [EVERY_SERVICE, ...places.value].map(name => readManifest(folder, name, () => 0).result)
  const mistakes = read.flatMap(one => (one.ok ? [] : one.mistakes))
  return mistakes.length > 0 ? refused(mistakes) : accepted(read.filter(one => one.ok && one.value !== null).length)
}

function factOf(file: LastGood<ReadManifest | null>): ManifestFact {
  const [refusal] = file.mistakes()
  const read = file.current()
  if (read === undefined) return unseen('unreadable', `release manifest: ${refusal?.message ?? 'not read'}`)
  if (read === null) return NONE
  return seen({ ...read.content, readAt: read.readAt, refusal: refusal?.message ?? null })
}

function readManifest(folder: string, name: string, clock: Clock): Reading<ReadManifest | null> {
  const current = join(folder, name, 'current')
  const path = join(current, 'manifest.json')
  const files = [path]
  const text = readTextFile(path, MAX_BYTES)
  if (!text.ok) {
    // If the whole folder is gone, such as with the volume that it is in, nobody knows.
    const list = listPlaces(folder)
    if (!list.ok) return { result: list, files }
    // Without a release, nothing is declared; a link that leads nowhere is being switched, or is broken.
    if (!isThere(current)) return { result: accepted(null), files }
  }
  const content = text.ok ? toReleaseManifest(text.value, path) : text
  return { result: content.ok ? accepted({ content: content.value, readAt: clock() }) : content, files }
}

function messagesOf(mistakes: readonly Mistake[]): readonly string[] {
  return mistakes.map(({ message }) => message)
}

function listPlaces(folder: string): Reading<readonly string[]>['result'] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return accepted(
      entries
        .filter(entry => isPlace(folder, entry))
        .map(({ name }) => name)
        .sort()
    )
  } catch (error) {
    return refused([cannotRead(`${folder}: cannot be read: ${systemReason(error) ?? error}`)])
  }
}

// A folder that holds a manifest itself is a release, to which `current` may point.
function isPlace(folder: string, entry: Dirent): boolean {
  if (entry.name === 'current' || !isFolderName(entry.name)) return false
  return (entry.isDirectory() || entry.isSymbolicLink()) && !isThere(join(folder, entry.name, 'manifest.json'))
}

// An annotation may give a service any name.
function isFolderName(name: string): boolean {
  return name !== '.' && name !== '..' && !name.includes('/') && shown(name) === name
}

function isThere(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
  }
}
