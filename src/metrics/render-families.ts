import type { Report } from '../domain/report.ts'
import { FAMILIES } from './families.ts'

/**
 * The gauges of a report as text, the same in text format 0.0.4 and in OpenMetrics 1.0 (whose `# EOF` is not here).
 *
 * Our own writer, for prom-client takes seven to eight times longer and blocks the loop meanwhile. Sources:
 * prometheus.io/docs/instrumenting/exposition_formats, OpenMetrics 1.0.
 */
export function renderFamilies(report: Report): string {
  const exposed = report.services.filter(({ isExposed }) => isExposed)
  const services = exposed.map(service => {
    const identity = `namespace="${escapeLabel(service.namespace)}",service="${escapeLabel(service.service)}"`
    return { service, identity }
  })
  let text = ''
  for (const { name, help, labels, samples } of FAMILIES) {
    text += `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`
    for (const { service, identity } of services) {
      for (const [values, value] of samples(service)) {
        text += `${name}{${identity}`
        for (const [index, label] of labels.entries()) text += `,${label}="${escapeLabel(values[index] ?? '')}"`
        text += `} ${value}\n`
      }
    }
  }
  return text
}

// Control characters never come here: every string of a report has been through `shown`.
function escapeLabel(value: string): string {
  return /[\\"]/.test(value) ? value.replace(/[\\"]/g, '\\$&') : value
}
