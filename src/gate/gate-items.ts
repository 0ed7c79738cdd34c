import type { GateConfig } from './gate-config.ts'
import type { ItemSpec, SourceSpec } from './item.ts'
import { drillItems } from './items/drills.ts'
import { annotationItem, rulesFileItems } from './items/rules-file-items.ts'
import { alertRunbookItems, documentItems, runbookFolderItems } from './items/runbook-items.ts'

/** Every item of a gate, in the order of the report. */
export function gateItems(config: GateConfig): readonly ItemSpec[] {
  return [
    ...rulesFileItems(config),
    ...alertRunbookItems(config),
    annotationItem(config),
    ...drillItems(config),
    ...runbookFolderItems(config),
    ...documentItems(config)
  ]
}

/** What items need beside other items. */
export function gateSources(_config: GateConfig): readonly SourceSpec[] {
  return []
}

/**
 * The same gate where these drills were asked for: they, and what they are to show of the alert that is followed, are
 * required then, whatever the file says.
 */
export function withDrills(config: GateConfig, names: readonly string[]): GateConfig {
  const { alert, drills, required, optional } = config
  const asked = drills.filter(({ name }) => names.includes(name))
  const showsAlert = asked.some(({ shows }) => shows.some(show => show.kind === 'alert' && show.alert === alert?.name))
  const ids = [
    ...asked.map(({ name }) => `drill-${name}`),
    ...(showsAlert ? ['alert-triggered', 'alert-pending-or-firing'] : [])
  ]
  return { ...config, required: [...required, ...ids], optional: optional.filter(id => !ids.includes(id)) }
}
