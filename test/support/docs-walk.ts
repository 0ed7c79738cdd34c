import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ROOT, temporaryFolder } from './files.ts'
import { inlineCodesOf, PAGES, shellCommandsOf } from './pages.ts'
import type { Lifetime } from './stage.ts'

/** A command of the pages, and how it went. */
export interface Walked {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

// The runbooks have their own tests: test/alerts/runbooks.test.ts, and runbooks.e2e.ts, which runs them.
const WALKED = PAGES.filter(page => !page.startsWith('docs/runbooks/'))
// README's table of what to run; a command with an ellipsis is only the form of one.
const IN_TEXT = /^(?:[A-Z_]+=\S* )*(?:npm run|helm|keybuzz-version-guard) [a-z-]/

/** Every command that the pages give to a newcomer, once. */
export const DOCUMENTED: readonly string[] = [
  ...new Set([
    ...WALKED.flatMap(shellCommandsOf),
    ...inlineCodesOf('README.md').filter(code => IN_TEXT.test(code) && !code.includes('…'))
  ])
]

/** Leaves out `npm ci`, since the tests run in what it makes; the rest of the command is run. */
export function withoutInstall(command: string): string {
  return command.replace(/^npm ci && /, '')
}

/**
 * A fresh checkout in a temporary folder, so that what a command writes stays there. The examples are copies, which a
 * test may change.
 */
export function cleanCheckout(life: Lifetime): string {
  const folder = temporaryFolder(life)
  for (const name of readdirSync(ROOT)) {
    if (!name.startsWith('.') && !['docs', 'dist'].includes(name)) symlinkSync(join(ROOT, name), join(folder, name))
  }
  mkdirSync(join(folder, 'docs'))
  for (const name of readdirSync(join(ROOT, 'docs'))) {
    if (name !== 'examples') symlinkSync(join(ROOT, 'docs', name), join(folder, 'docs', name))
  }
  cpSync(join(ROOT, 'docs/examples'), join(folder, 'docs/examples'), { recursive: true })
  return folder
}

/** Begins a command in a shell of its own, with the program and the project's Node on the PATH. */
export function startCommand(
  command: string,
  folder: string,
  env: Readonly<Record<string, string | undefined>>
): ChildProcess {
  const bin = join(folder, '.bin')
  mkdirSync(bin, { recursive: true })
  const program = join(bin, 'keybuzz-version-guard')
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'src/main.ts')}" "$@"\n`)
  chmodSync(program, 0o755)
  const path = [bin, join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter)
  const cache = join(ROOT, 'node_modules/.cache/node')
  return spawn('bash', ['-o', 'pipefail', '-c', command], {
    cwd: folder,
    // In a group of its own, so that a signal reaches all that it starts, as Ctrl-C does.
    detached: true,
    env: { HOME: folder, NODE_COMPILE_CACHE: cache, ...env, PATH: path }
  })
}

/** Runs a command to its end. */
export async function walk(
  command: string,
  folder: string,
  { input = '', env = {} }: { readonly input?: string; readonly env?: Readonly<Record<string, string | undefined>> }
): Promise<Walked> {
  const child = startCommand(command, folder, env)
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  // Most commands read nothing, and some have ended by now.
  child.stdin?.on('error', () => {}).end(input)
  const { stdout, stderr } = child
  const [code, printed, complaints] = await Promise.all([ended, stdout && text(stdout), stderr && text(stderr)])
  return { code, stdout: printed ?? '', stderr: complaints ?? '' }
}
