import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Series, STEP_S } from './answers.ts'
import { targetsOf } from './model.ts'
import { fieldOf, shownValue } from './shown-value.ts'

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
  return drawLines(panel, series)
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
    const background = byName ? 'transparent' : color
    const ink = background === 'transparent' ? '#fff' : '#111'
    return `<div class="stat" style="background:${background};color:${ink}">${label}<b>${escapeHtml(byName ? name : text)}</b></div>`
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

function drawLines(panel: Panel, series: readonly NamedSeries[]): string {
  const [from, to] = rangeOf(series)
  const top = Math.max(...series.flatMap(({ points }) => points.map(([, value]) => value || 0))) * 1.1 || 1
  const lines = series.map(({ name, refId, points }, index) => {
    const at = points
      .filter(([, value]) => !Number.isNaN(value))
      .map(([time, value]) => `${(100 * (time - from)) / (to - from)},${100 - (100 * value) / top}`)
    const field = fieldOf(panel, name, refId)
    const color = PALETTE[index % PALETTE.length]
    const last = shownValue(points.at(-1)?.[1] ?? Number.NaN, field).text
    const line = `<polyline points="${at.join(' ')}" stroke="${color}"/>`
    return {
      line,
      legend: `<li style="color:${color}">${escapeHtml(field.displayName ?? name)} <b>${escapeHtml(last)}</b></li>`
    }
  })
  const axis = escapeHtml(shownValue(top, panel.fieldConfig?.defaults ?? {}).text)
  return `<em>${axis}</em><svg viewBox="0 0 100 100" preserveAspectRatio="none">${lines.map(({ line }) => line).join('')}</svg>
    <ul>${lines.map(({ legend }) => legend).join('')}</ul>`
}

function drawTable(panel: Panel, answers: Answers): string {
  const { indexByName, renameByName } = panel.transformations?.at(-1)?.options ?? {}
  const columns: string[] = Object.keys(indexByName)
  const rows = merged(panel, answers)
  const [{ displayName = '', desc = false } = {}] = panel.options.sortBy ?? []
  const sorted = columns.find(column => renameByName[column] === displayName) ?? ''
  rows.sort((a, b) => (Number(a[sorted]) - Number(b[sorted])) * (desc ? -1 : 1))
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
