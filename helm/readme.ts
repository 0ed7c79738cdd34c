import { CONFIG_VARIABLES } from './schema.ts'
import { readChartValues } from './values-file.ts'

/** The chart's README with its tables, between `<!-- name -->` and `<!-- /name -->`, made from values.yaml. */
export function renderChartReadme(readme: string, valuesYaml: string): string {
  const values = readChartValues(valuesYaml).map(({ path, byDefault, description }) => [
    `\`${path}\``,
    `\`${JSON.stringify(byDefault)}\``,
    description
  ])
  const variables = [...CONFIG_VARIABLES].map(([name, { description, default: byDefault }]) => [
    `\`${name}\``,
    byDefault === undefined ? '' : `\`${byDefault}\``,
    description
  ])
  const tables = { values: table('value', values), variables: table('variable', variables) }
  return Object.entries(tables).reduce((text, [name, rows]) => {
    const part = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
    return text.replace(part, (_all, start: string, end: string) => `${start}${rows}${end}`)
  }, readme)
}

function table(what: string, rows: readonly (readonly string[])[]): string {
  const lines = rows.map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`)
  return [`| ${what} | default | meaning |`, '| --- | --- | --- |', ...lines, ''].join('\n')
}
