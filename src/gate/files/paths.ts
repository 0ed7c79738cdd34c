import { accessSync, constants, globSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { shown } from '../../domain/text.ts'
import { readTextFile, systemReason } from '../../files/read-text.ts'
import { withoutUrlSecrets } from '../../text/url-secrets.ts'
import type { TextFile } from './file-facts.ts'

const MIB = 1024 * 1024
const MOST_FILES = 100
const TOO_LARGE = 'larger than 1 MiB, the most that the gate reads'

/** A path as a person reads it: relative to the gate file's folder where it is below it. */
export function toldPath(path: string, folder: string): string {
  return shown(isInside(path, folder) ? relative(folder, path) || '.' : path)
}

/** A path or an address as it may be shown: people paste addresses with credentials. */
export function toldLink(link: string): string {
  return shown(withoutUrlSecrets(link))
}

/** Whether a link or a runbook is a page of the web, not a path. */
export function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text)
}

/** Whether a path is a folder or below it; both absolute. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** The smallest folder that has all of these in it; the first of them if that would be the whole file system. */
export function commonFolder(folders: readonly [string, ...string[]]): string {
  let common: string = folders[0]
  while (!folders.every(folder => isInside(folder, common))) common = dirname(common)
  return dirname(common) === common ? folders[0] : common
}

/**
 * Looks only whether a file is there, can be read and is not empty; it may be something other than text, such as a PDF.
 */
export function lookAtFile(path: string, told: string): TextFile {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) return { path: told, unreadable: 'not a regular file', bytes: 0 }
    accessSync(path, constants.R_OK)
    return { path: told, unreadable: stats.size === 0 ? 'empty' : null, bytes: stats.size }
  } catch (error) {
    return { path: told, unreadable: systemReason(error) ?? 'cannot be read', bytes: 0 }
  }
}

/** A file of at most 1 MiB of text, with its text; empty where it cannot be used. */
export function readText(path: string, told: string): TextFile & { readonly text: string } {
  const file = readTextFile(path, MIB)
  if (!file.ok) {
    const { bytes } = lookAtFile(path, told)
    if (bytes > MIB) return { path: told, unreadable: TOO_LARGE, isTooLarge: true, bytes, text: '' }
    const reason = file.mistakes.map(({ message }) => message.replace(`${path}: `, '')).join('; ')
    return { path: told, unreadable: reason.replace(/^cannot be read: /, ''), bytes: 0, text: '' }
  }
  const isEmpty = file.value.trim() === ''
  return { path: told, unreadable: isEmpty ? 'empty' : null, bytes: Buffer.byteLength(file.value), text: file.value }
}

/** What keeps something from being found at a path; `null`: it is there. */
export function absenceOf(path: string): string | null {
  try {
    statSync(path)
    return null
  } catch (error) {
    return systemReason(error) ?? 'cannot be read'
  }
}

/** What a path leads to. */
export interface Expanded {
  readonly paths: readonly string[]
  /** Why these are not all; `null`: they are. */
  readonly leftOut: string | null
}

/**
 * The files that a path with `*`, `?` or `[…]` matches, in the order of their names, at most 100; the path itself where
 * nothing matches or it has none of these.
 */
export function expandPath(path: string): Expanded {
  if (!/[*?[]/.test(path)) return { paths: [path], leftOut: null }
  // What comes before the first pattern is a folder, and is not read as a pattern.
  const parts = path.split(sep)
  const first = parts.findIndex(part => /[*?[]/.test(part))
  const cwd = parts.slice(0, first).join(sep) || sep
  const found = globSync(join(...parts.slice(first)), { cwd }).map(name => resolve(cwd, name))
  const leftOut = found.length > MOST_FILES ? `matches ${found.length} files, and the gate reads ${MOST_FILES}` : null
  return { paths: found.length === 0 ? [path] : found.toSorted().slice(0, MOST_FILES), leftOut }
}
