import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { shown } from '../../domain/text.ts'
import type { GateConfig } from '../gate-config.ts'
import type {
  AlertRunbook,
  FileFacts,
  NamedRunbook,
  Presence,
  Rule,
  RulesFile,
  Runbook,
  RunbookFolder
} from './file-facts.ts'
import {
  absenceOf,
  commonFolder,
  expandPath,
  isInside,
  isUrl,
  lookAtFile,
  readText,
  toldLink,
  toldPath
} from './paths.ts'
import { readMarkdown } from './read-markdown.ts'
import { readPrometheusConfig } from './read-prometheus-config.ts'
import { isTemplate, readRules, runbookOf } from './read-rules.ts'

export interface FileLook {
  /** Whether an http(s) address leads somewhere. Asked for at most 100 addresses, each once. */
  readonly lookUp: (url: string) => Promise<Presence>
}

type PresenceOfUrl = (url: string) => Promise<Presence>

/** Where things are looked for, and how far a link may lead. */
interface Place {
  readonly folder: string
  /** Nothing outside of it is looked at. */
  readonly tree: string
  readonly runbooks: string | null
  /** Whether addresses are looked up. */
  readonly follows: boolean
  readonly presenceOfUrl: PresenceOfUrl
}

const MOST_RUNBOOKS = 500
const MOST_LEVELS = 8
const MOST_LINKS = 200
const MOST_ADDRESSES = 100

/** Reads all files that a gate names. What cannot be read is a fact too: it never rejects. */
export async function lookAtFiles(config: GateConfig, { lookUp }: FileLook): Promise<FileFacts> {
  const { folder, rules, prometheus, runbooks, documents } = config
  const place: Place = {
    folder,
    tree: commonFolder([runbooks.folder ?? folder, folder]),
    runbooks: runbooks.folder,
    follows: runbooks.follow,
    presenceOfUrl: runbooks.follow ? eachOnce(lookUp) : async () => UNASKED
  }
  const expanded = (rules.files ?? []).map(path => ({ path, ...expandPath(path) }))
  const paths = [...new Set(expanded.flatMap(one => one.paths))]
  const read = await inTurns(paths, path => ({ path, file: readRules(path, toldPath(path, folder)) }))
  const leftOut = expanded.flatMap(one =>
    one.leftOut === null ? [] : notRead(toldPath(one.path, folder), one.leftOut)
  )
  const named = read.flatMap(({ path, file }) => namedIn(file, dirname(path)))
  const [alertRunbook, runbookFolder] = await Promise.all([
    lookAtAlertRunbook(config.alert, named, place),
    runbooks.folder === null ? null : lookAtRunbooks(runbooks.folder, named, place)
  ])
  const configFile = prometheus?.configFile ?? null
  return {
    rules: rules.files === null ? null : [...read.map(({ file }) => file), ...leftOut],
    prometheusConfig: configFile === null ? null : readPrometheusConfig(configFile, toldPath(configFile, folder)),
    alertRunbook,
    runbooks: runbookFolder,
    documents: documents.map(({ path }) => lookAtFile(path, toldPath(path, folder)))
  }
}

/** Rules files that match a pattern, but are more than the gate reads. */
function notRead(path: string, why: string): RulesFile {
  return { path, unreadable: why, isTooLarge: true, bytes: 0, mistakes: [], groups: [] }
}

/** A runbook that an alert of a rules file in `folder` names. */
interface Named {
  readonly alert: string
  readonly name: string
  readonly folder: string
}

function namedIn({ groups }: RulesFile, folder: string): Named[] {
  const alerts = groups.flatMap(({ rules }) => rules.filter(({ kind }: Rule) => kind === 'alert'))
  return alerts.flatMap(rule => {
    const name = runbookOf(rule)
    return name === null ? [] : [{ alert: rule.name, name, folder }]
  })
}

async function lookAtAlertRunbook(
  alert: GateConfig['alert'],
  named: readonly Named[],
  place: Place
): Promise<AlertRunbook | null> {
  if (alert === null) return null
  const own = named.filter(one => one.alert === alert.name)
  const annotation = own.find(({ name }) => !isTemplate(name))
  const path = annotation === undefined || isUrl(annotation.name) ? null : pathOf(annotation, place)
  const why = path === null ? null : outsideOf(path, place)
  if (path !== null && why === null) return { kind: 'file', runbook: await readRunbook(path, place) }
  if (alert.runbook !== null && !isUrl(alert.runbook)) {
    return { kind: 'file', runbook: await readRunbook(alert.runbook, place) }
  }
  if (path !== null && why !== null) return { kind: 'outside', path: toldPath(path, place.folder), why }
  const url = annotation?.name ?? alert.runbook
  const [template] = own
  if (url === null) return template === undefined ? null : { kind: 'template', template: toldLink(template.name) }
  return { kind: 'url', url: toldLink(url), presence: await place.presenceOfUrl(url) }
}

async function lookAtRunbooks(folder: string, named: readonly Named[], place: Place): Promise<RunbookFolder> {
  const { paths, unreadable, leftOut } = listRunbooks(folder)
  return {
    path: toldPath(folder, place.folder),
    unreadable,
    leftOut,
    runbooks: await Promise.all(await inTurns(paths, path => readRunbook(path, place))),
    named: await Promise.all(named.map(one => lookAtNamed(one, place)))
  }
}

// A file takes up to half a second to parse: a process that serves gets its turn between two.
async function inTurns<In, Out>(all: readonly In[], start: (one: In) => Out): Promise<Out[]> {
  const started: Out[] = []
  for (const one of all) {
    await setImmediate()
    started.push(start(one))
  }
  return started
}

