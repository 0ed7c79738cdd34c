import { environmentTable } from '../src/config/environment-help.ts'
import { FAMILIES } from '../src/metrics/families.ts'
import { OWN_FAMILIES } from '../src/metrics/own-metrics.ts'

/** The README with its generated parts, between `<!-- name -->` and `<!-- /name -->`, as the sources have them now. */
export function renderReadme(readme: string): string {
  return Object.entries(TABLES).reduce((text, [name, table]) => {
    const part = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
    return text.replace(part, (_all, start: string, end: string) => `${start}${table()}${end}`)
  }, readme)
}

const TABLES = {
  environment: environmentTable,
  metrics: () =>
    table(
      FAMILIES.map(({ name, labels, help }) => [
        labels.length === 0 ? `\`${name}\`` : `\`${name}{${labels.join(',')}}\``,
        help
      ])
    ),
  'own-metrics': () => table(OWN_FAMILIES.map(([name, help]) => [`\`${name}\``, help]))
} as const

function table(rows: readonly (readonly string[])[]): string {
  return ['| metric | value |', '| --- | --- |', ...rows.map(row => `| ${row.join(' | ')} |`), ''].join('\n')
}
