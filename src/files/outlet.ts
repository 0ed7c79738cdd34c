import { randomUUID } from 'node:crypto'
import { constants, open as openFile, type Stats, writeFile as writeToDescriptor } from 'node:fs'
import {
  access,
  chmod,
  chown,
  lstat,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile
} from 'node:fs/promises'
import { Socket } from 'node:net'
import { basename, dirname, join, resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'

/** Where a text can be written to. */
export interface Outlet {
  /** A regular file, or one that does not exist yet. Anything else, such as a pipe, is written to directly. */
  readonly isFile: boolean
  /** Replaces a regular file by rename, so that nobody ever reads half of it. Rejects with the system's error. */
  write(text: string): Promise<void>
}

const MOST_LINKS = 40
const PIPE_PATIENCE_MS = 10_000
const READABLE = 0o644
const MOUNTED = 'it is a mount of its own, which cannot be replaced: mount its folder'
const NO_READER = 'nobody reads from the pipe'

/**
 * Finds what a path leads to, past all symbolic links. Rejects if that cannot be written to.
 *
 * A device must stay one, even if root could replace it, and a link must stay a link. A pipe that nobody reads from for
 * `patienceMs` is given up.
 */
export async function findOutlet(path: string, patienceMs = PIPE_PATIENCE_MS): Promise<Outlet> {
  if (path.endsWith('/')) throw new Error('is a directory')
  const end = await followLinks(resolve(path))
  if (typeof end === 'number') return { isFile: false, write: text => promisify(writeToDescriptor)(end, text) }
  const stats = await stat(end).catch(unlessMissing)
  const isFile = stats === undefined || stats.isFile()
  await access(isFile ? dirname(end) : end, constants.W_OK)
  if (stats === undefined || stats.isFile()) return { isFile, write: text => replace(end, text, stats) }
  if (stats.isDirectory()) throw new Error('is a directory')
  // Nobody means to overwrite a disk with gauges.
  if (stats.isBlockDevice()) throw new Error('is a disk')
  return { isFile, write: text => (stats.isFIFO() ? writeToPipe(end, text, patienceMs) : writeInto(end, text)) }
}

// The path at the end of all links, its own and those of its folders; a number: a descriptor of this process, as for
// /dev/stdout. Opening that file again would start at its beginning and overwrite what the descriptor has written.
async function followLinks(path: string): Promise<string | number> {
  const descriptors = await realpath('/proc/self/fd').catch(unlessMissing)
  let current = path
  for (let links = 0; links < MOST_LINKS; links += 1) {
    const folder = await realpath(dirname(current))
    current = join(folder, basename(current))
    if (folder === descriptors) {
      if (await isOurOwn(current)) throw new Error('bad file descriptor')
      return Number(basename(current))
    }
    const link = await readlink(current).catch(() => undefined)
    if (link === undefined) return current
    current = resolve(folder, link)
  }
  throw new Error('too many symbolic links')
}

// Whether a descriptor is Node's own, not one that the process inherited. Writing into one ends the process, because
// Node reads pointers from its pipes.
async function isOurOwn(path: string): Promise<boolean> {
  const target = await readlink(path)
  if (target.startsWith('anon_inode:')) return true
  if (!target.startsWith('pipe:')) return false
  const readers = await Promise.all(
    (await readdir(dirname(path))).map(name => readsFrom(join(dirname(path), name), target))
  )
  return readers.includes(true)
}

async function readsFrom(path: string, target: string): Promise<boolean> {
  // The descriptor of the listing itself is closed by now.
  if ((await readlink(path).catch(unlessMissing)) !== target) return false
  return ((await lstat(path)).mode & constants.S_IRUSR) !== 0
}

async function replace(path: string, text: string, before: Stats | undefined): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`
  try {
    await writeFile(unfinished, text)
    // Root keeps the owner of the file. Other users cannot give a file away.
    if (before !== undefined) await chown(unfinished, before.uid, before.gid).catch(() => {})
    // The same users can read it as before. Everybody can read a new one, as with Prometheus' own clients, whatever the
    // umask of a cron job is.
    await chmod(unfinished, before === undefined ? READABLE : before.mode & 0o777)
    await rename(unfinished, path)
  } catch (error) {
    // "Resource busy or locked", to the system.
    const isMounted = error instanceof Error && 'code' in error && error.code === 'EBUSY'
    throw isMounted ? new Error(MOUNTED, { cause: error }) : error
  } finally {
    await rm(unfinished, { force: true })
  }
}

async function writeInto(path: string, text: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_NOCTTY)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

// Without O_NONBLOCK, opening waits for a reader, and the process could not even exit meanwhile.
async function writeToPipe(path: string, text: string, patienceMs: number): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_NONBLOCK
  const fd = await promisify(openFile)(path, flags).catch((error: NodeJS.ErrnoException) => {
    // The system would say "No such device or address".
    throw error.code === 'ENXIO' ? new Error(NO_READER, { cause: error }) : error
  })
  const pipe = new Socket({ fd, readable: false, writable: true })
  pipe.setTimeout(patienceMs, () => pipe.destroy(new Error(NO_READER)))
  pipe.end(text)
  await finished(pipe, { readable: false })
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
