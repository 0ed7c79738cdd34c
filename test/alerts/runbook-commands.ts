import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ROOT } from '../support/files.ts'

const FOLDER = join(ROOT, 'docs/runbooks')

/** The name of each runbook, which is its alert's. */
export const RUNBOOKS = globSync('*.md', { cwd: FOLDER }).map(file => basename(file, '.md'))

export function readRunbook(name: string): string {
  return readFileSync(join(FOLDER, `${name}.md`), 'utf8')
}

/** What a person pastes into a shell, all of a runbook. */
export function commandsOf(name: string): string {
  return [...readRunbook(name).matchAll(/^```sh\n(.+?)^```$/gms)].map(([, block]) => block).join('')
}
