import { USUAL_VARIABLES, VARIABLES } from './environment.ts'

const ALL = [...VARIABLES, ...USUAL_VARIABLES]

const NAME_WIDTH = Math.max(...ALL.map(([name]) => name.length))
const LINE_WIDTH = 100

/** The variables for `--help`: each with its meaning and its default, in lines of at most 100 characters. */
export function renderEnvironmentHelp(): string {
  const indent = ' '.repeat(NAME_WIDTH + 4)
  const entries = ALL.map(([name, { description, default: byDefault }]) => {
    const meaning = byDefault === undefined ? description : `${description} (default: ${byDefault})`
    const lines = wrap(meaning, LINE_WIDTH - indent.length)
    return `  ${name.padEnd(NAME_WIDTH)}  ${lines.join(`\n${indent}`)}\n`
  })
  return entries.join('')
}

/** The variables as a Markdown table. */
export function environmentTable(): string {
  const rows = ALL.map(([name, { description, default: byDefault }]) => {
    const value = byDefault === undefined ? '' : ` \`${byDefault}\``
    return `| \`${name}\` |${value} | ${description} |`
  })
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

/** The variables as a file for `.env`: each commented out with its default, its meaning above it. */
export function environmentExample(): string {
  const parts = ALL.map(([name, { description, default: byDefault }]) => {
    const meaning = wrap(description, LINE_WIDTH).map(line => `# ${line}\n`)
    return `${meaning.join('')}#${name}=${byDefault ?? ''}\n`
  })
  return [
    '# Every variable with its default. Copied to .env, it is read by npm start and npm run check.\n',
    ...parts
  ].join('\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length > width && line !== '') lines.push(line)
    line = longer.length > width ? word : longer
  }
  return [...lines, line]
}
