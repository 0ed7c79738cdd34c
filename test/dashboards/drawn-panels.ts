import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Series, STEP_S } from './answers.ts'
import { targetsOf } from './model.ts'
import { fieldOf, shownColor, shownValue } from './shown-value.ts'

/** What each query of a panel was answered, in the order of its queries. */
export type Answers = readonly (readonly Series[])[]

interface NamedSeries extends Series {
  readonly name: string
  readonly refId: string
}

const PALETTE = ['#73bf69', '#f2cc0c', '#8ab8ff', '#ff780a', '#f2495c', '#5794f2', '#b877d9', '#705da0']

/** A panel's values as HTML; its text for no value where nothing was answered. */
export function drawPanel(panel: Panel, answers: Answers): string {
  const series = named(panel, answers)
  if (series.length === 0) return `<p class="none">${escapeHtml(panel.fieldConfig?.defaults.noValue ?? '')}</p>`
  if (panel.type === 'stat') return drawStats(panel, series)
  if (panel.type === 'state-timeline') return drawLanes(panel, series)
  if (panel.type === 'table') return drawTable(panel, answers)
  return drawGraph(panel, series)
}

function named(panel: Panel, answers: Answers): NamedSeries[] {
  return targetsOf(panel).flatMap(({ legendFormat = '', refId = '' }, index) =>
    (answers[index] ?? []).map(series => {
      const name = legendFormat.replace(/\{\{(\w+)\}\}/g, (_all, label: string) => series.labels[label] ?? '')
      return { ...series, name, refId }
    })
  )
}

function drawStats(panel: Panel, series: readonly NamedSeries[]): string {
  const byName = panel.options.textMode === 'name'
  const stats = series.map(({ name, refId, points }) => {
    const { text, color } = shownValue(points.at(-1)?.[1] ?? Number.NaN, fieldOf(panel, name, refId))
    const label = panel.options.textMode === 'value_and_name' ? `<small>${escapeHtml(name)}</small>` : ''
    const shown = byName ? name : text
    const background = byName ? 'transparent' : color
    const ink = background === 'transparent' ? '#fff' : '#111'
    return `<div class="stat" style="background:${background};color:${ink}">${label}<b style="--letters:${shown.length}">${escapeHtml(shown)}</b></div>`
  })
  return `<div class="stats">${stats.join('')}</div>`
}

function drawLanes(panel: Panel, series: readonly NamedSeries[]): string {
  const [from, to] = rangeOf(series)
  const lanes = series.map(({ name, refId, points }) => {
    const field = fieldOf(panel, name, refId)
    const shown = points.map(([at, value]) => ({ at, ...shownValue(value, field) }))
    const bars = shown.map(({ at, text, color }, index) => {
      const isNew = text !== shown[index - 1]?.text || at - (shown[index - 1]?.at ?? at) > STEP_S * 1.5
      const left = (100 * (at - from)) / (to - from)
      const width = (100 * STEP_S) / (to - from) + 0.1
      return `<i style="left:${left}%;width:${width}%;background:${color};z-index:${isNew ? 1 : 0}">${isNew ? `<s>${escapeHtml(text)}</s>` : ''}</i>`
    })
    return `<div class="lane"><span>${escapeHtml(field.displayName ?? name)}</span><div>${bars.join('')}</div></div>`
  })
  return lanes.join('')
}

