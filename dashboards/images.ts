import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { GraphDrawStyle, StackingConfigBuilder, StackingMode } from '@grafana/grafana-foundation-sdk/common'
import type { DashboardBuilder, Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { type Column, coloured, inUnit, linked, showColumns } from './columns.ts'
import { stat, steps, table, timeSeries } from './panels.ts'
import { FLEET, GUARDS, gauge, imagesNotRead, perImage } from './queries.ts'
import { anyOf, guardVariables, labelVariable, runbookLink, scaffold } from './scaffold.ts'
import { words } from './states.ts'
import { serviceLink } from './status-panels.ts'

const UPDATE_WORDS = words({ 0: ['Up to date', 'green'], 1: ['Update', 'blue'] })
const DRIFT_WORDS = words({ 0: ['Same', 'green'], 1: ['Moved', 'yellow'] })

/** Which images are newer than those that run, and which could not be read. */
export function imagesDashboard(): DashboardBuilder {
  return scaffold({
    view: 'images',
    description: 'What is newer in the registries than what runs, and which tags have moved?',
    from: 'now-30d',
    variables: [
      ...guardVariables(),
      anyOf(labelVariable('namespace', `keybuzz_image_update_info{${GUARDS}}`, 'Namespace'))
    ],
    sections: [
      { title: '', panels: [updates(), moved(), unread(), oldestCheck(), everyImage()] },
      { title: 'Over time', panels: [behindByPart(), unreadByReason()] }
    ]
  })
}

function updates(): Builder<Panel> {
  const frame = {
    title: 'Updates',
    description: 'How many containers run an image of which the registry has a newer tag of the same kind.',
    size: [6, 4] as const,
    unit: 'short',
    noValue: 'No image was read: IMAGE_UPDATES'
  }
  const expr = `sum(${perImage(gauge('keybuzz_image_update_available', FLEET))})`
  return stat(frame, { expr, legend: 'updates' }).dataLinks([
    { build: () => runbookLink('KeyBuzzImageUpdateAvailable') }
  ])
}

function moved(): Builder<Panel> {
  const frame = {
    title: 'Moved tags',
    description: 'How many containers have a tag that now points to another image than the one that runs.',
    size: [6, 4] as const,
    unit: 'short',
    noValue: 'Not known: what runs is read with WATCH_PODS'
  }
  const expr = `sum(${perImage(gauge('keybuzz_image_digest_drift', FLEET))})`
  return stat(frame, { expr, legend: 'moved tags' })
    .thresholds(
      steps([
        [null, 'transparent'],
        [1, 'yellow']
      ])
    )
    .dataLinks([{ build: () => runbookLink('KeyBuzzImageDigestDrift') }])
}

function unread(): Builder<Panel> {
  const frame = {
    title: 'Not read',
    description:
      'How many images could not be read from their registry at the last check. Nobody knows whether there is something newer.',
    size: [6, 4] as const,
    unit: 'short',
    noValue: 'No check yet'
  }
  return stat(frame, { expr: imagesNotRead(FLEET), legend: 'not read' }).thresholds(
    steps([
      [null, 'transparent'],
      [1, 'orange']
    ])
  )
}

function oldestCheck(): Builder<Panel> {
  const frame = {
    title: 'Oldest check',
    description:
      'How long ago the least recently checked image was checked. If it is longer than the schedule, a registry limits requests, or the guard did not run.',
    size: [6, 4] as const,
    unit: 's',
    noValue: 'No check yet'
  }
  const expr = `time() - min(${perImage(gauge('keybuzz_image_last_check_timestamp_seconds', FLEET))})`
  return stat(frame, { expr, legend: 'oldest check' })
}

function everyImage(): Builder<Panel> {
  const frame = {
    title: 'Every image',
    description:
      'What runs, the newest tag of the same kind, and the newest of the same major version. Click a service for its history. Why not: the reason why the registry gave no answer at the last check.',
    size: [24, 14] as const,
    unit: 'short',
    noValue: 'No image is watched: set IMAGE_UPDATES to opt-in or all'
  }
  const columns: Column[] = [
    { field: 'Value #B', heading: 'Update', width: 110, properties: coloured(UPDATE_WORDS) },
    { field: 'Value #C', heading: 'Tag', width: 90, properties: coloured(DRIFT_WORDS) },
    { field: 'service', heading: 'Service', properties: [linked('History of this service', serviceLink())] },
    { field: 'namespace', heading: 'Namespace' },
    { field: 'container', heading: 'Container' },
    { field: 'image', heading: 'Image' },
    { field: 'current', heading: 'Runs' },
    { field: 'latest', heading: 'Newest' },
    { field: 'same_major', heading: 'Same major' },
    { field: 'part', heading: 'Behind', width: 90 },
    { field: 'reason', heading: 'Why not', width: 120 },
    { field: 'Value #F', heading: 'Checked ago', width: 110, properties: inUnit('s') }
  ]
  const panel = table(frame, [
    perImage(gauge('keybuzz_image_update_info', FLEET), 'image', 'current', 'latest', 'same_major'),
    perImage(gauge('keybuzz_image_update_available', FLEET)),
    perImage(gauge('keybuzz_image_digest_drift', FLEET)),
    perImage(gauge('keybuzz_image_behind', FLEET), 'part'),
    perImage(gauge('keybuzz_image_check_failure', FLEET), 'reason'),
    `time() - ${perImage(gauge('keybuzz_image_last_check_timestamp_seconds', FLEET))}`
  ])
  return showColumns(panel, columns).sortBy([
    { build: () => ({ displayName: 'Update', desc: true }) },
    { build: () => ({ displayName: 'Service', desc: false }) }
  ])
}

function behindByPart(): Builder<Panel> {
  const frame = {
    title: 'Images behind, by part',
    description:
      'How many images are behind, by the first part of the version that differs. Other: dates, counters, release candidates.',
    size: [12, 9] as const,
    unit: 'short',
    noValue: 'No image seen behind in this range; while no guard runs, none is seen'
  }
  const expr = `count by (part) (${perImage(gauge('keybuzz_image_behind', FLEET), 'part')})`
  return stacked(timeSeries(frame, { expr, legend: '{{part}}' }))
}

function unreadByReason(): Builder<Panel> {
  const frame = {
    title: 'Images not read, by reason',
    description:
      'How many images could not be read, by reason. Unauthorized: missing or private. Rate limited: check less often, or give credentials. If many fail at once, look at the network to the registry.',
    size: [12, 9] as const,
    unit: 'short',
    noValue: 'No failure seen in this range; while no guard runs, none is seen'
  }
  const expr = `count by (reason) (${perImage(gauge('keybuzz_image_check_failure', FLEET), 'reason')})`
  return stacked(timeSeries(frame, { expr, legend: '{{reason}}' }))
}

function stacked(panel: ReturnType<typeof timeSeries>): Builder<Panel> {
  return panel
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(70)
    .decimals(0)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
}
