import { TableCellDisplayMode } from '@grafana/grafana-foundation-sdk/common'
import type { DataTransformerConfig, DynamicConfigValue, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import type { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'

/** A column of a table: which field it shows, under which heading. */
export interface Column {
  /** A label, or `Value #A` for the value of the first query. */
  readonly field: string
  readonly heading: string
  readonly width?: number
  readonly properties?: readonly DynamicConfigValue[]
}

/** Shows only these columns of the answers, in this order. */
export function showColumns(panel: Table, columns: readonly Column[]): Table {
  for (const { heading, width, properties = [] } of columns) {
    const ofWidth = width === undefined ? [] : [{ id: 'custom.width', value: width }]
    // The panel's own `noValue` is about the whole table.
    panel.overrideByName(heading, [{ id: 'noValue', value: '–' }, ...ofWidth, ...properties])
  }
  return panel.transformations([
    // Each answer has a time, and rows whose times differ would not be joined.
    transformation('filterFieldsByName', { exclude: { names: ['Time'] } }),
    transformation('merge', {}),
    transformation('filterFieldsByName', { include: { names: columns.map(({ field }) => field) } }),
    transformation('organize', {
      excludeByName: {},
      indexByName: Object.fromEntries(columns.map(({ field }, index) => [field, index])),
      renameByName: Object.fromEntries(columns.map(({ field, heading }) => [field, heading]))
    })
  ])
}

/** Values as words, with the cell in the colour of the word. */
export function coloured(mappings: readonly ValueMapping[]): DynamicConfigValue[] {
  return [{ id: 'mappings', value: mappings }, cell(TableCellDisplayMode.ColorBackground)]
}

/** Values as words, without colours. */
export function worded(mappings: readonly ValueMapping[]): DynamicConfigValue[] {
  return [{ id: 'mappings', value: mappings }]
}

/** A bar as long as the share, in one colour, with the number beside it. */
export function shareBar(color: string): DynamicConfigValue[] {
  return [
    { id: 'unit', value: 'percentunit' },
    { id: 'decimals', value: 1 },
    { id: 'min', value: 0 },
    { id: 'max', value: 1 },
    { id: 'color', value: { mode: 'fixed', fixedColor: color } },
    { id: 'custom.cellOptions', value: { type: TableCellDisplayMode.Gauge, mode: 'basic', valueDisplayMode: 'text' } }
  ]
}

/** A link on each cell. */
export function linked(title: string, url: string): DynamicConfigValue {
  return { id: 'links', value: [{ title, url }] }
}

export function inUnit(value: string): DynamicConfigValue[] {
  return [{ id: 'unit', value }]
}

function cell(type: TableCellDisplayMode): DynamicConfigValue {
  return { id: 'custom.cellOptions', value: { type, mode: 'basic' } }
}

function transformation(id: string, options: object): DataTransformerConfig {
  return { id, options }
}
