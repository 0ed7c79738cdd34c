import type { FieldConfig, Panel, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'

// Grafana's dark theme.
const COLORS: Readonly<Record<string, string>> = {
  red: '#f2495c',
  orange: '#ff9830',
  yellow: '#fade2a',
  green: '#73bf69',
  blue: '#5794f2',
  purple: '#b877d9',
  'light-red': '#ff7383',
  'light-orange': '#ffb357',
  'light-yellow': '#ffee52',
  'light-blue': '#8ab8ff',
  'light-purple': '#ca95e5',
  text: '#9a9ba8',
  transparent: 'transparent'
}

export interface ShownValue {
  readonly text: string
  readonly color: string
}

/** The settings of one field: the panel's own, and what overrides them for a name or a query. */
export function fieldOf({ fieldConfig }: Panel, name: string, refId: string): FieldConfig {
  const own: FieldConfig = { ...fieldConfig?.defaults }
  for (const { matcher, properties } of fieldConfig?.overrides ?? []) {
    if (matcher.options !== (matcher.id === 'byFrameRefID' ? refId : name)) continue
    for (const { id, value } of properties) Object.assign(own, { [id]: value })
  }
  return own
}

/** A value as a panel shows it: mapped to its word, or in its unit; with the colour of its word or threshold. */
export function shownValue(value: number | string, { mappings = [], thresholds, unit, decimals, color }: FieldConfig) {
  const mapped = mappings.map(mapping => wordOf(mapping, value)).find(word => word !== undefined)
  const step = thresholds?.steps.findLast(({ value: from }) => from === null || Number(value) >= from)
  const name = mapped?.color ?? color?.fixedColor ?? step?.color ?? 'text'
  const text = mapped?.text ?? (typeof value === 'string' ? value : inUnit(value, unit ?? 'short', decimals))
  return { text, color: shownColor(name) } satisfies ShownValue
}

/** A colour of Grafana's as CSS has it. */
export function shownColor(name: string): string {
  return COLORS[name] ?? name
}

function wordOf(mapping: ValueMapping, value: number | string) {
  return mapping.type === 'value' ? mapping.options[String(value)] : undefined
}

function inUnit(value: number, unit: string, decimals?: number): string {
  const round = (number: number, digits: number) => String(Number(number.toFixed(decimals ?? digits)))
  if (unit === 's') {
    if (Math.abs(value) < 1) return `${round(value * 1000, 1)} ms`
    return value < 60 ? `${round(value, 1)} s` : `${round(value / 60, 1)} mins`
  }
  if (unit === 'percentunit') return `${round(value * 100, 1)}%`
  if (unit === 'bytes') return `${round(value / 2 ** 20, 1)} MiB`
  if (unit === 'dateTimeAsIso') return new Date(value).toISOString().replace('T', ' ').slice(0, 19)
  return round(value, 2)
}
