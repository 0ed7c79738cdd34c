import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/files.ts'

/** The Dockerfile's instructions, a line each, without comments. */
export function readDockerfile(): readonly string[] {
  return readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
}

/** The values of one instruction of the last stage, in order. */
export function lastStage(instruction: string): readonly string[] {
  const lines = readDockerfile()
  const from = lines.findLastIndex(line => line.startsWith('FROM '))
  return lines
    .slice(from)
    .flatMap(line => (line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : []))
}

/** What the image starts Node with, ahead of the program. */
export function nodeOptions(): readonly string[] {
  return (JSON.parse(lastStage('ENTRYPOINT')[0] ?? '[]') as readonly string[]).slice(1, -1)
}

/** What the build context has, by .dockerignore: files or whole folders, from the root of the repository. */
export function readContext(): readonly string[] {
  const [all, ...kept] = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
  if (all !== '*' || kept.some(line => !/^![\w./-]+$/.test(line)))
    throw new Error('.dockerignore is not *, then !NAME …')
  return kept.map(line => line.slice(1))
}
