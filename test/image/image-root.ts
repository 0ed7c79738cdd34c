import { type ChildProcess, type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, globSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { ROOT } from '../support/files.ts'
import { lastStage, readContext } from './dockerfile.ts'

const AS_ROOT = process.getuid?.() === 0 ? [] : ['sudo', '-n']

/** Why the image cannot be run here; an engine is not needed. */
export const rootMissing: string | undefined =
  spawnSync('/usr/bin/env', [...AS_ROOT, 'unshare', '--mount', '--pid', '--fork', 'true']).status === 0
    ? undefined
    : 'needs Linux and root, or sudo without a password, to run a program in namespaces of its own'

/** Runs the steps of the Dockerfile, on the files that it would get, and gives the root that the image would have. */
export function makeImageRoot(folder: string, build: Readonly<Record<string, string>>): string {
  const context = join(folder, 'context')
  const files = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...readContext()],
    { cwd: ROOT, encoding: 'utf8' }
  )
  for (const file of files.split('\0').filter(name => name !== '')) {
    cpSync(join(ROOT, file), join(context, file))
    // As somebody with a strict umask checks it out: the owner's alone.
    chmodSync(join(context, file), lstatSync(join(ROOT, file)).mode & 0o700)
  }
  const root = join(folder, 'root')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit'], { cwd: context, stdio: 'pipe' })
  execFileSync(join(context, 'tools/build/make-image-root'), [root], {
    env: { ...process.env, ...build },
    stdio: 'pipe'
  })
  const cache = join(context, 'tools/build/make-compile-cache.ts')
  execFileSync('/usr/bin/env', [...AS_ROOT, process.execPath, cache, join(root, 'app')], { stdio: 'pipe' })

  // All that is used of the base image.
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).match(/\/\S+(?= \()/g) ?? []
  for (const library of libraries) {
    mkdirSync(dirname(join(root, library)), { recursive: true })
    copyFileSync(library, join(root, library))
  }
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true })
  cpSync(process.execPath, join(root, 'usr/local/bin/node'))
  for (const mountPoint of ['dev', 'proc']) mkdirSync(join(root, mountPoint))
  return root
}

/** Starts the image's entrypoint; no environment but the image's own and what is given. */
export function runImage(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>
): ChildProcessByStdio<null, Readable, Readable> {
  const environment = [...lastStage('ENV'), ...Object.entries(env).map(([name, value]) => `${name}=${value}`)]
  writeFileSync(`${root}.env`, environment.join(' ').replaceAll(' ', '\n'))
  const [program = '', ...first]: string[] = JSON.parse(lastStage('ENTRYPOINT')[0] ?? '[]')
  const command = [join(import.meta.dirname, 'run-container'), root, `/usr/local/bin/${program}`, ...first, ...args]
  return spawn('/usr/bin/env', [...AS_ROOT, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** The outside number of the process that is process 1 inside: the youngest of the family. */
export function processOf({ pid = 0 }: Pick<ChildProcess, 'pid'>): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return children === '' ? pid : processOf({ pid: Number(children.split(' ')[0]) })
}

export function sendSignal(pid: number, signal: 'TERM' | 'KILL'): void {
  execFileSync('/usr/bin/env', [...AS_ROOT, 'kill', `-${signal}`, String(pid)])
}

/** Every file with its size and times: what a write would change. */
export function listRoot(root: string): readonly string[] {
  return globSync('**/*', { cwd: root }).map(path => {
    const { size, mtimeMs, ctimeMs } = lstatSync(join(root, path))
    return `${join(dirname('/'), path)} ${size} ${mtimeMs} ${ctimeMs}`
  })
}
