import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './files.ts'

/** Every page for people, by its path from the root of the repository. */
export const PAGES: readonly string[] = globSync(['*.md', 'docs/**/*.md', 'helm/*.md'], { cwd: ROOT }).sort()

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

/** The anchors of a page's headings, as GitHub makes them: a repeated name gets a number. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of withoutBlocks(readPage(page)).matchAll(/^#+ (.+)$/gm)) {
    const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = words.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')
    let unique = anchor
    for (let number = 1; anchors.has(unique); number += 1) unique = `${anchor}-${number}`
    anchors.add(unique)
  }
  return anchors
}

/** What the page's links lead to, as they are written: a path, an anchor, or both. Addresses on the web are left out. */
export function linksOf(page: string): readonly { readonly path: string; readonly anchor: string }[] {
  return [...withoutBlocks(readPage(page)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?[^)]*\)/g)].map(
    ([, path = '', anchor = '']) => ({ path, anchor })
  )
}

/** The code between single backticks. */
export function inlineCodesOf(page: string): readonly string[] {
  return [...withoutBlocks(readPage(page)).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
}

/** What a person pastes into a shell: the blocks that are marked `sh`, command by command and without their comments. */
export function shellCommandsOf(page: string): readonly string[] {
  const blocks = [...readPage(page).matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)]
  return blocks.flatMap(([, indent = '', block = '']) =>
    splitCommands(block.slice(indent.length).replaceAll(`\n${indent}`, '\n'))
  )
}

/** Whether a shell can read it. */
export function isShell(command: string): boolean {
  return spawnSync('bash', ['-n'], { input: `${command}\n` }).status === 0
}

// A command goes on as long as a line ends with a backslash, or a quotation stays open.
function splitCommands(block: string): readonly string[] {
  const commands: string[] = []
  let command = ''
  for (const line of block.split('\n')) {
    command += command === '' ? line : `\n${line}`
    if (line.endsWith('\\') || !isShell(command)) continue
    const bare = command.replace(/(?:^|\s+)# .*$/gm, '').trim()
    if (bare !== '') commands.push(bare)
    command = ''
  }
  if (command !== '') commands.push(command)
  return commands
}

function withoutBlocks(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```$/gm, '')
}
