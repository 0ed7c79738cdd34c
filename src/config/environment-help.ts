import { renderEntries, wrap } from '../text/entries.ts'
import { USUAL_VARIABLES, VARIABLES } from './environment.ts'

const ALL = [...VARIABLES, ...USUAL_VARIABLES]

/**
 * Variables for a help text: each with its meaning and its default, in lines of at most 100 characters. Absent: all of
 * them.
 */
export function renderEnvironmentHelp(names: readonly string[] = ALL.map(([name]) => name)): string {
  return renderEntries(
    ALL.filter(([name]) => names.includes(name)).map(([name, { description, default: byDefault }]) => [
      name,
      byDefault === undefined ? description : `${description} (default: ${byDefault})`
    ])
  )
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
    const meaning = wrap(description).map(line => `# ${line}\n`)
    return `${meaning.join('')}#${name}=${byDefault ?? ''}\n`
  })
  return [
    '# Every variable with its default. Copy this to .env: npm start and npm run check, explain, validate and gate read it.\n',
    ...parts
  ].join('\n')
}
