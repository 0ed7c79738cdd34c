import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus'

const FOLDER = join(import.meta.dirname, '../../dashboards')

/** Something that a dashboard asks Prometheus. */
export interface Asked {
  /** `fleet.json: Failing endpoints by reason, query A`. */
  readonly where: string
  readonly expr: string
  /** Over the whole range, at each step; else of now alone. */
  readonly overRange: boolean
  /** Empty: tables and annotations have none. */
  readonly legend: string
}

/** The committed files, by name. */
export function committedDashboards(): Readonly<Record<string, Dashboard>> {
  return Object.fromEntries(
    globSync('*.json', { cwd: FOLDER })
      .sort()
      .map(file => [basename(file), JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))])
  )
}

/** The panels that show something: all but the headings of rows. */
export function panelsOf(dashboard: Dashboard | undefined): readonly Panel[] {
  return (dashboard?.panels ?? []).filter((panel): panel is Panel => panel.type !== 'row')
}

export function targetsOf({ targets = [] }: Panel): readonly Dataquery[] {
  return targets.filter((target): target is Dataquery => 'expr' in target)
}

/** What one panel asks. */
export function askedBy(panel: Panel, file = ''): readonly Asked[] {
  return targetsOf(panel).map(({ expr = '', legendFormat = '', range = false, refId = '' }) => ({
    where: `${file}: ${panel.title}, query ${refId}`,
    expr,
    overRange: range,
    legend: legendFormat
  }))
}

/** What a dashboard's panels and annotations ask. */
export function queriesOf(file: string, dashboard: Dashboard): readonly Asked[] {
  const annotations = (dashboard.annotations.list ?? []).map(({ name, expr = '', titleFormat = '' }) => ({
    where: `${file}: annotation ${name}`,
    expr,
    overRange: true,
    legend: titleFormat
  }))
  return [...panelsOf(dashboard).flatMap(panel => askedBy(panel, file)), ...annotations]
}

/** The labels whose values variables offer, and the series that they are read from. */
export function labelQueriesOf(
  dashboard: Dashboard | undefined
): readonly { variable: string; label: string; selected: string }[] {
  return (dashboard?.templating.list ?? []).flatMap(({ type, name, query }) => {
    const [, selected = '', label = ''] = /^label_values\((.*), (\w+)\)$/s.exec(String(query)) ?? []
    return type === 'query' ? [{ variable: name, label, selected }] : []
  })
}

/** Values of variables, by name without the dollar. */
export type Variables = Readonly<Record<string, string>>

/** The text with its variables replaced, as Grafana does it; throws where one is not known. */
export function substituted(text: string, variables: Variables): string {
  return text.replace(/\$\{?([a-z_]\w*)\}?/g, (_all, name: string) => {
    const value = variables[name]
    if (value === undefined) throw new Error(`no such variable: ${name}`)
    return value
  })
}

/** The labels that a legend names. */
export function labelsOf(legend: string): readonly string[] {
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
}
