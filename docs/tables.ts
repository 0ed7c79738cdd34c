import { COMMON_OPTIONS } from '../src/commands/command-line.ts'
import { COMMANDS } from '../src/commands/commands.ts'
import { COMMON_EXIT_CODES } from '../src/commands/help.ts'
import type { Options } from '../src/commands/options.ts'
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
  options: optionsTable,
  'exit-codes': exitCodesTable,
  environment: environmentTable,
  pointers: () => `- version: ${listed(DEFAULT_VERSION_POINTERS)}\n- git SHA: ${listed(DEFAULT_GIT_SHA_POINTERS)}\n`,
  metrics: () => table(METRIC_HEADING, rowsOf([...SERVICE_FAMILIES, ...FLEET_FAMILIES, ...GATE_FAMILIES])),
  'own-metrics': () => table(METRIC_HEADING, rowsOf(OWN_FAMILIES))
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

function optionsTable(): string {
  const rows = (command: string, options: Options) =>
    Object.entries(options).map(([name, { short, placeholder, description }]) => {
      const option = [short === undefined ? '' : `-${short}, `, `--${name}`, placeholder && ` ${placeholder}`].join('')
      return [command, `\`${option}\``, description]
    })
  const own = Object.entries(COMMANDS).flatMap(([name, { options }]) => rows(`\`${name}\``, options))
  return table(['command', 'option', 'meaning'], [...own, ...rows('all', COMMON_OPTIONS)])
}

function exitCodesTable(): string {
  const rows = (command: string, codes: readonly (readonly [number, string])[]) =>
    codes.map(([code, meaning]) => [command, `${code}`, meaning])
  const own = Object.entries(COMMANDS).flatMap(([name, { exitCodes }]) => rows(`\`${name}\``, exitCodes))
  return table(['command', 'code', 'meaning'], [...own, ...rows('all', COMMON_EXIT_CODES)])
}

const METRIC_HEADING = ['metric', 'value'] as const

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [heading, heading.map(() => '---'), ...rows].map(cells => `${line(cells)}\n`).join('')
}
