import { environmentTable } from '../src/config/environment-help.ts'
import { DEFAULT_GIT_SHA_POINTERS, DEFAULT_VERSION_POINTERS } from '../src/domain/target.ts'
import type { Family } from '../src/metrics/family.ts'
import { FLEET_FAMILIES } from '../src/metrics/fleet-families.ts'
import { GATE_FAMILIES } from '../src/metrics/gate-families.ts'
import { OWN_FAMILIES } from '../src/metrics/own-metrics.ts'
import { SERVICE_FAMILIES } from '../src/metrics/service-families.ts'

/** A page with its generated parts, between `<!-- name -->` and `<!-- /name -->`, as the sources have them now. */
export function renderTables(page: string): string {
  return Object.entries(TABLES).reduce((text, [name, table]) => {
    const part = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`)
    return text.replace(part, (_all, start: string, end: string) => `${start}${table()}${end}`)
  }, page)
}

const TABLES = {
  environment: environmentTable,
  pointers: () => `- version: ${listed(DEFAULT_VERSION_POINTERS)}\n- git SHA: ${listed(DEFAULT_GIT_SHA_POINTERS)}\n`,
  metrics: () => table(rowsOf([...SERVICE_FAMILIES, ...FLEET_FAMILIES, ...GATE_FAMILIES])),
  'own-metrics': () => table(rowsOf(OWN_FAMILIES))
} as const

function listed(pointers: readonly string[]): string {
  return pointers.map(pointer => `\`${pointer}\``).join(', ')
}

function rowsOf(families: readonly Family<never>[]): readonly (readonly string[])[] {
  return families.map(({ name, labels, help }) => [
    labels.length === 0 ? `\`${name}\`` : `\`${name}{${labels.join(',')}}\``,
    help
  ])
}

function table(rows: readonly (readonly string[])[]): string {
  return ['| metric | value |', '| --- | --- |', ...rows.map(row => `| ${row.join(' | ')} |`), ''].join('\n')
}