async function lookAtNamed(one: Named, place: Place): Promise<NamedRunbook> {
  const { alert, name } = one
  const told = { alert: shown(alert), name: toldLink(name) }
  if (isTemplate(name)) return { ...told, presence: { is: 'many' } }
  return {
    ...told,
    presence: isUrl(name) ? await place.presenceOfUrl(name) : presenceOfPath(pathOf(one, place), place)
  }
}

// As people write it most often: relative to the gate file, which is at the root of a repository; else to the rules
// file.
function pathOf({ name, folder }: Named, place: Place): string {
  const path = decoded(name)
  const places = [place.folder, folder, place.runbooks].filter(where => where !== null)
  const found = places.map(where => resolve(where, path)).find(candidate => existsSync(candidate))
  return found ?? resolve(place.folder, path)
}

async function readRunbook(path: string, place: Place): Promise<Runbook> {
  const { text, ...file } = readText(path, toldPath(path, place.folder))
  if (file.unreadable !== null) return { ...file, ...NOTHING_READ }
  const { links, headings, hasCommand } = readMarkdown(text)
  const asked = links.filter(link => (isUrl(link) ? place.follows : !isElsewhere(link)))
  const looked = await Promise.all(
    asked.slice(0, MOST_LINKS).map(async link => ({ link, presence: await presenceOfLink(link, path, place) }))
  )
  const told = (what: 'gone' | 'unseen') =>
    looked.flatMap(({ link, presence }) => (presence.is === what ? [`${toldLink(link)} (${presence.why})`] : []))
  const more = asked.length - MOST_LINKS
  return {
    ...file,
    headings: headings.map(heading => ({ ...heading, text: shown(heading.text) })),
    hasCommand,
    links: looked.length,
    brokenLinks: told('gone'),
    unseenLinks: [
      ...told('unseen'),
      ...(more > 0 ? [`${more} more: the gate checks ${MOST_LINKS} links of a page at most`] : [])
    ]
  }
}

/**
 * A place within the page, a mail address, or a path that begins with a slash, which depends on the site that shows the
 * page.
 */
function isElsewhere(link: string): boolean {
  return link === '' || /^(?:[#?/]|[a-z][a-z0-9+.-]*:)/i.test(link)
}

async function presenceOfLink(link: string, from: string, place: Place): Promise<Presence> {
  if (isFilledIn(link)) return { is: 'unseen', why: 'a template, which the site fills in' }
  if (isUrl(link)) return place.presenceOfUrl(link)
  return presenceOfPath(resolve(dirname(from), decoded(link)), place)
}

// By Jekyll and MkDocs; by envsubst and the like, when a page is published; by Docusaurus.
function isFilledIn(link: string): boolean {
  return isTemplate(link) || /\$\{\w|^\$[A-Z_]+\/|^@site\//.test(link)
}

const NOTHING_READ = { headings: [], hasCommand: false, links: 0, brokenLinks: [], unseenLinks: [] } as const

function presenceOfPath(path: string, place: Place): Presence {
  const unseen = outsideOf(path, place)
  if (unseen !== null) return { is: 'unseen', why: unseen }
  const why = absenceOf(path)
  return why === null ? { is: 'there' } : { is: 'gone', why }
}

function outsideOf(path: string, { tree }: Place): string | null {
  return isInside(path, tree) ? null : `outside of ${shown(tree)}, so the gate does not look at it`
}

function decoded(link: string): string {
  const path = link.replace(/[?#].*$/s, '')
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

// In a folder that Kubernetes mounts, the files are links into a hidden folder, which is not read a second time.
function listRunbooks(folder: string): Pick<RunbookFolder, 'unreadable' | 'leftOut'> & { readonly paths: string[] } {
  const paths: string[] = []
  let leftOut: string | null = null
  const list = (at: string, level: number) => {
    const entries = readdirSync(at, { withFileTypes: true }).filter(({ name }) => !name.startsWith('.'))
    for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) {
        if (level < MOST_LEVELS) list(path, level + 1)
        else leftOut ??= `the gate looks into folders at most ${MOST_LEVELS} levels deep`
      } else if (/\.(?:md|markdown)$/i.test(entry.name) && !isIndex(entry.name)) {
        if (paths.length < MOST_RUNBOOKS) paths.push(path)
        else leftOut = `it has more than ${MOST_RUNBOOKS} runbooks, and the gate reads ${MOST_RUNBOOKS}`
      }
    }
  }
  const absence = absenceOf(folder)
  if (absence !== null) return { paths, unreadable: absence, leftOut }
  try {
    list(folder, 0)
    return { paths, unreadable: null, leftOut }
  } catch {
    return { paths, unreadable: 'it cannot be listed', leftOut }
  }
}

// An index lists the runbooks, but is none itself.
function isIndex(name: string): boolean {
  return /^(?:readme|index)\./i.test(name)
}

function eachOnce(lookUp: FileLook['lookUp']): PresenceOfUrl {
  const looked = new Map<string, Promise<Presence>>()
  return async url => {
    const address = url.replace(/#.*$/s, '')
    const known = looked.get(address)
    if (known !== undefined) return known
    if (looked.size >= MOST_ADDRESSES) {
      return { is: 'unseen', why: `the gate looks up ${MOST_ADDRESSES} addresses at most` }
    }
    const presence = lookUp(address)
    looked.set(address, presence)
    return presence
  }
}

const UNASKED: Presence = { is: 'unasked' }
