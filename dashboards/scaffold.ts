import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  ConstantVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type DashboardLink,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DATASOURCE } from './panels.ts'

/** Where the runbooks of the alerts are, unless the variable `runbooks` names another place. */
const RUNBOOKS = 'https://github.com/keybuzzio/keybuzz-version-guard/blob/main/docs/runbooks'

export type View = (typeof VIEWS)[number]

const VIEWS = ['fleet', 'service', 'release', 'images', 'gate', 'guard'] as const

interface Section {
  /** Empty: no heading. */
  readonly title: string
  readonly panels: readonly Builder<Panel>[]
}

/** What all dashboards have in common: data source, links to each other and to the runbooks, numbered panels. */
export interface Scaffold {
  readonly view: View
  readonly description: string
  readonly from: string
  readonly variables: readonly Builder<VariableModel>[]
  readonly sections: readonly Section[]
}

/** A dashboard of these sections, from top to bottom. */
export function scaffold({ view, description, from, variables, sections }: Scaffold): DashboardBuilder {
  const dashboard = new DashboardBuilder(titleOf(view))
    .uid(uidOf(view))
    .description(description)
    .tags(['keybuzz', 'version-guard'])
    .readonly()
    .timezone('browser')
    .time({ from, to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([
      new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
      ...variables,
      new ConstantVariableBuilder('runbooks').label('Runbooks').value(RUNBOOKS)
    ])
    .links(linksFrom(view).map(link => ({ build: () => link })))
  for (const { title, panels } of sections) {
    if (title !== '') dashboard.withRow(new RowBuilder(title))
    for (const panel of panels) dashboard.withPanel(panel)
  }
  return dashboard
}

/** The dashboard with its panels numbered from 1, as Grafana wants them. */
export function numbered(dashboard: Dashboard): Dashboard {
  return { ...dashboard, panels: dashboard.panels?.map((panel, index) => ({ ...panel, id: index + 1 })) ?? [] }
}

/** A variable whose choices are the values of one label. */
export function labelVariable(name: string, selected: string, label = name): QueryVariableBuilder {
  const query = `label_values(${selected}, ${name})`
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
}

/** The same with several choices, all of them at first. */
export function anyOf(variable: QueryVariableBuilder): QueryVariableBuilder {
  return variable
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })
}

/**
 * Which guards to look at: by cluster, if one Prometheus has several clusters and gives each a label `cluster`, and by
 * scrape job, if several guards share one Prometheus.
 */
export function guardVariables(): readonly QueryVariableBuilder[] {
  return [
    // If nobody sets the label, there is nothing to choose, and `.*` also matches series without it.
    anyOf(labelVariable('cluster', 'keybuzz_version_guard_build_info', 'Cluster')).allValue('.*'),
    anyOf(labelVariable('job', 'keybuzz_version_guard_build_info{cluster=~"$cluster"}', 'Guard (job)'))
  ]
}

/** The address of another dashboard, with the same data source and the same guards. */
export function linkTo(view: View): string {
  return `/d/${uidOf(view)}?\${datasource:queryparam}&\${cluster:queryparam}&\${job:queryparam}`
}

/** Where the runbook of an alert is. */
export function runbookOf(alert: string): string {
  return `\${runbooks}/${alert}.md`
}

/** A link to the runbook of an alert, for a value or a panel. */
export function runbookLink(alert: string): DashboardLink {
  return link({ title: `Runbook: ${alert}`, url: runbookOf(alert), targetBlank: true, icon: 'doc' })
}

function linksFrom(view: View): DashboardLink[] {
  const views = VIEWS.filter(other => other !== view)
  return [
    ...views.map(other => link({ title: titleOf(other), url: linkTo(other), keepTime: true })),
    link({ title: 'Runbooks', url: '$runbooks', targetBlank: true, icon: 'doc' })
  ]
}

// Written out, because the links of the SDK's builder hide in a menu.
function link(own: Pick<DashboardLink, 'title'> & Partial<DashboardLink>): DashboardLink {
  return {
    type: DashboardLinkType.Link,
    icon: 'dashboard',
    tooltip: own.title,
    tags: [],
    asDropdown: false,
    targetBlank: false,
    includeVars: false,
    keepTime: false,
    ...own
  }
}

function uidOf(view: View): string {
  return `keybuzz-version-guard-${view}`
}

function titleOf(view: View): string {
  const names = {
    fleet: 'Fleet',
    service: 'Service',
    release: 'Release',
    images: 'Images',
    gate: 'Gate',
    guard: 'Guard'
  }
  return `KeyBuzz: ${names[view]}`
}
