import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Answers, drawPanel, escapeHtml } from '../dashboards/drawn-panels.ts'

// A cell of Grafana's grid is 30 pixels high, with 8 between panels.
const CELL = 38

const STYLE = `
body { margin: 0; background: #111217; color: #ccccdc; font: 13px sans-serif; width: 1600px }
h1 { font-size: 16px; margin: 8px }
main { position: relative }
section { position: absolute; overflow: hidden; background: #181b1f; border: 1px solid #2d3036; box-sizing: border-box; padding: 6px; display: flex; flex-direction: column }
h2 { font-size: 13px; margin: 0 0 4px; font-weight: 500 } h3 { position: absolute; margin: 8px }
.none { margin: auto; color: #8e8e99 } .stats { display: flex; flex: 1; gap: 4px }
.stat { flex: 1; display: flex; flex-direction: column; align-items: center; justify-content: center; min-width: 0 }
.stat { container-type: inline-size } .stat b { font-size: min(24px, calc(150cqw / var(--letters))); white-space: nowrap }
.lane { display: flex; flex: 1; margin: 1px; min-height: 0 } .lane span { width: 190px; text-align: right; padding-right: 8px }
.lane div { position: relative; flex: 1; background: #24262c } .lane div { overflow: hidden } .lane i { position: absolute; top: 0; bottom: 0; color: #111; font-style: normal; white-space: nowrap } .lane s { text-decoration: none; padding-left: 2px }
svg { flex: 1; min-height: 0; border-left: 1px solid #555; border-bottom: 1px solid #555 } polyline { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke }
ul { margin: 4px 0 0; padding: 0; list-style: none; columns: 2 } em { font-size: 11px }
table { border-collapse: collapse; width: 100% } td, th { border-bottom: 1px solid #2d3036; padding: 4px 6px; text-align: left; max-width: 260px; overflow: hidden; white-space: nowrap }
u { display: inline-block; height: 12px; margin-right: 4px }
`

/** A page with every panel where Grafana puts it, with what Prometheus answered: for people who have no Grafana. */
export function dashboardPicture(dashboard: Dashboard, answersOf: ReadonlyMap<number, Answers>): string {
  const panels = dashboard.panels ?? []
  const height = Math.max(...panels.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0))) * CELL
  const drawn = panels.map(panel => {
    const { x = 0, y = 0, w = 24, h = 1 } = panel.gridPos ?? {}
    const place = `left:${(100 * x) / 24}%;top:${y * CELL}px;width:calc(${(100 * w) / 24}% - 8px);height:${h * CELL - 8}px`
    if (!isPanel(panel)) return `<h3 style="${place}">${escapeHtml(panel.title ?? '')}</h3>`
    const values = drawPanel(panel, answersOf.get(panel.id ?? 0) ?? [])
    return `<section style="${place}"><h2 title="${escapeHtml(panel.description ?? '')}">${escapeHtml(panel.title ?? '')}</h2>${values}</section>`
  })
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><h1>${escapeHtml(dashboard.title ?? '')}</h1>
    <main style="height:${height}px">${drawn.join('')}</main>`
}

function isPanel(panel: Panel | RowPanel): panel is Panel {
  return panel.type !== 'row'
}