function drawGraph(panel: Panel, series: readonly NamedSeries[]): string {
  const { custom = {} } = panel.fieldConfig?.defaults ?? {}
  const isStacked = custom.stacking?.mode === 'normal'
  const colored = series.map((one, index) => {
    const field = fieldOf(panel, one.name, one.refId)
    const color = field.color?.fixedColor
    return { ...one, field, color: color === undefined ? (PALETTE[index % PALETTE.length] ?? '') : shownColor(color) }
  })
  const floors = new Map<number, number>()
  const raised = colored.map(one => ({
    ...one,
    points: one.points
      .filter(([, value]) => !Number.isNaN(value))
      .map(([at, value]) => {
        const floor = isStacked ? (floors.get(at) ?? 0) : 0
        floors.set(at, floor + value)
        return { at, floor, ceiling: floor + value }
      })
  }))
  const top = Math.max(...raised.flatMap(({ points }) => points.map(({ ceiling }) => ceiling))) * 1.1 || 1
  const [from, to] = rangeOf(series)
  const x = (at: number) => (100 * (at - from)) / (to - from)
  const y = (value: number) => 100 - (100 * value) / top
  const drawn = raised.map(({ points, color, field }) => {
    if (custom.drawStyle !== 'bars') {
      const dashes = 'custom.lineStyle' in field ? ' stroke-dasharray="10 10"' : ''
      const line = points.map(({ at, ceiling }) => `${x(at)},${y(ceiling)}`).join(' ')
      return `<polyline points="${line}" stroke="${color}"${dashes}/>`
    }
    const width = 0.8 * (x(from + STEP_S) - x(from))
    const bars = points.map(({ at, floor, ceiling }) => {
      return `<rect x="${x(at)}" y="${y(ceiling)}" width="${width}" height="${y(floor) - y(ceiling)}"/>`
    })
    return `<g fill="${color}" fill-opacity="${custom.fillOpacity / 100}">${bars.join('')}</g>`
  })
  const axis = escapeHtml(shownValue(top, panel.fieldConfig?.defaults ?? {}).text)
  const legend = colored.map(({ name, field, color, points }) => {
    const values = points.map(([, value]) => value).filter(value => !Number.isNaN(value))
    const [last, max] = [values.at(-1) ?? Number.NaN, Math.max(...values)].map(value => shownValue(value, field).text)
    return `<li style="color:${color}">${escapeHtml(field.displayName ?? name)} <b>${escapeHtml(last ?? '')}</b>, max ${escapeHtml(max ?? '')}</li>`
  })
  return `<em>${axis}</em><svg viewBox="0 0 100 100" preserveAspectRatio="none">${drawn.join('')}</svg><ul>${legend.join('')}</ul>`
}

function drawTable(panel: Panel, answers: Answers): string {
  const { indexByName, renameByName } = panel.transformations?.at(-1)?.options ?? {}
  const columns: string[] = Object.keys(indexByName)
  const rows = merged(panel, answers)
  const order: readonly { displayName: string; desc: boolean }[] = panel.options.sortBy
  for (const { displayName, desc } of order.toReversed()) {
    const sorted = columns.find(column => renameByName[column] === displayName) ?? ''
    rows.sort((a, b) => compared(a[sorted], b[sorted]) * (desc ? -1 : 1))
  }
  const cells = rows.map(row =>
    columns.map(column => {
      const field = fieldOf(panel, renameByName[column], '')
      const value = row[column]
      if (value === undefined || value === '') {
        return `<td>${escapeHtml(field.noValue ?? '')}</td>`
      }
      const { text, color } = shownValue(value, field)
      const { type = '' } = Object.entries(field).find(([id]) => id === 'custom.cellOptions')?.[1] ?? {}
      if (type === 'gauge')
        return `<td><u style="width:${Number(value) * 60}%;background:${color}"></u>${escapeHtml(text)}</td>`
      return `<td style="${type === 'color-background' ? `background:${color};color:#111` : ''}">${escapeHtml(text)}</td>`
    })
  )
  const headings = columns.map(column => `<th>${escapeHtml(renameByName[column])}</th>`)
  return `<table><tr>${headings.join('')}</tr>${cells.map(row => `<tr>${row.join('')}</tr>`).join('')}</table>`
}

function compared(a: string | number = '', b: string | number = ''): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b))
}

/** As Grafana's transformation `merge` joins rows: by the labels that all answers have, empty answers left out. */
function merged(panel: Panel, answers: Answers): Record<string, string | number>[] {
  const frames = targetsOf(panel).map(({ refId }, index) => {
    const series = answers[index] ?? []
    return { value: `Value #${refId}`, series, labels: new Set(series.flatMap(({ labels }) => Object.keys(labels))) }
  })
  const filled = frames.filter(({ series }) => series.length > 0)
  const keys = [...(filled[0]?.labels ?? [])].filter(label => filled.every(({ labels }) => labels.has(label)))
  const rows = new Map<string, Record<string, string | number>>()
  for (const { value, series, labels } of filled) {
    for (const { labels: own, points } of series) {
      const key = JSON.stringify(keys.map(label => own[label] ?? ''))
      const cells = Object.fromEntries([...labels].map(label => [label, own[label] ?? '']))
      rows.set(key, { ...rows.get(key), ...cells, [value]: points.at(-1)?.[1] ?? Number.NaN })
    }
  }
  return [...rows.values()]
}

function rangeOf(series: readonly Series[]): readonly [from: number, to: number] {
  const times = series.flatMap(({ points }) => points.map(([at]) => at))
  return [Math.min(...times), Math.max(...times) + 0.001]
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}
