import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder
} from '@grafana/grafana-foundation-sdk/common'
import type { DataSourceRef, Panel, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'

/** The data source that the person chose. */
export const DATASOURCE: DataSourceRef = { type: 'prometheus', uid: '$datasource' }

/** What every panel says and where it stands. */
export interface Frame {
  readonly title: string
  /** For the person at the screen: what it shows, and what to do when it looks bad. */
  readonly description: string
  /** Width in 24ths of the screen, and height in Grafana's grid cells. */
  readonly size: readonly [width: number, height: number]
  readonly unit: string
  /** The text in place of an empty panel. */
  readonly noValue: string
}

export interface Line {
  readonly expr: string
  readonly legend: string
}

/** The present values, big. */
export function stat(frame: Frame, ...lines: readonly Line[]): Stat {
  return framed(new Stat(), frame)
    .targets(lines.map((line, index) => query(line, index).instant()))
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.BackgroundSolid)
    .textMode(lines.length > 1 ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
    .thresholds(steps([[null, 'transparent']]))
}

/** The present value of one label as a big text, such as a version. */
export function statOfLabel(frame: Frame, line: Line): Stat {
  return stat(frame, line).textMode(BigValueTextMode.Name).colorMode(BigValueColorMode.None)
}

/** Lines over time, with the last and the largest value of each in the legend. */
export function timeSeries(frame: Frame, ...lines: readonly Line[]): TimeSeries {
  const legend = new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(['lastNotNull', 'max'])
    .sortBy('Max')
    .sortDesc(true)
  return framed(new TimeSeries(), frame)
    .targets(lines.map((line, index) => query(line, index).range()))
    .legend(legend)
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .lineWidth(2)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .min(0)
}

/** Lanes of words over time. */
export function stateTimeline(frame: Frame, mappings: readonly ValueMapping[], lines: readonly Line[]): StateTimeline {
  return framed(new StateTimeline(), frame)
    .targets(lines.map((line, index) => query(line, index).range()))
    .mappings([...mappings])
    .thresholds(steps([[null, 'text']]))
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .legend(new VizLegendOptionsBuilder().showLegend(false))
    .perPage(20)
}

/** One row for each service: the answers of all queries joined by what they have in common. */
export function table(frame: Frame, expressions: readonly string[]): Table {
  return framed(new Table(), frame)
    .targets(
      expressions.map((expr, index) => query({ expr, legend: '' }, index).instant().format(PromQueryFormat.Table))
    )
    .thresholds(steps([[null, 'text']]))
    .filterable(true)
}

/** Thresholds: each value with the colour from there on. */
export function steps(from: readonly (readonly [value: number | null, color: string])[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(from.map(([value, color]) => ({ value, color })))
}

function query({ expr, legend }: Line, index: number): DataqueryBuilder {
  const named = new DataqueryBuilder()
    .datasource(DATASOURCE)
    .expr(expr)
    .refId(String.fromCharCode(65 + index))
  return legend === '' ? named : named.legendFormat(legend)
}

interface PanelBuilder extends Builder<Panel> {
  title(title: string): this
  description(description: string): this
  datasource(datasource: DataSourceRef): this
  span(width: number): this
  height(height: number): this
  unit(unit: string): this
  noValue(text: string): this
  targets(targets: Builder<Dataquery>[]): this
}

function framed<P extends PanelBuilder>(panel: P, { title, description, size, unit, noValue }: Frame): P {
  const [width, height] = size
  return panel
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .span(width)
    .height(height)
    .unit(unit)
    .noValue(noValue)
}
