import { GATE_SECTIONS } from '../domain/gate.ts'
import { itemIdsOf } from './config/item-ids.ts'
import type { GateConfig } from './gate-config.ts'
import type { ItemSpec } from './item.ts'
import { liveAlertItems } from './items/alert-live.ts'
import { drillItems } from './items/drills.ts'
import { healthItems } from './items/health.ts'
import { keyMetricItems } from './items/key-metrics.ts'
import { metricsEndpointItems } from './items/metrics-endpoint.ts'
import { annotationItem, rulesFileItems } from './items/rules-file-items.ts'
import { liveRuleItems } from './items/rules-live.ts'
import { alertRunbookItems, documentItems, runbookFolderItems } from './items/runbook-items.ts'
import { scrapeItems } from './items/scrape.ts'

/** Every item of a gate, in the order of the report. */
export function gateItems(config: GateConfig): readonly ItemSpec[] {
  const ids = idsOf(config)
  const isSignOfLife = ({ section, id }: ItemSpec) => section === 'Health endpoints' || SIGNS_OF_LIFE.includes(id)
  const placeOf = ({ section, id }: ItemSpec) => GATE_SECTIONS.indexOf(section) * ids.length + ids.indexOf(id)
  const items = [
    ...metricsEndpointItems(config),
    ...scrapeItems(config),
    ...rulesFileItems(config),
    ...liveRuleItems(config),
    ...alertRunbookItems(config),
    ...liveAlertItems(config),
    annotationItem(config),
    ...keyMetricItems(config),
    ...healthItems(config),
    ...drillItems(config),
    ...runbookFolderItems(config),
    ...documentItems(config)
  ]
  return items
    .toSorted((one, other) => placeOf(one) - placeOf(other))
    .map(item => ({ ...item, showsLife: isSignOfLife(item) }))
}

// Key metrics are not among them: they need the first.
const SIGNS_OF_LIFE = ['metrics-endpoint-answers', 'scrape-target-up', 'metrics-in-prometheus']

/** The ids of all items that this gate may have. */
function idsOf({ metrics, health, drills, documents }: GateConfig): string[] {
  return itemIdsOf({
    metrics: Object.keys(metrics.required),
    health: health.map(({ path }) => path),
    drills: drills.map(({ name }) => name),
    documents: documents.map(({ id }) => id)
  })
}

/**
 * The same gate when these drills are asked for: they, and what they should show of the alert that is followed, are
 * then required, whatever the file says.
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
